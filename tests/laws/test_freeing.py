"""What if an object cost nothing: freeing takes its time away and nothing else."""

from __future__ import annotations

import pytest

from sim.config.compose import compose
from sim.engine import isa
from sim.program.freeing import free, freeable
from sim.program.simulation import run_program, summary
from sim.simulate import SimulationError, simulate
from sim.sync.barrier import Barrier
from tests.machines import LOCKS, costs, new_program, operation, start, window


@pytest.mark.parametrize("kind", sorted(LOCKS))
def test_a_freed_lock_costs_nothing_and_excludes_nobody(kind: str) -> None:
    asm = new_program()
    with asm.at("lock"):
        lock = LOCKS[kind](asm, 4)

    def body(program: object) -> None:
        with operation(asm), asm.at("lock"):
            lock.acquire(asm)
            with asm.at("work"):
                asm.compute(1000)
            lock.release(asm)

    for core in range(4):
        start(asm, core, body)
    free(asm, ["lock"])
    run = run_program(asm, [0] * 4, costs([0] * 4), window(40), 1)
    charged = {(thing, cause) for _, thing, cause in summary(run)}
    assert charged == {("work", "compute")}
    assert run.elapsed == 40 // 4 * 1000


def test_freeing_what_takes_no_time_changes_nothing() -> None:
    base = simulate(compose(["workload=exim", "cores=[8]", "run=smoke"])).points
    other = simulate(compose(["workload=exim", "cores=[8]", "run=smoke", "free=[]"])).points
    assert base == other


def test_what_is_freed_disappears_from_the_account() -> None:
    config = compose(["workload=exim", "cores=[8]", "run=smoke", "free=[page_fault]"])
    outcome = simulate(config)
    assert "page_fault" not in {row["object"] for row in outcome.account}


def test_an_object_that_is_not_there_cannot_be_freed() -> None:
    config = compose(["workload=exim", "cores=[2]", "run=smoke", "free=[page_falt]"])
    with pytest.raises(
        SimulationError, match="'page_falt' cannot be freed; did you mean page_fault"
    ):
        simulate(config)


def test_freed_monitors_still_pass_their_messages_on() -> None:
    plain = ["workload=micro/unmap", "kernel=barrelfish", "hardware=amd_8x4", "cores=[8]"]
    base, freed = (
        simulate(compose([*plain, "run=smoke", f"free={objects}"])).points[0]["throughput"]
        for objects in ("[]", "[monitor]")
    )
    assert freed > base


def test_waiting_at_a_barrier_is_no_cost_that_can_be_freed() -> None:
    asm = new_program()
    with asm.at("barrier"):
        Barrier(asm, 2).wait(asm)
    assert freeable(asm) == []


def test_essential_objects_stay() -> None:
    asm = new_program()
    asm.essential.add("barrier")
    with asm.at("barrier"):
        asm.emit(isa.FETCH_ADD, address=asm.new_lines(), value=1)
    assert "barrier" not in freeable(asm)
