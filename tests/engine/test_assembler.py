"""The assembler resolves labels, reserves what is named and charges what was asked for."""

from __future__ import annotations

import pytest

from sim.engine import isa
from sim.program.assembler import Assembler, Label
from sim.program.simulation import run_program, summary
from tests.machines import costs, new_program, operation, start, window


def final_word(asm: Assembler, address: int) -> int:
    return int(run_program(asm, [0], costs([0]), window(1), 1).words[address])


def test_a_label_may_be_placed_before_or_after_its_use() -> None:
    asm = new_program()
    forward = Label()
    asm.jump(forward)
    backward = asm.place()
    asm.emit(isa.HALT)
    asm.place(forward)
    asm.jump(backward)
    assert asm.assemble()["target"].tolist() == [2, 0, 1]


def test_lines_and_servers_that_are_reserved_never_overlap() -> None:
    asm = new_program()
    first, second, third = asm.new_lines(), asm.new_lines(3), asm.new_lines()
    assert (first, second, third) == (0, isa.WORDS_PER_LINE, 4 * isa.WORDS_PER_LINE)
    assert [asm.new_servers(2), asm.new_servers()] == [0, 2]


def test_registers_are_given_back_and_never_include_those_with_a_meaning() -> None:
    asm = new_program()
    with asm.registers(3) as first, asm.registers(2) as second:
        assert not set(first) & set(second)
    everything = isa.REGISTERS - 3
    with asm.registers(everything) as registers:
        assert not {isa.R_CORE, isa.R_THREAD, isa.R_PACKAGE} & set(registers)
        with pytest.raises(ValueError, match="1 wanted, 0 free"), asm.registers(1):
            pass
    with asm.registers(everything):
        pass


def test_a_thread_finds_its_core_its_number_and_its_package_in_registers() -> None:
    asm = new_program()
    words = asm.new_lines()

    def body(asm: Assembler) -> None:
        with operation(asm):
            for word, register in enumerate((isa.R_CORE, isa.R_THREAD, isa.R_PACKAGE)):
                asm.emit(isa.STORE, address=words + word, source=register)

    start(asm, 1, lambda asm: asm.emit(isa.HALT))
    start(asm, 2, body)
    measured = run_program(asm, [5, 5, 6], costs([5, 5, 6]), window(1), 1)
    assert measured.words[:3].tolist() == [2, 1, 6]


@pytest.mark.parametrize("times", [-1, 0, 1, 2, 7])
def test_repeat_executes_its_instructions_so_many_times(times: int) -> None:
    asm = new_program()
    word = asm.new_lines()

    def body(asm: Assembler) -> None:
        with operation(asm), asm.repeat(times):
            asm.emit(isa.INCREMENT, address=word, value=1)

    start(asm, 0, body)
    assert final_word(asm, word) == max(times, 0)


def test_repeats_nest() -> None:
    asm = new_program()
    word = asm.new_lines()

    def body(asm: Assembler) -> None:
        with operation(asm), asm.repeat(3), asm.repeat(5):
            asm.emit(isa.INCREMENT, address=word, value=1)

    start(asm, 0, body)
    assert final_word(asm, word) == 15


@pytest.mark.parametrize("condition", [isa.EQUAL, isa.NOT_EQUAL, isa.LESS, isa.AT_LEAST])
@pytest.mark.parametrize("left", [-1, 0, 1])
def test_a_branch_is_taken_if_its_condition_holds(left: int, condition: int) -> None:
    asm = new_program()
    word = asm.new_lines()

    def body(asm: Assembler) -> None:
        taken = Label()
        with operation(asm), asm.registers(1) as (r,):
            asm.emit(isa.SET, dst=r, value=left)
            asm.branch(r, condition, 0, taken)
            asm.emit(isa.STORE, address=word, value=1)
            asm.place(taken)

    start(asm, 0, body)
    holds = {
        isa.EQUAL: left == 0,
        isa.NOT_EQUAL: left != 0,
        isa.LESS: left < 0,
        isa.AT_LEAST: left >= 0,
    }[condition]
    assert final_word(asm, word) == (0 if holds else 1)


def test_time_is_charged_to_the_mode_and_object_around_an_instruction() -> None:
    asm = new_program()

    def body(asm: Assembler) -> None:
        with operation(asm):
            with asm.at("outer", isa.SYSTEM):
                asm.compute(10)
                with asm.at("inner"):
                    asm.compute(200)
                asm.compute(3000)
            asm.compute(40_000)

    start(asm, 0, body)
    measured = run_program(asm, [0], costs([0]), window(4), 1)
    assert summary(measured) == {
        ("system", "outer", "compute"): 3010,
        ("system", "inner", "compute"): 200,
        ("user", "test", "compute"): 40_000,
    }


def test_a_stall_is_charged_to_its_cause() -> None:
    asm = new_program()
    server = asm.new_servers()

    def body(asm: Assembler) -> None:
        with operation(asm):
            asm.emit(isa.REQUEST, address=server, value=17, cause=isa.C_DEVICE)

    start(asm, 0, body)
    measured = run_program(asm, [0], costs([0]), window(3), 1)
    assert summary(measured) == {("user", "test", "device"): 17}
