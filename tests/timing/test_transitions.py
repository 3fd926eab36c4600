"""Every transition of a cache line takes exactly its time: not done a cycle before, done then.

Two or three cores act at chosen times. Core 0 prepares the line and is out of the way by the time
PREPARED; what the last core does is its one operation, whose latency is read off.
"""

from __future__ import annotations

import pytest

from sim.engine import isa
from sim.program.assembler import Assembler
from sim.program.simulation import run_program
from tests.machines import costs, new_program, operation, start, window
from tests.timing.acts import Act, Timed, run_acts

PREPARED = 10_000
PACKAGES = [0, 1, 2, 2]
COSTS = costs(PACKAGES, locked=17)  # longer than the scatter of one spinner
TRANSFER, OCCUPANCY, EXPECTED = COSTS.transfer, COSTS.occupancy, COSTS.expected_occupancy
HIT, LOCKED, MEMORY = COSTS.hit_cycles, COSTS.locked_cycles, COSTS.memory_cycles
SCATTER = 8  # cycles, for each spinner, within which spinners fetch a line that was written


def load(asm: Assembler) -> None:
    asm.emit(isa.LOAD, address=0, dst=9)


def store(asm: Assembler) -> None:
    asm.emit(isa.STORE, address=0, value=1)


def add(asm: Assembler) -> None:
    asm.emit(isa.FETCH_ADD, address=0, value=1)


def fail_to_swap(asm: Assembler) -> None:
    asm.emit(isa.COMPARE_SWAP, address=1, dst=9, value=5)


def set_flag(asm: Assembler) -> None:
    asm.emit(isa.STORE, address=1, value=1)


def await_flag(asm: Assembler) -> None:
    asm.emit(isa.AWAIT, address=1, value=1)


def await_turn(asm: Assembler) -> None:
    asm.emit(isa.AWAIT_TURN, address=1, value=1)


def watch(asm: Assembler) -> None:
    asm.emit(isa.AWAIT_CHANGE, address=1, value=0)


def twice(act: Act, pause: int) -> Act:
    """An act, so many cycles of work, and the act again."""

    def body(asm: Assembler) -> None:
        act(asm)
        asm.compute(pause)
        act(asm)

    return body


def latency(acts: list[Timed], measured: Timed, seed: int = 1) -> int:
    """Cycles that an act takes after others."""
    return int(run_acts(acts, measured, PACKAGES, COSTS, seed).latencies[0])


def latencies(acts: list[Timed], measured: Timed) -> set[int]:
    """Cycles that an act may take after others, whatever is drawn."""
    return {latency(acts, measured, seed) for seed in range(40)}


# --- an idle line


def test_a_load_of_a_line_that_nobody_holds_takes_a_memory_access() -> None:
    assert latency([], (1, 0, load)) == MEMORY


def test_a_store_to_a_line_that_nobody_holds_takes_a_memory_access() -> None:
    assert latency([], (1, 0, store)) == MEMORY


@pytest.mark.parametrize("act", [load, store])
def test_an_access_by_the_only_holder_is_a_hit(act: Act) -> None:
    def again(asm: Assembler) -> None:
        store(asm)
        with operation(asm):
            act(asm)

    asm = new_program()
    asm.new_lines()
    start(asm, 1, again, times=1)
    assert run_program(asm, PACKAGES, COSTS, window(1), 1).latencies.tolist() == [HIT]


@pytest.mark.parametrize("core", [1, 2, 3])
@pytest.mark.parametrize("act", [load, store])
def test_a_miss_on_an_idle_line_ends_exactly_one_transfer_after_it_starts(
    act: Act, core: int
) -> None:
    assert latency([(0, 0, store)], (core, PREPARED, act)) == TRANSFER[0, PACKAGES[core]]


def test_a_locked_instruction_takes_its_cycles_on_top_of_the_transfer() -> None:
    assert latency([(0, 0, store)], (1, PREPARED, add)) == TRANSFER[0, 1] + LOCKED


