"""The table of what operations do says what the machine does."""

from __future__ import annotations

import pytest

from sim.engine import isa
from sim.engine.machine import execute
from sim.engine.state import T_CLOSED_AT, T_OPENED_AT, Distance, State
from sim.program import operations
from sim.program.simulation import prepare
from tests.machines import new_program, window

BEFORE = 77  # in the register, and in no word
ALL = sorted(isa.NAMES)
REGISTER = isa.REGISTERS - 1
TO_CORE_0 = (isa.RUNNING, isa.INTERRUPT, isa.SEND_IPI)
COSTS = Distance.uniform(cores=2, transfer=100)


def executed(op: int, value: int = 1) -> State:
    """State after one core has executed an operation, once, on a word and a register of its own."""
    asm = new_program()
    asm.new_lines(2)
    asm.new_servers()
    start, after = asm.place(), asm.place()
    asm.emit(isa.BEGIN)
    asm.emit(isa.END)  # here the window opens
    asm.emit(isa.SET, dst=REGISTER, value=BEFORE)
    if op == isa.AWAIT_IPI:
        asm.emit(isa.SEND_IPI)
    asm.emit(
        op,
        address=0 if op in (isa.REQUEST, isa.SUBMIT) else isa.WORDS_PER_LINE,
        dst=REGISTER,
        source=REGISTER if op == isa.ADD else isa.NONE,
        value=0 if op in (isa.AWAIT, isa.AWAIT_TURN, *TO_CORE_0) else value,
        target=after if op in (isa.JUMP, isa.BRANCH) else 0,
    )
    asm.place(after)
    asm.emit(isa.END)
    asm.emit(isa.HALT)
    asm.thread(0, start)
    state, switch_key = prepare(asm, [0, 0], COSTS, window(1, warmup=1), seed=1)
    execute(state, switch_key)
    return state


def elapsed(state: State) -> int:
    return int(state.totals[T_CLOSED_AT] - state.totals[T_OPENED_AT])


def test_every_operation_stands_in_the_table() -> None:
    assert sorted(operations.OPERATIONS) == ALL
    assert len(ALL) == 34


@pytest.mark.parametrize("op", ALL, ids=isa.NAMES.get)
def test_who_writes_owns_the_line_and_who_reads_has_a_copy(op: int) -> None:
    line = executed(op).lines[1]
    if op == isa.AWAIT_CHANGE:  # it costs nothing until it spins: what follows fetches the line
        return
    assert (line["owner"] == 0) == (op in operations.WRITES)
    assert (line["sharers"] == 1) == (op in operations.READS | operations.WRITES)


@pytest.mark.parametrize("op", ALL, ids=isa.NAMES.get)
def test_who_sets_a_register_changes_it(op: int) -> None:
    state = executed(op)
    assert (state.registers[0, REGISTER] != BEFORE) == (op in operations.SETS)


@pytest.mark.parametrize("op", ALL, ids=isa.NAMES.get)
def test_who_draws_moves_the_stream_of_its_thread(op: int) -> None:
    moved = executed(op).threads[0]["random"] != executed(isa.JUMP).threads[0]["random"]
    assert moved == (op in operations.DRAWS)


@pytest.mark.parametrize("op", sorted(operations.TIMED), ids=isa.NAMES.get)
def test_what_is_timed_takes_or_sets_more_if_its_value_is_more(op: int) -> None:
    few, many = executed(op, 1_000), executed(op, 1_000_000)
    if op in operations.SETS:
        assert few.registers[0, REGISTER] < many.registers[0, REGISTER]
    else:
        assert elapsed(few) < elapsed(many)
