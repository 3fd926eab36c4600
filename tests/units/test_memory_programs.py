"""Programs of will-it-scale that manage memory: what each shares, and what limits it."""

from __future__ import annotations

from typing import Any

import pytest

from sim.config.compose import compose
from sim.engine import isa
from sim.point import RefusedError, built, opened
from sim.simulate import simulate

XEON = ("kernel=linux_5_10", "hardware=xeon_4x18")
MILAN = ("kernel=linux_6_12", "hardware=milan_1x36", "workload=scale/tlb_flush2")
THREADS = "workload.tasks=threads"
BROADCAST = "kernel.fix.broadcast_invalidation=true"


def point(*chosen: str) -> dict[str, Any]:
    """The only point of a run."""
    found: dict[str, Any] = simulate(compose(["run=smoke", *chosen])).points[0]
    return found


def throughput(*chosen: str) -> float:
    return float(point(*chosen)["throughput"])


@pytest.mark.parametrize("program", ["brk1", "brk2"])
def test_heaps_of_processes_move_at_once_and_those_of_threads_in_turn(program: str) -> None:
    chosen = (*XEON, f"workload=scale/{program}", "cores=[12]")
    config = compose([*chosen])
    alone = config.hardware.clock_ghz * 1e9 / config.kernel.objects.memory_map.heap_cycles
    assert throughput(*chosen) == pytest.approx(12 * alone, rel=0.01)
    assert throughput(*chosen, THREADS) < alone


def test_a_fault_that_is_tried_again_takes_its_lock_again() -> None:
    chosen = (*XEON, "workload=scale/page_fault3", THREADS, "cores=[12]")
    twice, once = (
        throughput(*chosen, f"kernel.objects.file_fault.retries={retries}") for retries in (1, 0)
    )
    assert once == pytest.approx(
        2 * twice, rel=0.05
    )  # the lock is all that twelve threads wait for


def test_copies_are_no_faster_than_their_memory_moves_them() -> None:
    chosen = (*XEON, "workload=scale/page_fault2", "cores=[18]")
    config = compose([*chosen])
    moves = config.kernel.objects.file_fault.copy_moves
    cycles = moves * config.hardware.memory.page_zero_cycles
    most = config.hardware.clock_ghz * 1e9 / cycles
    assert 0.8 * most < throughput(*chosen) < 1.05 * most


def interrupted(*chosen: str) -> int:
    """Interrupts that the program of a point can send."""
    config = compose(["run=smoke", *chosen])
    program = built(config, opened(config, 8))
    return sum(instruction.op == isa.INTERRUPT for instruction in program.instructions)


def test_a_broadcast_instruction_interrupts_nobody() -> None:
    assert interrupted(*MILAN) > 0
    assert interrupted(*MILAN, BROADCAST) == 0


def test_interrupts_that_spinners_absorb_do_not_lengthen_critical_sections() -> None:
    spinning = "kernel.objects.shootdown.spinning"
    chosen = (*MILAN, "cores=[8]")
    assert throughput(*chosen, f"{spinning}=absorbed") > 1.2 * throughput(
        *chosen, f"{spinning}=delayed"
    )


def test_only_so_many_broadcasts_are_under_way() -> None:
    slow = "hardware.interrupts.broadcast_invalidation_cycles=30000"
    ways = "hardware.interrupts.broadcast_invalidations_under_way"
    chosen = (*MILAN, BROADCAST, slow, "cores=[8]")
    one, many = (throughput(*chosen, f"{ways}={number}") for number in (1, 64))
    assert one == pytest.approx(3.2e9 / 30_000, rel=0.02)
    assert many > 4 * one


def test_a_machine_without_the_instruction_is_interrupted() -> None:
    chosen = (*XEON, "workload=scale/malloc1", THREADS, "cores=[2]")
    assert throughput(*chosen, BROADCAST) == throughput(*chosen)


@pytest.mark.parametrize("program", ["brk1", "tlb_flush2"])
def test_a_kernel_without_a_call_s_cost_is_refused_by_its_key(program: str) -> None:
    with pytest.raises(RefusedError, match="kernel.objects.memory_map.*_cycles: missing"):
        point("kernel=linux_stock", f"workload=scale/{program}", "cores=[2]")
