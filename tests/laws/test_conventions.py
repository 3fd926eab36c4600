"""What a machine's designers may choose about a contended line, each by what it changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sim.engine import isa
from sim.program.assembler import Assembler
from sim.program.simulation import run_program
from tests.machines import costs, new_program, operation, start, window

LOCAL, STEP, OCCUPIED, FURTHER = 101, 43, 61, 29  # as in tests/machines.py: costs


def cycles_each(
    packages: list[int], body: Callable[[Assembler, int], None], **machine: int
) -> float:
    """Cycles from one operation of all cores to the next, where all do the same to one line."""
    asm = new_program()
    word = asm.new_lines()
    for core in range(len(packages)):

        def operate(asm: Assembler) -> None:
            with operation(asm):
                body(asm, word)

        start(asm, core, operate)
    distance = costs(packages)._replace(**machine)
    run = run_program(asm, packages, distance, window(600, warmup=100), seed=1)
    return run.elapsed / run.operations


def add(asm: Assembler, word: int) -> None:
    """A locked addition."""
    asm.emit(isa.FETCH_ADD, address=word, value=1)


@pytest.mark.parametrize("cores", [4, 9, 20])
def test_far_atomics_are_served_at_their_own_pace_however_many_cores_add(cores: int) -> None:
    assert cycles_each([0] * cores, add) == pytest.approx(OCCUPIED, rel=0.02)
    far = cycles_each([0] * cores, add, atomic_occupancy_cycles=23, atomic_transfer_cycles=LOCAL)
    assert far == pytest.approx(max(23, (LOCAL + 7) / cores), rel=0.02)


def test_a_line_that_always_stays_in_its_package_costs_a_transfer_within_it() -> None:
    packages = [core // 6 for core in range(12)]
    kept = costs(packages)._replace(
        local_preference=1 << 16, expected_occupancy=costs([0] * 12).occupancy[[0, 0], [0, 0]]
    )
    within = cycles_each([0] * 12, add)
    preferred = cycles_each(
        packages, add, local_preference=1 << 16, expected_occupancy=kept.expected_occupancy
    )
    assert preferred == pytest.approx(within, rel=0.02)
    assert cycles_each(packages, add) > 1.2 * within


def readers_latency(packages: list[int], **machine: int) -> float:
    """Mean cycles in which all cores but the first read, at once, what that one has written."""
    asm = new_program()
    word = asm.new_lines()

    def write(asm: Assembler) -> None:
        asm.emit(isa.ALIGN, value=100_000)
        asm.emit(isa.STORE, address=word, value=1)

    def read(asm: Assembler) -> None:
        asm.emit(isa.ALIGN, value=100_000)
        asm.compute(5_000)
        with operation(asm), asm.registers(1) as (r,):
            asm.emit(isa.LOAD, address=word, dst=r)

    start(asm, 0, write)
    for core in range(1, len(packages)):
        start(asm, core, read)
    distance = costs(packages)._replace(**machine)
    run = run_program(asm, packages, distance, window(40 * (len(packages) - 1)), seed=2)
    return float(run.latencies.mean())


def test_reads_of_a_package_that_share_a_fetch_take_no_longer_the_more_there_are() -> None:
    alone = readers_latency([0] * 3)
    assert readers_latency([0] * 12) > alone + 4 * OCCUPIED  # half a sweep of nine more
    combined = readers_latency([0] * 12, combined_read_cycles=0)
    assert combined <= LOCAL + 1
    spaced = readers_latency([0] * 12, combined_read_cycles=10)
    # The fetch takes LOCAL; the ten behind it come 10 cycles apart, the last one 90 later.
    assert spaced == pytest.approx(LOCAL + sum(10 * place for place in range(10)) / 11, abs=2)


def test_a_store_is_seen_after_the_reads_before_it_where_a_directory_serves_in_order() -> None:
    asm = new_program()
    word = asm.new_lines()
    packages = [0] * 12

    def write(asm: Assembler) -> None:
        asm.emit(isa.ALIGN, value=100_000)
        asm.emit(isa.INCREMENT, address=word, value=1)
        asm.compute(3 * LOCAL)  # all others read meanwhile, one after another
        with operation(asm):
            asm.emit(isa.INCREMENT, address=word, value=1)

    def read(asm: Assembler) -> None:
        asm.emit(isa.ALIGN, value=100_000)
        asm.compute(2 * LOCAL)
        with asm.registers(1) as (r,):
            asm.emit(isa.LOAD, address=word, dst=r)

    start(asm, 0, write)
    for core in range(1, 12):
        start(asm, core, read)
    flat, queued = (
        run_program(
            asm, packages, costs(packages)._replace(stores_wait=waits), window(30, 1), seed=3
        ).latencies.mean()
        for waits in (0, 1)
    )
    assert flat <= LOCAL + OCCUPIED
    assert queued > 8 * OCCUPIED


@pytest.mark.parametrize(("on_arrival", "newer"), [(0, 0), (1, 7)])
def test_a_read_that_acts_on_arrival_sees_what_was_written_while_it_queued(
    on_arrival: int, newer: int
) -> None:
    asm = new_program()
    word, seen = asm.new_lines(), asm.new_lines(16)
    packages = [0] * 12
    for core in range(12):
        asm.thread(core, asm.place())
        with operation(asm), asm.registers(1) as (r,):
            if core == 0:
                asm.emit(isa.STORE, address=word, value=1)
            asm.emit(isa.ALIGN, value=10_000)
            if core == 11:  # a store does not wait behind reads: it is done when two of ten are
                asm.compute(1)
                asm.emit(isa.STORE, address=word, value=2)
            elif core > 0:
                asm.emit(isa.LOAD, address=word, dst=r)
                asm.emit(isa.STORE, address=seen + core * isa.WORDS_PER_LINE, source=r)
        asm.emit(isa.HALT)
    distance = costs(packages)._replace(on_arrival=on_arrival)
    run = run_program(asm, packages, distance, window(12), seed=5)
    values = [run.words[seen + core * isa.WORDS_PER_LINE] for core in range(1, 11)]
    assert set(values) <= {1, 2}
    assert sum(value == 2 for value in values) >= newer
    assert on_arrival or 2 not in values
