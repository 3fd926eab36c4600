"""Instruction set of the virtual machine, and the words of its account.

A *program* is an array of instructions that threads execute on cores. Private instructions
(`COMPUTE`, `DRAW`, branches) cost no event: they are fused into the event before them. Shared
instructions (memory, channels, servers, parking) each run in an event at their own time, so that
every contended resource sees its requests in time order.

Memory is an array of 64-bit words, eight to a cache line, so that false sharing is a matter of
layout. Operands: the address is `address + R[index] * stride`; the value is `value + R[source]`
(a register number of -1 leaves its term out). Registers 0 to 2 hold the core, the thread and
the core's package.
"""

from __future__ import annotations

# --- private instructions
COMPUTE = 0  # value cycles of work
COMPUTE_DRAWN = 1  # work of mean `value` cycles, distribution number `target`
SET = 2  # R[dst] = value
DRAW = 3  # R[dst] = uniform integer in 0 .. value - 1
JUMP = 4  # go to target
BRANCH = 5  # go to target if R[dst] <condition> value
BULK = 6  # fetch `value` lines last written by other active cores, one after another
BEGIN = 7  # an operation begins
ADD = 8  # R[dst] += R[source] * value
SAMPLE = 9  # R[dst] = a draw of mean `value` from distribution number `target`
# --- shared instructions
LOAD = 10  # R[dst] = word
STORE = 11  # word = value
INCREMENT = 12  # word += value, without the lock prefix: ordered like a store
FETCH_ADD = 13  # R[dst] = word; word += value
SWAP = 14  # R[dst] = word; word = value
COMPARE_SWAP = 15  # if word == R[dst]: word = value. R[dst] = old word
AWAIT = 16  # spin until word <condition> value; each spinner refetches by itself
AWAIT_TURN = 17  # spin until word == value, a value that one spinner alone awaits
AWAIT_CHANGE = 18  # spin until the line is written, if word == value; at most `target` cycles
PARK = 19  # sleep if word == value
WAKE = 20  # wake up to `value` threads that sleep on the word
RUNNING = 21  # R[dst] = 1 if thread R[source] + value runs on its core, else 0
REQUEST = 22  # `value` cycles of service by the FIFO server number `address + R[index] * stride`
ALIGN = 23  # idle until the next multiple of `value` cycles
END = 24  # an operation is complete
YIELD = 25  # let another ready thread run if this one ran for `value` cycles
HALT = 26  # the thread ends
SUBMIT = 27  # as REQUEST, without waiting: R[dst] = when the service will be done
AWAIT_TIME = 28  # wait until the time `value`
INTERRUPT = 29  # take `target` cycles from core `value`, before it goes on; NOT_EQUAL: if it works
POST = 30  # a store that waits for its line in a store buffer: R[dst] = when it will be owned
PREFETCH = 31  # fetch the line without waiting: R[dst] = when it will be here
SEND_IPI = 32  # interrupt core number `value`, after `target` cycles on the way
AWAIT_IPI = 33  # wait until the core has been interrupted; forget the interrupt

NAMES = {
    code: name for name, code in list(globals().items()) if name.isupper() and isinstance(code, int)
}
FIRST_SHARED = LOAD

# --- conditions of BRANCH and AWAIT
EQUAL, NOT_EQUAL, LESS, AT_LEAST = range(4)

# --- the account: mode x object x cause
MODES = ("user", "system", "idle")
USER, SYSTEM, IDLE = range(3)
CAUSES = (
    "compute",
    "coherence",
    "lock_wait",
    "memory",
    "link",
    "device",
    "message_wait",
    "barrier",
    "blocked",
)
C_COMPUTE, C_COHERENCE, C_LOCK_WAIT, C_MEMORY = range(4)
C_LINK, C_DEVICE, C_MESSAGE_WAIT, C_BARRIER, C_BLOCKED = range(4, 9)

WORDS_PER_LINE = 8
LINE_SHIFT = 3
CORE_BITS = 13
MASK_SHIFT = 6  # cores in a mask of sharers, as a power of two
NO_MASK = 2**CORE_BITS
REGISTERS = 16
R_CORE, R_THREAD, R_PACKAGE = range(3)
NONE = -1
LAST_CYCLE = 2 ** (62 - CORE_BITS)  # runs end before; half of what a key of the tree can hold
SEGMENTS = 64  # charges a core collects before it takes an event of its own
PACE_BITS = 16  # fractional bits of the time that a cycle of work takes on a core
QUANTILES = 1024  # resolution of a drawn distribution
READY, RUNS, PARKED, ENDED = range(4)
