"""Random programs and machines: what hypothesis feeds to the engine and to its twin.

Any instruction may follow any other, and locks and counters of every kind stand among them. The
only care taken is for what the instruction set demands: words that locks keep are touched by
nothing else (they serve as indices), spinners of `AWAIT_TURN` have a line of their own, and
lengths of time are not negative. Such programs may well deadlock.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from sim.engine import isa
from sim.engine.distributions import DISTRIBUTIONS
from sim.engine.state import Distance, Window
from sim.machine.hardware_threads import neighbours
from sim.program.assembler import Assembler, Label
from tests.machines import COUNTERS, LOCKS, costs, new_program

DATA_LINES = 3
SERVERS = 2
SMALL = st.integers(-2, 3)
ANY_WORD = st.one_of(SMALL, st.integers(-(2**62), 2**62))
CAUSE = st.integers(0, len(isa.CAUSES) - 1)
CONDITION = st.sampled_from([isa.EQUAL, isa.NOT_EQUAL, isa.LESS, isa.AT_LEAST])
CYCLES = st.integers(0, 400)
ACCESSES = (isa.LOAD, isa.STORE, isa.INCREMENT, isa.FETCH_ADD, isa.SWAP, isa.COMPARE_SWAP)
NESTING = 2


@dataclass(frozen=True)
class Case:
    """A program with the machine to run it on."""

    program: Assembler
    packages: list[int]
    distance: Distance
    window: Window
    seed: int
    speeds: list[float]


class Writer:
    """Emits random instructions into a program."""

    def __init__(self, draw: st.DrawFn, asm: Assembler, cores: int, threads: int) -> None:
        self.draw, self.asm, self.cores, self.threads = draw, asm, cores, threads
        self.data = asm.new_lines(DATA_LINES, home=draw(st.integers(0, 3)))
        self.turns = asm.new_lines()
        asm.new_servers(SERVERS)
        kinds = draw(st.lists(st.sampled_from(sorted(LOCKS)), max_size=2))
        # a lock with something for each core or thread has room for all of either
        self.locks = [LOCKS[kind](asm, max(cores, threads)) for kind in kinds]
        kinds = draw(st.lists(st.sampled_from(sorted(COUNTERS)), max_size=2))
        self.counters = [COUNTERS[kind](asm, cores) for kind in kinds]

    def body(self, registers: list[int], depth: int = 0) -> None:
        """A few steps, each with an object and mode of its own."""
        for _ in range(self.draw(st.integers(0 if depth else 1, 5 - depth))):
            steps = [self.work, self.work, self.access, self.access, self.arithmetic, self.wait]
            if depth < NESTING:
                steps += [self.nest, self.synchronise, self.synchronise]
            step = self.draw(st.sampled_from(steps))
            name = self.draw(st.sampled_from(["a", "b", "c"]))
            with self.asm.at(name, self.draw(st.sampled_from([isa.USER, isa.SYSTEM]))):
                step(registers, depth)

    def work(self, registers: list[int], depth: int) -> None:
        """Time that passes: private work, bulk misses, service, idling."""
        draw, asm = self.draw, self.asm
        kinds = [
            "fixed",
            "sum",
            "drawn",
            "bulk",
            "server",
            "ahead",
            "interrupt",
            "align",
            "many",
            "post",
            "ipi",
        ]
        kind = draw(st.sampled_from(kinds))
        if kind == "fixed":
            asm.emit(isa.COMPUTE, value=draw(CYCLES))
        elif kind == "sum":
            asm.emit(isa.DRAW, dst=registers[0], value=draw(st.integers(1, 200)))
            asm.emit(isa.COMPUTE, value=draw(CYCLES), source=registers[0])
        elif kind == "drawn":
            shape = draw(st.integers(0, len(DISTRIBUTIONS) - 1))
            asm.emit(isa.COMPUTE_DRAWN, value=draw(CYCLES), target=shape)
            asm.emit(isa.SAMPLE, dst=registers[0], value=draw(CYCLES), target=shape)
        elif kind == "bulk":
            asm.emit(isa.BULK, value=draw(st.integers(0, 4)), cause=draw(CAUSE))
        elif kind == "server":
            asm.emit(isa.DRAW, dst=registers[0], value=SERVERS)
            asm.emit(
                isa.REQUEST,
                value=draw(CYCLES),
                index=draw(st.sampled_from([isa.NONE, registers[0]])),
                stride=1,
                cause=draw(CAUSE),
            )
        elif kind == "ahead":
            asm.emit(isa.SUBMIT, value=draw(CYCLES), dst=registers[0])
            asm.emit(isa.COMPUTE, value=draw(CYCLES))
            asm.emit(isa.AWAIT_TIME, source=registers[0], value=draw(CYCLES), cause=draw(CAUSE))
        elif kind == "interrupt":
            asm.emit(isa.DRAW, dst=registers[0], value=self.cores)
            told = draw(st.sampled_from([isa.EQUAL, isa.NOT_EQUAL]))
            asm.emit(isa.INTERRUPT, source=registers[0], target=draw(CYCLES), condition=told)
        elif kind == "ipi":
            asm.emit(isa.DRAW, dst=registers[0], value=self.cores)
            asm.emit(isa.SEND_IPI, source=registers[0], target=draw(CYCLES))
            if draw(st.booleans()):
                asm.emit(isa.AWAIT_IPI, cause=draw(CAUSE))
        elif kind == "post":
            op = draw(st.sampled_from([isa.POST, isa.PREFETCH]))
            asm.emit(
                op, address=self.data + draw(st.integers(0, 2)), dst=registers[0], value=draw(SMALL)
            )
            asm.emit(isa.COMPUTE, value=draw(CYCLES))
            if draw(st.booleans()):
                asm.emit(isa.AWAIT_TIME, source=registers[0], cause=draw(CAUSE))
        elif kind == "align":
            asm.emit(isa.ALIGN, value=draw(st.integers(1, 1000)))
        else:  # more charges than a core collects in one event
            for _ in range(draw(st.integers(55, 70))):
                asm.emit(isa.COMPUTE, value=1)

    def access(self, registers: list[int], depth: int) -> None:
        """A word of a data line is read or written, perhaps one chosen at run time."""
        draw, asm = self.draw, self.asm
        op = draw(st.sampled_from(ACCESSES))
        stride = draw(st.sampled_from([1, isa.WORDS_PER_LINE]))
        asm.emit(isa.DRAW, dst=registers[0], value=DATA_LINES)
        must_have = op in (isa.LOAD, isa.COMPARE_SWAP)
        asm.emit(
            op,
            address=self.data + draw(st.integers(0, 2)),
            index=draw(st.sampled_from([isa.NONE, registers[0]])),
            stride=stride,
            dst=draw(st.sampled_from(registers[1:] + ([] if must_have else [isa.NONE]))),
            source=draw(st.sampled_from([isa.NONE, *registers])),
            value=draw(ANY_WORD),
            cause=draw(CAUSE),
        )

    def arithmetic(self, registers: list[int], depth: int) -> None:
        """Registers change."""
        dst, source = (self.draw(st.sampled_from(registers)) for _ in range(2))
        kind = self.draw(st.sampled_from(["set", "add", "draw", "running"]))
        if kind == "set":
            self.asm.emit(isa.SET, dst=dst, source=source, value=self.draw(ANY_WORD))
        elif kind == "add":
            self.asm.emit(isa.ADD, dst=dst, source=source, value=self.draw(ANY_WORD))
        elif kind == "draw":
            self.asm.emit(isa.DRAW, dst=dst, value=self.draw(st.integers(1, 2**40)))
        else:
            other = self.draw(st.integers(0, self.threads - 1))
            self.asm.emit(isa.RUNNING, dst=dst, value=other)

    def wait(self, registers: list[int], depth: int) -> None:
        """Something that may last: spinning, sleeping, yielding, ending."""
        draw, asm = self.draw, self.asm
        address, value, cause = self.data + draw(st.integers(0, 2)), draw(SMALL), draw(CAUSE)
        kind = draw(
            st.sampled_from(
                [
                    "change",
                    "change",
                    "yield",
                    "yield",
                    "change",
                    "yield",
                    "wake",
                    "wake",
                    "turn",
                    "await",
                    "park",
                ]
            )
        )
        if kind == "change":
            limit = draw(st.integers(0 if value else 1, 900))
            asm.emit(isa.AWAIT_CHANGE, address=address, value=value, target=limit, cause=cause)
        elif kind == "await":
            asm.emit(
                isa.AWAIT, address=address, value=value, condition=draw(CONDITION), cause=cause
            )
        elif kind == "turn":
            asm.emit(isa.FETCH_ADD, address=self.turns, dst=registers[1], value=1, cause=cause)
            asm.emit(isa.AWAIT_TURN, address=self.turns + 1, source=registers[1], cause=cause)
            asm.emit(isa.INCREMENT, address=self.turns + 1, value=1, cause=cause)
        elif kind == "park":
            asm.emit(isa.PARK, address=address, value=value)
        elif kind == "wake":
            asm.emit(isa.WAKE, address=address, value=draw(st.integers(0, 3)))
        else:
            asm.emit(isa.YIELD, value=draw(CYCLES))

    def nest(self, registers: list[int], depth: int) -> None:
        """Steps that are repeated or perhaps left out."""
        if self.draw(st.booleans()):
            with self.asm.repeat(self.draw(st.integers(0, 3))):
                self.body(registers, depth + 1)
        else:
            after = Label()
            register = self.draw(st.sampled_from(registers))
            self.asm.branch(register, self.draw(CONDITION), self.draw(SMALL), after)
            self.body(registers, depth + 1)
            if self.draw(st.integers(0, 19)) == 0:
                self.asm.emit(isa.HALT)
            self.asm.place(after)

    def synchronise(self, registers: list[int], depth: int) -> None:
        """Steps between acquiring and releasing a lock or a reference."""
        if not self.locks + self.counters:
            return self.access(registers, depth)
        thing = self.draw(st.sampled_from(self.locks + self.counters))
        thing.acquire(self.asm)
        self.body(registers, depth + 1)
        if thing in self.counters and self.draw(st.booleans()):
            thing.read_exact(self.asm, registers[2])
        thing.release(self.asm)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A program of one to three kinds of threads, none to three of them on each core."""
    packages = draw(st.lists(st.integers(0, 3), min_size=1, max_size=12))
    cores = len(packages)
    places = draw(st.lists(st.integers(0, cores - 1), max_size=2 * cores))
    places += [] if draw(st.booleans()) else range(cores)
    places = places or [0]
    asm = new_program()
    writer = Writer(draw, asm, cores, len(places))
    tops = []
    for _ in range(draw(st.integers(1, 3))):
        with asm.registers(3) as registers:
            tops.append(asm.place())
            asm.emit(isa.BEGIN)
            writer.body(registers)
            asm.emit(isa.END)
            if draw(st.booleans()):
                asm.emit(isa.YIELD, value=draw(CYCLES))
            asm.jump(tops[-1])
    for core in places:
        asm.thread(core, draw(st.sampled_from(tops)))
    cycles = st.integers(0, 300)
    numbers = np.arange(1 + max(packages))
    distance = costs(
        packages,
        transfer=(draw(cycles), draw(cycles)),
        occupancy=(draw(cycles), draw(cycles)),
        memory=draw(cycles),
        hit=draw(st.integers(1, 5)),  # spinning must take time
        locked=draw(st.integers(0, 30)),
        switch=draw(st.integers(0, 1000)),
        wake=draw(st.integers(0, 1000)),
        broadcast=draw(st.booleans()),
        ownership=(draw(cycles), draw(cycles)),
        home=draw(st.integers(0, 100)),
        completion=draw(st.integers(0, 100)),
    )._replace(
        combined_read_cycles=draw(st.one_of(st.just(isa.NONE), st.integers(0, 60))),
        atomic_occupancy_cycles=draw(st.one_of(st.just(isa.NONE), cycles)),
        atomic_transfer_cycles=draw(cycles),
        local_preference=draw(st.sampled_from([0, 0, 1 << 14, 1 << 16])),
        stores_wait=draw(st.integers(0, 1)),
        on_arrival=draw(st.integers(0, 1)),
        groups=numbers // draw(st.sampled_from([1, 1, 2])),
        near_transfer=numbers * 0 + draw(cycles),
        neighbours=neighbours(draw(st.lists(st.integers(0, 5), max_size=cores))),
        shared_pace=draw(st.integers(1 << 15, 1 << 18)),
        spun_pace=draw(st.integers(1 << 15, 1 << 18)),
    )
    window = Window(
        warmup_operations=draw(st.integers(0, 20)),
        operations=draw(st.integers(1, 60)),
        maximum_cycles=draw(st.sampled_from([3_000, 30_000])),
    )
    speed = st.sampled_from([1.0, 1.0, 0.5, 0.3, 1.7])
    speeds = draw(st.one_of(st.just([]), st.lists(speed, min_size=cores, max_size=cores)))
    return Case(asm, packages, distance, window, draw(st.integers(0, 2**32)), speeds)
