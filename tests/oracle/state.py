"""What the twin's world consists of: lines, spinners, threads and cores, as plain Python objects.

A line knows its owner, a set of sharers and a list of spinners; a core knows its run queue, the
time of its next event, and what it did from when to when.
"""

from __future__ import annotations

import operator
from collections import deque
from dataclasses import dataclass, field

from sim.engine import isa
from sim.program.instruction import Instruction

Key = tuple[int, int, int]  # mode, object, cause
BITS_64 = 2**64 - 1
GOLDEN_GAMMA = 0x9E3779B97F4A7C15
CHARGES_PER_EVENT = 62  # a core that collects as many takes an event of its own
SCATTER_CYCLES = 8  # per spinner: a refetch starts at random within this time
HOLDS = (operator.eq, operator.ne, operator.lt, operator.ge)  # by number of the condition


def signed(value: int) -> int:
    """Bring an integer back to 64 bits, two's complement."""
    value &= BITS_64
    return value - 2**64 if value >> 63 else value


def mixed(counter: int) -> int:
    """Splitmix64 of a stream's counter, without its lowest bit: 63 random bits."""
    z = counter
    z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & BITS_64
    z = ((z ^ z >> 27) * 0x94D049BB133111EB) & BITS_64
    return (z ^ z >> 31) >> 1


def key_of(instruction: Instruction, cause: int) -> Key:
    """Key of the account for an instruction's time, by its cause."""
    return instruction.mode, instruction.object, cause


@dataclass
class Line:
    """A cache line: who holds it, who queues for it, who waits for it."""

    home: int = 0
    owner: Core | None = None
    sharers: set[int] = field(default_factory=set)
    exclusive_until: int = 0  # end of the transfers that no reader delays
    read_until: int = 0  # end of the queue of readers
    read_from: int = 0  # when the spinners among them ask
    arrives: int = 0  # when a store that its core does not wait for has it
    queued_until: int = 0  # end of the locked instructions behind those readers
    fetched: dict[int, int] = field(default_factory=dict)  # group: until when its reads queue
    spinners: list[Spin] = field(default_factory=list)
    sleepers: list[Thread] = field(default_factory=list)

    def others(self, core: Core) -> set[int]:
        """Cores besides one that have a copy or spin."""
        return (self.sharers | {spin.core.number for spin in self.spinners}) - {core.number}


@dataclass(eq=False)
class Spin:
    """What a spinning core waits for."""

    core: Core
    line: Line
    address: int
    value: int
    by_turn: bool
    ready: int  # end of the core's own first fetch, unless a write cuts it short

    def stop(self) -> None:
        """Take the core off the line's spinners."""
        self.line.spinners.remove(self)
        self.core.spin = None


@dataclass(eq=False)
class Thread:
    """A thread: its place in the program, its registers and its random stream."""

    core: Core
    pc: int
    registers: list[int]
    random: int
    ready_at: int = 0
    began: int = 0
    parked_on: int = isa.NONE

    def draw(self, bound: int) -> int:
        """Uniform integer in 0 .. bound - 1."""
        self.random = (self.random + GOLDEN_GAMMA) & BITS_64
        return mixed(self.random) % bound


@dataclass(eq=False)
class Core:
    """A core: the thread that runs, the threads that could, and the log of its time."""

    number: int
    package: int
    pace: int  # time of a cycle of work, in 1/65536 cycles
    idle_key: Key
    random: int  # stream of the order in which busy lines serve the core
    neighbour: Core | None = None  # the other hardware thread
    shared: int = 1 << 16  # 1/65536 times as long work takes while that one works
    spun: int = 1 << 16  # the same while that one spins
    thread: Thread | None = None
    queue: deque[Thread] = field(default_factory=deque)
    since: int = 0  # when the running thread was switched in
    event: int | None = None
    spin: Spin | None = None
    arriving: bool = False  # the line of its access is on its way
    passed: bool = False  # the turn that it awaits has come
    clock: int = 0  # end of the last entry of the log
    log: list[tuple[int, int, Key]] = field(default_factory=list)
    charges: int = 0
    interrupt: int = 0  # cycles of handlers that have yet to run
    interrupt_key: Key = (0, 0, 0)
    ipi_at: int | None = None  # arrival of an interrupt that is not yet taken
    awaits_ipi: bool = False
    waits: Key | None = None  # key of the time from `clock` to the next event

    def pick(self, count: int) -> int:
        """Uniform integer in 0 .. count - 1, from the upper 32 bits."""
        self.random = (self.random + GOLDEN_GAMMA) & BITS_64
        return mixed(self.random) // 2**31 * count // 2**32

    def work(self, cycles: int, key: Key) -> int:
        """Log work, at the core's own pace; returns its end."""
        pace = self.pace
        other = self.neighbour
        if other is not None and other.thread is not None:
            pace = pace * (self.shared if other.spin is None else self.spun) >> 16
        return self.spend(signed(cycles * pace) >> 16, key)

    def spend(self, cycles: int, key: Key) -> int:
        """Log time of known length; returns its end."""
        self.log.append((self.clock, self.clock + cycles, key))
        self.clock += cycles
        self.charges += 1
        return self.clock

    def cut_short(self, end: int) -> None:
        """Let the last entry of the log end earlier."""
        begin, _, key = self.log[-1]
        assert begin <= end, f"core {self.number}: a fetch that begins at {begin} ends at {end}"
        self.log[-1], self.clock = (begin, end, key), end

    def begin_event(self, now: int) -> None:
        """Take the core's event: what it waited since the last one is known now."""
        if self.waits is not None:
            self.log.append((self.clock, now, self.waits))
            self.clock, self.waits = now, None
        assert self.clock == now, f"core {self.number}: event at {now}, log ends at {self.clock}"
        self.event, self.charges = None, 0
