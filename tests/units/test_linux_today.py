"""Objects of later kernels: what they guarantee, and what each of their fixes spares."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from sim.config.compose import compose
from sim.config.errors import ConfigError
from sim.engine import isa
from sim.kernel.design import fixes
from sim.program.assembler import Assembler
from sim.program.simulation import run_program
from sim.simulate import simulate
from sim.sync.compare_swap_counter import CompareSwapCounter
from sim.sync.shared_counter import SharedCounter
from tests.machines import costs, new_program, operation, start, window

ROOT = Path(__file__).parents[2]


def counted(kind: type[CompareSwapCounter] | type[SharedCounter], cores: int) -> tuple[int, int]:
    """Cycles of 100 references each, taken and none dropped; and the count after them."""
    packages = [core // 4 for core in range(cores)]
    asm = new_program()
    counter = kind(asm)

    def body(asm: Assembler) -> None:
        with operation(asm), asm.repeat(100):
            counter.acquire(asm)
        asm.emit(isa.HALT)

    for core in range(cores):
        start(asm, core, body)
    result = run_program(asm, packages, costs(packages), window(cores), 1)
    return int(result.elapsed), int(result.words[counter.word])


def test_a_swapped_count_loses_no_reference_and_costs_more_where_cores_meet() -> None:
    swapped, added = counted(CompareSwapCounter, 8), counted(SharedCounter, 8)
    assert swapped[1] == added[1] == 800
    assert swapped[0] > 1.5 * added[0]


def throughput(*chosen: str) -> float:
    point: dict[str, Any] = simulate(compose(["run=smoke", *chosen])).points[0]
    return float(point["throughput"])


FAULTS = ("workload=scale/page_fault1", "kernel=linux_5_10", "hardware=xeon_4x18", "cores=[12]")


def test_a_lock_of_each_region_helps_threads_in_regions_of_their_own_only() -> None:
    threads = (*FAULTS, "hardware=cascadelake_2x20", "workload.tasks=threads")  # much bandwidth
    own = "kernel.fix.per_vma_lock=true"
    assert throughput(*threads, own) > 1.2 * throughput(*threads)
    shared = (*threads, own, "workload.region=shared")
    assert throughput(*shared) < 0.95 * throughput(*threads, own)


def test_batches_take_the_zone_lock_less_often_but_not_for_less_work() -> None:
    zone = "kernel.objects.page_allocator"
    assert throughput(*FAULTS) > 1.5 * throughput(*FAULTS, f"{zone}.sharing=zone_lock")
    clock = compose([*FAULTS]).hardware.clock_ghz * 1e9
    long = throughput(*FAULTS, f"{zone}.hold_cycles=900", "run=quick")  # many batches
    assert long < clock / (2 * 900)  # taken, given back


def test_processes_that_empty_no_batches_do_not_meet_at_the_page_lists() -> None:
    chosen = ("workload=scale/malloc1", "kernel=linux_5_10", "hardware=xeon_4x18", "cores=[12]")
    assert throughput(*chosen, "kernel.fix.no_lru_drain=true") > 1.5 * throughput(*chosen)


def test_processes_that_signal_themselves_meet_nobody_and_threads_do() -> None:
    chosen = ("workload=scale/signal1", "kernel=linux_5_10", "hardware=xeon_4x18")
    one = throughput(*chosen, "cores=[1]")
    assert throughput(*chosen, "cores=[12]") == pytest.approx(12 * one, rel=0.01)
    assert throughput(*chosen, "cores=[12]", "workload.tasks=threads") < 2 * one


def test_a_reference_that_is_added_to_is_cheaper_than_one_that_is_swapped() -> None:
    chosen = ("workload=memcached", "kernel=linux_5_10", "cores=[48]")
    assert throughput(*chosen, "kernel.fix.rcuref=true") > 1.1 * throughput(*chosen)


def spent(name: str, *overrides: str) -> float:
    """Cycles of an operation that are charged to an object."""
    rows = simulate(compose(["run=smoke", "run.replications=1", *overrides])).account
    return float(sum(row["cycles_per_operation"] for row in rows if row["object"] == name))


def test_each_core_with_a_list_of_inodes_meets_nobody_there() -> None:
    chosen = ("workload=apache", "kernel=linux_pk", "cores=[48]")
    lists = "kernel.objects.inode_lists.sharing"
    locked, per_core = (
        spent("inode_lists", *chosen, f"{lists}={name}") for name in ("locked", "per_core")
    )
    assert 0 < per_core < locked / 2


def test_a_route_of_each_core_costs_the_same_on_any_number_of_cores() -> None:
    chosen = ("workload=memcached", "kernel=linux_6_12")
    few, many, shared = (
        spent("dst_entry", *chosen, f"cores=[{cores}]", f"kernel.fix.per_core_routes={on}")
        for cores, on in ((2, "true"), (48, "true"), (48, "false"))
    )
    assert 0 < many == pytest.approx(few, rel=0.01)
    assert shared > 10 * many


def test_pages_pinned_by_swapping_have_no_spin_lock_to_wait_for() -> None:
    chosen = ("workload=postgres", "kernel=linux_6_12", "cores=[48]")
    config = compose([*chosen, "run=smoke", "workload.index_root.pinning=compare_and_swap"])
    causes = {row["cause"] for row in simulate(config).account if row["object"] == "index_root"}
    assert causes == {"coherence"}


FATES = {
    "yes": lambda off, on, has: has == on or has not in (off, on),
    "partly": lambda off, on, has: True,
    "no": lambda off, on, has: has == off,
    "opt-in": lambda off, on, has: has == off,
}


@pytest.mark.parametrize("kernel", ["linux_5_10", "linux_6_12"])
def test_a_kernel_has_the_fixes_that_the_table_of_their_fates_says(kernel: str) -> None:
    table = compose([f"kernel={kernel}"]).kernel
    with (ROOT / "reference/linux_today/osdi10_fixes.csv").open() as file:
        fates = {row["id"]: row[kernel] for row in csv.DictReader(file)}
    assert len(fates) == 16
    known = fixes()
    for name, fate in fates.items():
        of, fix = known[name]
        line = table.objects
        for part in of.key.split("."):
            line = getattr(line, part)
        assert FATES[fate](fix.off, fix.on, getattr(line, fix.setting)), name


@pytest.mark.parametrize("kernel", ["linux_stock", "linux_pk", "barrelfish"])
def test_kernels_of_2010_have_no_later_fix(kernel: str) -> None:
    fix = compose([f"kernel={kernel}"]).kernel.fix
    later = ("per_vma_lock", "no_lru_drain", "rcuref", "per_core_inode_lists", "per_core_routes")
    assert not any(getattr(fix, name) for name in (*later, "per_group_lru_lock"))
    assert compose(["kernel=linux_6_12"]).kernel.fix.rcuref is True


def test_a_lock_of_each_group_helps_processes_in_several_groups_only() -> None:
    chosen = ("workload=scale/malloc1", "kernel=linux_5_10", "hardware=xeon_4x18", "cores=[12]")
    lock, groups = "kernel.fix.per_group_lru_lock=true", "workload.groups=12"
    one = throughput(*chosen)
    assert throughput(*chosen, lock) == one
    # each group's charges have a counter of their own, too
    assert throughput(*chosen, groups) == pytest.approx(one, rel=0.05)
    assert throughput(*chosen, lock, "workload.groups=3") > 1.2 * one
    assert throughput(*chosen, lock, groups) > 1.5 * one


def test_threads_of_one_process_are_in_one_group() -> None:
    with pytest.raises(ConfigError, match=r"groups=2: threads.*allowed: 1, or workload\.tasks="):
        compose(["workload=scale/malloc1", "workload.tasks=threads", "workload.groups=2"])
