"""Which lock a kernel's objects have is one setting, and a workload says whether that matters."""

from __future__ import annotations

from collections import Counter
from typing import get_args

import pytest

from sim.config.compose import compose
from sim.config.files import choices
from sim.experiment.assumptions import relevant_keys
from sim.lowering import build_program
from sim.machine.site import open_site
from sim.simulate import locks_waited_for, simulate
from sim.sync.lock_kinds import MutexKind, SpinLockKind
from sim.sync.spin_lock import KINDS

CORES = 12
MODES = {
    "micro/page_fault": ["workload.address_space=shared"],
    "pedsort": ["workload.mode=threads"],
    "metis": ["workload.pages=2MB"],
}
LINUX = [name for name in choices("workload") if compose([f"workload={name}"]).kernel.locks]
LINUX = [name for name in LINUX if name != "micro/lrpc" and not name.startswith("scale/")]


def instructions(workload: str, *settings: str) -> Counter[tuple[int, str]]:
    """How often each instruction is emitted for each object."""
    chosen = [f"workload={workload}", "kernel=linux_stock", *MODES.get(workload, []), *settings]
    config = compose(chosen)
    asm = build_program(config, open_site(config.hardware, CORES, config.core_order))
    return Counter((one.op, asm.object_of(one)) for one in asm.instructions)


def test_every_kind_of_spin_lock_that_settings_allow_can_be_made() -> None:
    assert get_args(SpinLockKind) == tuple(KINDS)


@pytest.mark.parametrize("workload", LINUX)
def test_a_workload_depends_on_the_kernels_locks_if_another_kind_changes_its_program(
    workload: str,
) -> None:
    usual = instructions(workload)
    changing = {
        key
        for key, other in (("kernel.locks.spin", "mcs"), ("kernel.locks.mutex", "queued"))
        if instructions(workload, f"{key}={other}") != usual
    }
    chosen = [f"workload={workload}", "kernel=linux_stock", *MODES.get(workload, [])]
    named = relevant_keys(compose(chosen))
    assert changing <= named
    assert bool(changing) is ("kernel.locks.spin" in named)


@pytest.mark.parametrize("kind", KINDS)
def test_stock_linux_runs_with_every_kind_of_spin_lock_on_its_objects(kind: str) -> None:
    chosen = [f"kernel.locks.spin={kind}", "kernel=linux_stock", "cores=[24]", "run=smoke"]
    for workload in ("exim", "apache"):
        assert simulate(compose([f"workload={workload}", *chosen])).points[0]["throughput"] > 0


def test_a_kernels_mutex_queues_its_spinners_if_told_to() -> None:
    settings = ["workload=postgres", "kernel=linux_stock", "cores=[48]", "run=smoke"]
    throughput = {
        kind: simulate(compose([*settings, f"kernel.locks.mutex={kind}"])).points[0]["throughput"]
        for kind in ("adaptive", "queued")
    }
    assert throughput["queued"] > 3 * throughput["adaptive"]


LINES = {
    "tas": "lock",
    "ttas": "lock",
    "ticket": "ticket_lock",
    "ticket_proportional": "ticket_lock",
    "mcs": "mcs_lock",
    "clh": "clh_lock",
    "qspinlock": "qspinlock",
    "cohort": "cohort_lock",
}


@pytest.mark.parametrize("mutex", get_args(MutexKind))
@pytest.mark.parametrize("spin", LINES)
def test_traces_and_explanations_name_what_the_cores_wait_for(spin: str, mutex: str) -> None:
    kinds = [f"kernel.locks.spin={spin}", f"kernel.locks.mutex={mutex}"]
    waited_for = locks_waited_for(compose(["workload=exim", "kernel=linux_stock", *kinds]), CORES)
    assert waited_for["vfsmount_table"] == [LINES[spin]]
    assert waited_for["shared_file"] == ["mutex"]