def test_a_sharer_that_stores_takes_the_time_to_tell_the_one_other_holder() -> None:
    def load_and_store(asm: Assembler) -> None:
        load(asm)
        asm.compute(PREPARED)
        store(asm)

    took = latency([(0, 0, store)], (1, PREPARED, load_and_store))
    assert took == TRANSFER[0, 1] + PREPARED + TRANSFER[1, 0]


def test_a_sharer_that_stores_takes_the_time_to_tell_the_farthest_of_many() -> None:
    def load_and_store(asm: Assembler) -> None:
        load(asm)
        asm.compute(2 * PREPARED)
        store(asm)

    others = [(0, 0, store), (1, PREPARED, load)]
    took = latency(others, (2, 2 * PREPARED, load_and_store))
    assert took == TRANSFER[0, 2] + 2 * PREPARED + COSTS.farthest_invalidation[2]


# --- a busy line: core 1 takes it at PREPARED, core 2 comes some cycles later


@pytest.mark.parametrize(("act", "more"), [(load, 0), (store, 0), (add, LOCKED)])
@pytest.mark.parametrize("before_the_end", [2, 1, 0, -1])
def test_a_queued_transfer_waits_exactly_until_the_occupancy_ends(
    act: Act, more: int, before_the_end: int
) -> None:
    free = OCCUPANCY[0, 1]  # cycles for which core 1's transfer keeps the line
    others = [(0, 0, store), (1, PREPARED, store)]
    took = latency(others, (2, PREPARED + free - before_the_end, act))
    assert took == max(before_the_end, 0) + TRANSFER[1, 2] + more


@pytest.mark.parametrize("before_the_end", [1, 0])
def test_a_queued_transfer_keeps_the_line_for_the_expected_occupancy_and_others_for_their_own(
    before_the_end: int,
) -> None:
    free = OCCUPANCY[0, 1]
    others = [(0, 0, store), (1, PREPARED, store), (2, PREPARED + free - before_the_end, store)]
    took = latency(others, (3, PREPARED + free, store))
    own = EXPECTED[2] if before_the_end else OCCUPANCY[1, 2]
    assert took == own + TRANSFER[2, 2]


@pytest.mark.parametrize("before_the_end", [2, 1, 0])
def test_an_upgrade_keeps_the_line_until_all_others_have_been_told(before_the_end: int) -> None:
    def load_and_store(asm: Assembler) -> None:
        load(asm)
        asm.compute(PREPARED - TRANSFER[0, 1])
        store(asm)

    free = TRANSFER[1, 0]
    others = [(0, 0, store), (1, PREPARED, load_and_store)]
    took = latency(others, (2, 2 * PREPARED + free - before_the_end, store))
    assert took == before_the_end + TRANSFER[1, 2]


# --- readers that queue: core 1 loads at PREPARED


@pytest.mark.parametrize("before_the_end", [2, 1, 0, -1])
def test_a_reader_waits_exactly_until_the_reader_before_it_is_served(before_the_end: int) -> None:
    others = [(0, 0, store), (1, PREPARED, load)]
    took = latency(others, (2, PREPARED + OCCUPANCY[0, 1] - before_the_end, load))
    assert took == max(before_the_end, 0) + TRANSFER[0, 2]


def test_a_store_does_not_wait_behind_readers() -> None:
    others = [(0, 0, store), (1, PREPARED, load)]
    assert latency(others, (2, PREPARED + 1, store)) == TRANSFER[0, 2]


@pytest.mark.parametrize("before_the_end", [OCCUPANCY[0, 1] - 1, 2, 1, 0, -1])
@pytest.mark.parametrize("act", [add, fail_to_swap])
def test_a_locked_instruction_waits_exactly_until_the_last_reader_is_served(
    act: Act, before_the_end: int
) -> None:
    def miss(asm: Assembler) -> None:
        asm.emit(isa.SET, dst=9, value=3)
        act(asm)

    others = [(0, 0, store), (1, PREPARED, load)]
    took = latency(others, (2, PREPARED + OCCUPANCY[0, 1] - before_the_end, miss))
    assert took == max(before_the_end, 0) + TRANSFER[0, 2] + LOCKED


