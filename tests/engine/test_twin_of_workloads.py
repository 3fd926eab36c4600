"""The applications and microbenchmarks themselves run on the twin as they do on the engine."""

from __future__ import annotations

import pytest

from sim.config.compose import compose
from sim.machine.site import open_site
from sim.point import built
from sim.program.simulation import run_program
from tests.machines import assert_same, window
from tests.oracle.run import run_program_twin

pytestmark = pytest.mark.usefixtures("unchanging_files")

WORKLOADS = [
    ("exim", "linux_stock"),
    ("exim", "linux_stock kernel.locks.spin=qspinlock kernel.locks.mutex=queued"),
    ("exim", "linux_stock kernel.locks.spin=cohort"),
    ("exim", "barrelfish"),
    ("memcached", "linux_pk"),
    ("apache", "linux_stock"),
    ("postgres", "linux_pk"),
    ("micro/unmap", "linux_stock"),
    ("micro/two_phase_commit", "barrelfish"),
    ("micro/broadcast", "barrelfish"),
    ("micro/line_sharing", "linux_pk"),
    ("micro/polling", "barrelfish"),
]


@pytest.mark.parametrize(("workload", "kernel"), WORKLOADS)
@pytest.mark.parametrize("cores", [2, 9])
def test_a_workload_gives_the_same_run_on_both(workload: str, kernel: str, cores: int) -> None:
    config = compose([f"workload={workload}", f"cores=[{cores}]", *f"kernel={kernel}".split()])
    site = open_site(config.hardware, cores, config.core_order, config.workload.work_ghz)
    measured, seed = window(4 * cores, warmup=cores), 7
    runs = [
        run(built(config, site), list(site.dies), site.distance, measured, seed)
        for run in (run_program, run_program_twin)
    ]
    assert_same(*runs)
