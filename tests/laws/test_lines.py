"""A cache line has one holder that writes or many that read, never both."""

from __future__ import annotations

from hypothesis import given, settings

from sim.engine import isa
from sim.engine.machine import execute
from sim.engine.state import FINISHED
from sim.program.simulation import EngineError, prepare
from tests.engine.random_programs import Case, cases
from tests.oracle.state import Line
from tests.oracle.twin import Twin


def holders(state, line: int) -> set[int]:
    """Cores with a copy: the owner alone, or those in the engine's bit masks."""
    record = state.lines[line]
    if record["first_mask"] == isa.NO_MASK:
        assert not state.sharers[line].any()
        return {int(record["owner"])} - {isa.NONE}
    masks = [int(mask) for mask in state.sharers[line]]
    found = {64 * i + b for i, mask in enumerate(masks) for b in range(64) if mask >> b & 1}
    assert record["first_mask"] == min(found) // 64
    assert record["last_mask"] == max(found) // 64
    return found


@settings(max_examples=60)
@given(cases())
def test_a_written_line_is_held_by_its_writer_and_at_most_the_spinner_it_lets_pass(
    case: Case,
) -> None:
    twin = Twin(case.program, case.packages, case.distance, case.window, case.seed)
    while twin.closed_at is None:
        before = list(twin.words)
        try:
            core = twin.next_event()
            twin.step()
        except EngineError:
            break
        for address in (a for a, word in enumerate(twin.words) if word != before[a]):
            line = twin.lines[address // isa.WORDS_PER_LINE]
            if case.distance.on_arrival:  # the next owner may have asked meanwhile
                continue
            assert line.owner is core
            others = line.sharers - {core.number}
            assert core.number in line.sharers
            assert len(others) <= 1
            assert all(twin.cores[other].passed for other in others)


@settings(max_examples=60)
@given(cases())
def test_the_newest_copy_is_among_the_copies_at_every_step(case: Case) -> None:
    twin = Twin(case.program, case.packages, case.distance, case.window, case.seed)

    def consistent(line: Line) -> bool:
        return line.owner is None or line.owner.number in line.sharers

    while twin.closed_at is None:
        try:
            twin.step()
        except EngineError:
            break
        assert all(consistent(line) for line in twin.lines)


@settings(max_examples=100)
@given(cases())
def test_the_engine_ends_with_the_same_owners_holders_and_busy_times_as_its_twin(
    case: Case,
) -> None:
    state, switch_key = prepare(case.program, case.packages, case.distance, case.window, case.seed)
    twin = Twin(case.program, case.packages, case.distance, case.window, case.seed)
    if execute(state, switch_key) != FINISHED:
        return
    while twin.closed_at is None:
        twin.step()
    for number, line in enumerate(twin.lines):
        record = state.lines[number]
        owner = isa.NONE if line.owner is None else line.owner.number
        assert record["owner"] == owner
        assert holders(state, number) == line.sharers
        assert record["sharers"] == len(line.sharers)
        assert record["spinners"] == len(line.spinners)
        assert record["exclusive_until"] == line.exclusive_until
        assert record["read_until"] == line.read_until
        assert record["queued_until"] == line.queued_until
