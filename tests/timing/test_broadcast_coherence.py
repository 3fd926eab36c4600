"""Where misses are broadcast: every transition takes exactly its time, and locks its line."""

from __future__ import annotations

import pytest

from sim.engine import isa
from sim.program.assembler import Assembler
from sim.program.simulation import run_program
from tests.machines import costs, new_program, operation, start, window
from tests.timing.acts import Timed, run_acts

LATER = 10_000
PACKAGES = [0, 1, 2, 2]
COSTS = costs(PACKAGES, broadcast=True, home=31, completion=13)
OWNERSHIP, COMPLETION, HOME = 173, 13, 31
HIT = COSTS.hit_cycles


def run(*acts: tuple[int, int, int, int]) -> int:
    """Latency of the last of (core, time, instruction, line)s; core 0 stores first, at 0."""

    def touch(core: int, time: int, op: int, line: int) -> Timed:
        address = line * isa.WORDS_PER_LINE
        return core, time, lambda asm: asm.emit(op, address=address, dst=9, value=1)

    *before, last = (touch(*act) for act in [(0, 0, isa.STORE, 0), *acts])
    return int(run_acts(before, last, PACKAGES, COSTS).latencies[0])


def test_a_read_takes_the_way_from_the_owner():
    assert run((1, LATER, isa.LOAD, 0)) == COSTS.transfer[0, 1]
    assert run((2, LATER, isa.LOAD, 0)) == COSTS.transfer[0, 2]


@pytest.mark.parametrize("core", [1, 2])
def test_ownership_takes_the_whole_broadcast_wherever_the_owner_is(core):
    took = run((core, LATER, isa.STORE, 0))
    assert took == max(OWNERSHIP, COSTS.transfer[0, core])


def test_a_read_locks_the_line_for_the_whole_broadcast():
    took = run((1, LATER, isa.LOAD, 0), (2, LATER + 1, isa.LOAD, 0))
    assert took == COSTS.occupancy[0, 1] - 1 + COSTS.transfer[0, 2]


def test_a_write_locks_the_line_until_the_home_knows():
    took = run((1, LATER, isa.STORE, 0), (2, LATER + 1, isa.LOAD, 0))
    assert took == OWNERSHIP + COMPLETION - 1 + COSTS.transfer[1, 2]


def test_a_store_waits_for_readers_too():
    took = run((1, LATER, isa.LOAD, 0), (2, LATER + 1, isa.STORE, 0))
    assert took == COSTS.occupancy[0, 1] - 1 + max(OWNERSHIP, COSTS.transfer[0, 2])


def test_a_home_node_serves_requests_for_data_one_after_another():
    alone = run((2, LATER, isa.LOAD, 1))
    assert run((1, LATER, isa.LOAD, 0), (2, LATER + 1, isa.LOAD, 1)) == alone + HOME - 1


def test_a_posted_store_is_not_waited_for():
    assert run((1, LATER, isa.POST, 0)) == 0
    assert run((1, LATER, isa.PREFETCH, 0)) == 0


def interrupted(sent_at: int, waits_from: int, on_the_way: int) -> int:
    """Latency of a wait for an interrupt, with no other work."""
    asm = new_program()

    def sender(asm: Assembler) -> None:
        asm.compute(sent_at)
        asm.emit(isa.SEND_IPI, value=1, target=on_the_way)

    def receiver(asm: Assembler) -> None:
        asm.compute(waits_from)
        with operation(asm):
            asm.emit(isa.AWAIT_IPI)

    asm.new_lines()
    start(asm, 0, sender, times=1)
    start(asm, 1, receiver, times=1)
    return int(run_program(asm, [0, 1], COSTS, window(1)).latencies[0])


def test_an_interrupt_ends_a_wait_when_it_arrives():
    assert interrupted(sent_at=500, waits_from=100, on_the_way=70) == 470


def test_an_interrupt_that_arrived_before_is_taken_at_once():
    assert interrupted(sent_at=500, waits_from=900, on_the_way=70) == 0
    assert interrupted(sent_at=500, waits_from=510, on_the_way=70) == 60
