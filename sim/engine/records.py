"""Records of the virtual machine: what an instruction, thread, core, line and server hold."""

from __future__ import annotations

import numpy as np

NEVER = np.int64(2**63 - 1)

INSTRUCTION = np.dtype(
    [
        (field, np.int64)
        for field in (
            "op",
            "key",  # account slot of compute time: (mode * objects + object) * causes + cause
            "stall_key",  # account slot of its stalls: the same, with its own cause
            "cause",  # cause charged for stalls of this instruction
            "dst",
            "index",
            "source",
            "address",
            "stride",
            "value",
            "condition",
            "target",
        )
    ]
)
THREAD = np.dtype(
    [
        (field, np.int64)
        for field in ("pc", "core", "state", "next", "ready_at", "began", "parked_on", "random")
    ]
)
# Records begin with what every event touches, and fill whole cache lines of the host.
CORE = np.dtype(
    [
        (field, np.int64)
        for field in (
            "package",
            "pace",  # 1/65536 cycles that a cycle of work takes, as many for all at full speed;
            # negative: so many while the other hardware thread of the core works, too
            "thread",  # running thread, NONE when idle
            "segments",  # number of charges collected
            "start",  # start of the charges collected since the last event
            "wait_from",  # start of a wait of unknown length, NONE if not waiting
            "wait_key",  # account slot of that wait
            "interrupt",  # cycles of handlers that have yet to run
            "passed",  # 1: the turn that this core awaits has come; 2: its line is on its way
            "spin_line",  # line spun on, NONE if not spinning
            "spin_next",
            "spin_previous",
            "spin_ready",  # earliest end of the spin: its own first fetch
            "spin_address",
            "spin_value",
            "spin_turn",  # 1: AWAIT_TURN, 0: refetches by itself
            "idle_key",  # account slot of idle time: object of the last sleep
            "head",  # run queue of ready threads
            "tail",
            "since",  # when the running thread was switched in
            "interrupt_key",  # account slot of pending handlers
            "ipi_at",  # when an interrupt arrives that is not yet taken, NONE if there is none
            "awaits_ipi",  # 1: does nothing until then
            "random",  # stream of the order in which busy lines serve the core
            "neighbour",  # the other hardware thread of the core
            "pace_alone",  # pace while that one has nothing to do
            "pace_beside_spinner",  # pace while that one spins
            "unused_1",
            "unused_2",
            "unused_3",
            "unused_4",
            "unused_5",
        )
    ]
)
LINE = np.dtype(
    [
        (field, np.int64)
        for field in (
            "owner",  # core with the newest copy, NONE: memory
            "sharers",  # number of cores with a copy, owner included
            "exclusive_until",  # end of the last ownership transfer that no reader delays
            "read_until",  # end of the queue of readers
            "read_from",  # when the spinners among them ask: who asks before does not wait for them
            "queued_until",  # end of the locked instructions that queue behind those readers
            "first_mask",  # of its masks of sharers that is not 0; NO_MASK: nobody but the owner
            "spin_head",
            "spinners",
            "last_mask",
            "spin_tail",
            "home",  # node whose memory the line belongs to
            "park_head",
            "park_tail",
            "version",  # ownership transfers so far
            "arrives",  # when a store that its core does not wait for has the line
        )
    ]
)
FETCH = np.dtype([(field, np.int64) for field in ("version", "free_at")])
CHARGE = np.dtype([("key", np.int64), ("cycles", np.int64)])
SERVER = np.dtype([("free_at", np.int64), ("busy", np.int64)])
TRACE = np.dtype(
    [(field, np.int64) for field in ("time", "core", "thread", "pc", "address", "value", "until")]
)