@pytest.mark.parametrize("before", [EXPECTED[2] + 1, EXPECTED[2]])
@pytest.mark.parametrize("act", [load, store])
def test_a_transfer_comes_from_any_other_core_if_several_wait_and_else_from_the_owner(
    act: Act, before: int
) -> None:
    others = [(0, 0, store), (1, PREPARED, act), (3, PREPARED + 1, act)]
    free = OCCUPANCY[0, 1] + EXPECTED[2]  # two transfers keep the line
    took = latencies(others, (2, PREPARED + free - before, act))
    if before > EXPECTED[2]:
        assert took == {before + TRANSFER[package, 2] for package in (0, 1, 2)}
    else:
        assert took == {before + TRANSFER[0 if act is load else 2, 2]}


def test_a_locked_instruction_waits_for_all_the_readers_that_queue() -> None:
    others = [(0, 0, store), (1, PREPARED, load), (2, PREPARED + 1, load)]
    queue = OCCUPANCY[0, 1] + EXPECTED[2]
    took = latencies(others, (3, PREPARED + 2, add))
    assert took == {queue - 2 + TRANSFER[package, 2] + LOCKED for package in (0, 1, 2)}


# --- a locked instruction that queues behind readers: core 2 adds just after core 1 loads

BEHIND_A_READER = [(0, 0, store), (1, PREPARED, load), (2, PREPARED + 1, add)]
READ = PREPARED + OCCUPANCY[0, 1]
ADDED = READ + TRANSFER[0, 2]


@pytest.mark.parametrize("before_the_end", [ADDED - PREPARED - 2, 2, 1, 0, -1])
def test_a_locked_instruction_waits_for_the_one_that_queues_before_it(before_the_end: int) -> None:
    took = latencies(BEHIND_A_READER, (3, ADDED - before_the_end, add))
    sources = (2,) if before_the_end <= EXPECTED[2] else (0, 1, 2)
    assert took == {max(before_the_end, 0) + TRANSFER[source, 2] + LOCKED for source in sources}


def test_a_store_does_not_wait_for_a_locked_instruction_behind_readers() -> None:
    assert latency(BEHIND_A_READER, (3, PREPARED + 2, store)) == TRANSFER[2, 2]


@pytest.mark.parametrize("before_the_end", [2, 1, 0, -1])
def test_a_reader_does_not_wait_for_a_locked_instruction_behind_readers(
    before_the_end: int,
) -> None:
    took = latency(BEHIND_A_READER, (3, READ - before_the_end, load))
    assert took == max(before_the_end, 0) + TRANSFER[2, 2]


# --- spinning: core 1 spins from PREPARED on, another core acts at 2 * PREPARED


def test_a_spinner_sees_a_write_when_it_is_done_and_then_fetches_the_line() -> None:
    others = [(0, 0, store), (2, 2 * PREPARED, set_flag)]
    took = latency(others, (1, PREPARED, await_flag))
    least = PREPARED + TRANSFER[0, 2] + TRANSFER[2, 1]
    assert least <= took < least + SCATTER


def test_a_spinner_whose_fetch_still_queues_starts_over_when_the_line_is_written() -> None:
    others = [(0, 0, store), (3, PREPARED, load), (2, PREPARED + 2, set_flag)]
    took = latency(others, (1, PREPARED + 1, await_flag))
    least = 1 + TRANSFER[0, 2] + TRANSFER[2, 1]
    written = 2 + TRANSFER[0, 2] + SCATTER
    assert OCCUPANCY[0, 2] + TRANSFER[0, 1] > written, "its first fetch was to end later"
    assert OCCUPANCY[0, 2] + EXPECTED[1] > written, "readers were to queue for longer"
    assert least <= took < least + SCATTER


def test_a_locked_instruction_that_fails_is_seen_before_its_own_cycles() -> None:
    def fail(asm: Assembler) -> None:
        asm.emit(isa.SET, dst=9, value=3)
        fail_to_swap(asm)

    took = latency([(0, 0, store), (2, 2 * PREPARED, fail)], (1, PREPARED, watch))
    least = PREPARED + TRANSFER[0, 2]
    assert least <= took < least + SCATTER < least + LOCKED


