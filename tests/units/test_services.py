"""System calls of the multikernel: the same work as PK's on one core, and no shared objects."""

from __future__ import annotations

import pytest

from sim.config.compose import compose
from sim.simulate import Outcome, RefusedError, simulate

APPLICATIONS = {
    "exim": [],
    "memcached": [],
    "apache": [],
    "postgres": [],
    "gmake": [],
    "pedsort": ["workload.mode=threads"],
    "metis": [],
}
SHARED = {"mmap_sem", "process", "vfsmount_table", "dentry", "open_file_list"}


def run(workload: str, kernel: str, cores: int, *overrides: str) -> Outcome:
    common = [f"workload={workload}", f"kernel={kernel}", f"cores=[{cores}]", "run=smoke"]
    return simulate(compose([*common, *APPLICATIONS.get(workload, []), *overrides]))


def waiting(outcome: Outcome) -> dict[str, float]:
    """Cycles per operation of shared lines and locks, by object."""
    found: dict[str, float] = {}
    for row in outcome.account:
        if row["cause"] in ("lock_wait", "coherence"):
            found[row["object"]] = found.get(row["object"], 0) + row["cycles_per_operation"]
    return found


@pytest.mark.parametrize("workload", sorted(APPLICATIONS))
def test_one_core_does_the_same_work_as_on_pk(workload: str) -> None:
    multikernel, pk = (run(workload, kernel, 1).points for kernel in ("barrelfish", "linux_pk"))
    mean = [sum(row["throughput"] for row in rows) / len(rows) for rows in (multikernel, pk)]
    assert mean[0] == pytest.approx(mean[1], rel=0.15)  # runs this short are noisy


@pytest.mark.parametrize("workload", sorted(APPLICATIONS))
def test_no_object_of_the_kernel_is_waited_for_by_its_lines(workload: str) -> None:
    outcome = run(workload, "barrelfish", 48)
    all_cycles = sum(row["cycles_per_operation"] for row in outcome.account)
    waited = {name for name, cycles in waiting(outcome).items() if cycles > 0.01 * all_cycles}
    assert not SHARED & waited


def test_a_directory_is_changed_by_its_owner() -> None:
    outcome = run("exim", "barrelfish", 48)
    causes = {row["cause"] for row in outcome.account if row["object"] == "directory"}
    assert "message_wait" in causes and "lock_wait" not in causes


def test_an_owner_that_works_longer_makes_its_callers_wait() -> None:
    few = run("exim", "barrelfish", 24).points[0]
    key = "kernel.objects.file_append.hold_cycles"
    many = run("exim", "barrelfish", 24, f"{key}=200000").points[0]
    assert many["throughput"] < 0.8 * few["throughput"]


def test_faults_of_threads_scale_without_a_shared_region_list() -> None:
    slow, fast = (
        run("micro/page_fault", kernel, 48, "workload.address_space=shared").points[0]
        for kernel in ("linux_pk", "barrelfish")
    )
    assert fast["throughput"] > 2 * slow["throughput"]


def test_windows_can_only_unmap() -> None:
    assert run("micro/unmap", "windows_2008r2", 2).points[0]["throughput"] > 0
    with pytest.raises(RefusedError, match=r"windows_2008r2 has no objects\."):
        run("exim", "windows_2008r2", 2)


def test_shared_page_tables_bring_the_lock_back() -> None:
    replicated, shared = (
        run("pedsort", "barrelfish", 24, f"kernel.objects.address_space.sharing={tables}")
        for tables in ("replicated", "shared")
    )
    objects = [{row["object"] for row in outcome.account} for outcome in (replicated, shared)]
    assert "mmap_sem" not in objects[0] and "mmap_sem" in objects[1]
