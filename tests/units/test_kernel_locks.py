"""Which lock a kernel's objects have is one setting, and a workload says whether that matters."""

from __future__ import annotations

from collections import Counter
from typing import get_args

import pytest

from sim.config.assumptions import relevant_keys
from sim.config.compose import compose
from sim.config.files import choices
from sim.config.schema.locks import SpinLockKind
from sim.engine import isa
from sim.machine.site import open_site
from sim.simulate import simulate
from sim.sync.spin_locks import KINDS
from sim.workload.build import build_program

CORES = 12
MODES = {
    "micro/page_fault": ["workload.address_space=shared"],
    "pedsort": ["workload.mode=threads"],
    "metis": ["workload.pages=2MB"],
}
LINUX = [
    name for name in choices("workload") if compose([f"workload={name}"]).kernel.kind == "linux"
]


def instructions(workload: str, *settings: str) -> Counter[tuple[object, str]]:
    """How often each instruction is emitted for each object."""
    chosen = [f"workload={workload}", "kernel=linux_stock", *MODES.get(workload, []), *settings]
    config = compose(chosen)
    asm = build_program(config, open_site(config.hardware, CORES, config.core_order))
    return Counter((row["op"], asm.objects[int(str(row["key"])) & 0xFFFFFFFF]) for row in asm.rows)


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
    named = relevant_keys(compose([f"workload={workload}", "kernel=linux_stock"]))
    assert changing <= named
    if compose([f"workload={workload}"]).workload.kernel_parts is not None:
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


def test_spinning_cores_wait_on_lines_of_the_kind_of_lock_that_was_chosen() -> None:
    config = compose(["workload=exim", "kernel=linux_stock", "kernel.locks.spin=mcs"])
    asm = build_program(config, open_site(config.hardware, CORES, "package"))
    waits = [row for row in asm.rows if row["op"] == isa.AWAIT_TURN]
    assert {asm.region_of(int(str(row["address"]))).name for row in waits} == {"mcs_lock"}
