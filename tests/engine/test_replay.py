"""Lines followed from a trace: what moved there is what moved in the machine."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine import isa, records
from sim.machine.traffic import count
from sim.program.assembler import Assembler
from sim.program.operations import READS, SPINS, WRITES
from sim.program.replay import Lines, Write
from sim.program.simulation import run_program
from tests.machines import costs, new_program, operation, window
from tests.oracle.twin import Twin

LINES = 3
ACCESSES = sorted((READS | WRITES) - SPINS)  # of a spin, a trace has the end only
Steps = list[tuple[int, int, int]]
"""Operation, word, and cycles of work behind it."""


def program(threads: list[Steps]) -> Assembler:
    """A thread on every core that repeats its steps, once core 0 has written every line."""
    asm = new_program()
    data = asm.new_lines(LINES)
    for core, steps in enumerate(threads):
        start = asm.place()
        with asm.registers(1) as (register,):
            for line in range(LINES):
                if core == 0:
                    asm.emit(isa.STORE, address=data + line * isa.WORDS_PER_LINE)
            if core:
                asm.compute(100_000)
            top = asm.place()
            with operation(asm):
                for op, word, cycles in steps:
                    asm.emit(op, address=data + word, dst=register, value=1)
                    asm.compute(cycles)
            asm.jump(top)
        asm.thread(core, start)
    return asm


STEP = st.tuples(
    st.sampled_from(ACCESSES),
    st.sampled_from([line * isa.WORDS_PER_LINE + n for line in range(LINES) for n in range(2)]),
    st.integers(1, 300),
)


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.lists(STEP, min_size=1, max_size=5)), min_size=1, max_size=7
    ),
    st.booleans(),
)
def test_lines_that_move_in_the_machine_move_in_its_replayed_trace(
    threads: list[tuple[int, Steps]], broadcast: bool
) -> None:
    packages = [package for package, _ in threads]
    asm = program([steps for _, steps in threads])
    distance, measured = costs(packages, broadcast=broadcast), window(6 * len(packages))
    twin = Twin(asm, packages, distance, measured, seed=5)
    while twin.closed_at is None:
        twin.step()
    trace = run_program(asm, packages, distance, measured, seed=5, traced=100_000).trace
    codes = [one.op for one in asm.instructions]

    lines, moved, voided = Lines(), Counter(), Counter()
    for record in trace:
        core = int(record["core"])
        found = lines.access(core, codes[record["pc"]], int(record["address"]))
        if found is not None and found.fetched and found.line is not None:
            moved[found.line.core, core] += 1
        voided.update((core, other) for other in (found.voided if found else ()))
    assert moved == twin.moved
    assert voided == twin.voided

    traffic = count(trace, codes, packages, 0)
    between = Counter()
    for (source, target), times in twin.moved.items():
        if packages[source] != packages[target]:
            between[packages[source] == packages[0]] += times
    assert (traffic.moved_out, traffic.moved_back) == (between[True], between[False])


def counted(accesses: list[tuple[int, int]], packages: list[int]) -> tuple[int, int, int, int]:
    """Traffic of accesses (core, operation) to one line: moved, then told, each out and back."""
    trace = np.zeros(len(accesses), records.TRACE)
    trace["core"] = [core for core, _ in accesses]
    trace["pc"] = range(len(accesses))
    found = count(trace, [op for _, op in accesses], packages, 0)
    return found.moved_out, found.moved_back, found.told_out, found.told_back


@pytest.mark.parametrize("write", sorted(WRITES), ids=isa.NAMES.get)
@pytest.mark.parametrize("read", sorted(READS), ids=isa.NAMES.get)
def test_every_read_and_write_counts_as_traffic(read: int, write: int) -> None:
    assert counted([(0, write), (1, read), (0, write)], [0, 1]) == (1, 0, 1, 0)


def test_a_write_that_fetches_nearby_tells_who_holds_a_copy_elsewhere() -> None:
    steps = [(0, isa.STORE), (2, isa.LOAD), (1, isa.STORE)]
    assert counted(steps, [0, 0, 1]) == (1, 0, 1, 0)


def test_an_access_finds_who_wrote_the_line_and_who_its_word() -> None:
    lines = Lines()
    assert lines.access(0, isa.STORE, 8, number=1).line is None
    lines.access(1, isa.STORE, 9, number=2)
    found = lines.access(2, isa.LOAD, 8)
    assert (found.line, found.word, found.fetched) == (Write(1, 2), Write(0, 1), True)
    assert not lines.access(2, isa.LOAD, 8).fetched
    assert lines.access(2, isa.PARK, 8) is None
    assert lines.access(0, isa.POST, 8).voided == {1, 2}
