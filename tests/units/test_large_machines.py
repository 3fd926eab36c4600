"""A thousand cores: applications run, every cycle is accounted for, collapses come to an end."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.models import machine, torus
from sim.config.compose import compose
from sim.machine.settings.hardware import Topology
from sim.machine.topology import hop_matrix
from sim.simulate import Outcome, simulate

CORES = 1024


def run(workload: str, kernel: str, *overrides: str) -> Outcome:
    chosen = [f"workload={workload}", f"kernel={kernel}", "run=smoke", "run.replications=1"]
    config = compose([*chosen, *overrides])
    return simulate(config.model_copy(update={"hardware": machine(CORES), "cores": [CORES]}))


@pytest.mark.parametrize("kernel", ["linux_stock", "linux_pk", "barrelfish"])
@pytest.mark.parametrize("workload", ["micro/lock", "memcached", "gmake", "pedsort", "metis"])
def test_a_workload_on_a_thousand_cores_accounts_for_all_their_time(
    workload: str, kernel: str
) -> None:
    (point,) = run(workload, kernel).points
    busy = point["user_us"] + point["system_us"] + point["idle_us"]
    assert busy == pytest.approx(1e6 / point["throughput_per_core"])


def test_a_collapse_on_a_thousand_cores_is_slow_but_no_error() -> None:
    limit = 10**11  # cycles that may pass without an operation: the whole run takes longer
    stock, multikernel = (
        run("exim", kernel, f"run.maximum_cycles={limit}").points[0]
        for kernel in ("linux_stock", "barrelfish")
    )
    assert stock["elapsed_cycles"] > limit
    assert stock["throughput"] < multikernel["throughput"]


def test_hops_on_a_torus_are_steps_along_both_sides() -> None:
    side, number = 16, np.arange(16 * 16)
    topology = Topology(packages=side * side, cores_per_package=1, links=torus(side, side))
    apart = [abs(at[:, None] - at[None, :]) for at in (number // side, number % side)]
    steps = sum(np.minimum(steps, side - steps) for steps in apart)
    np.testing.assert_array_equal(hop_matrix(topology), steps)


def test_a_machine_of_four_thousand_packages_is_described() -> None:
    topology = Topology(packages=4096, cores_per_package=1, links=torus(64, 64))
    assert hop_matrix(topology).max() == 32 + 32