def test_a_spinner_with_a_copy_is_one_holder_to_be_told() -> None:
    took = latency([(1, PREPARED, await_flag)], (0, 0, twice(store, 2 * PREPARED)))
    assert took == MEMORY + 2 * PREPARED + TRANSFER[0, 1] != COSTS.farthest_invalidation[0]


def test_the_only_one_that_awaits_a_turn_gets_the_line_as_soon_as_it_is_written() -> None:
    others = [(0, 0, store), (2, 2 * PREPARED, set_flag)]
    took = latency(others, (1, PREPARED, await_turn))
    assert took == PREPARED + TRANSFER[0, 2] + TRANSFER[2, 1]


@pytest.mark.parametrize("act", [set_flag, store, add])
@pytest.mark.parametrize("before_the_end", [2, 1, 0, -1])
def test_a_reader_waits_exactly_until_the_sweep_ends_that_a_write_starts(
    act: Act, before_the_end: int
) -> None:
    sweep_ends = 2 * PREPARED + TRANSFER[0, 2] + EXPECTED[2]
    others = [(0, 0, store), (1, PREPARED, await_turn), (2, 2 * PREPARED, act)]
    took = latency(others, (3, sweep_ends - before_the_end, load))
    assert took == max(before_the_end, 0) + TRANSFER[2, 2]


def test_a_locked_instruction_that_queues_behind_readers_starts_no_sweep() -> None:
    others = [(0, 0, store), (1, PREPARED, await_turn), (2, 2 * PREPARED + 1, add)]
    served = 2 * PREPARED + OCCUPANCY[0, 2] + TRANSFER[0, 2]  # the readers, then the addition
    pause = int(served - 2 * PREPARED - TRANSFER[0, 2])
    took = latency(others, (3, 2 * PREPARED, twice(load, pause)))
    assert took == served - 2 * PREPARED + TRANSFER[2, 2]


# --- servers, sleeping


@pytest.mark.parametrize("before_the_end", [2, 1, 0, -1])
def test_a_request_waits_exactly_until_the_one_before_it_is_served(before_the_end: int) -> None:
    def request(asm: Assembler) -> None:
        asm.emit(isa.REQUEST, value=100)

    asm = new_program()
    asm.new_servers()
    start(asm, 0, request, times=1)

    def last(asm: Assembler) -> None:
        asm.compute(100 - before_the_end)
        with operation(asm):
            request(asm)

    start(asm, 1, last, times=1)
    measured = run_program(asm, PACKAGES, COSTS, window(1), 1)
    assert measured.latencies.tolist() == [max(before_the_end, 0) + 100]


def test_a_sleeper_runs_again_one_wake_up_and_one_context_switch_after_the_wake() -> None:
    asm = new_program()
    asm.new_lines()

    def sleep(asm: Assembler) -> None:
        with operation(asm):
            asm.emit(isa.PARK, address=0, value=0)

    def wake(asm: Assembler) -> None:
        asm.compute(PREPARED)
        asm.emit(isa.WAKE, address=0, value=1)

    start(asm, 0, sleep, times=1)
    start(asm, 1, wake, times=1)
    measured = run_program(asm, PACKAGES, COSTS, window(1), 1)
    assert measured.latencies.tolist() == [
        PREPARED + COSTS.wake_cycles + COSTS.context_switch_cycles
    ]


@pytest.mark.parametrize("late", [-1, 0, 1])
def test_a_wait_for_a_change_ends_at_its_limit_unless_the_change_comes_first(late: int) -> None:
    limit = 500

    def watch_for_a_while(asm: Assembler) -> None:
        asm.emit(isa.AWAIT_CHANGE, address=0, value=0, target=limit)

    changed = PREPARED + limit + late - MEMORY
    took = latency([(0, changed, store)], (1, PREPARED, watch_for_a_while))
    if late == -1:  # seen when the store is done, within the scatter of one spinner
        assert limit - 1 <= took <= limit
    else:
        assert took == limit
