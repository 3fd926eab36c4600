"""One factor on the interconnect: what crosses between packages scales, and nothing else does."""

from __future__ import annotations

import numpy as np
import pytest

from sim.config.compose import compose
from sim.machine.interconnect import with_interconnect_scaled
from sim.machine.site import open_site
from sim.simulate import simulate

MACHINES = ["opteron_8x6", "amd_8x4", "opteron_8x6_islands", "mesh_64"]
ONCE = ["run=smoke", "run.replications=1"]


def results(*overrides: str) -> tuple[list, list]:
    outcome = simulate(compose([*ONCE, *overrides]))
    return outcome.points, outcome.account


@pytest.mark.parametrize("machine", MACHINES)
def test_a_factor_of_one_is_the_machine_itself(machine: str) -> None:
    hardware = compose([f"hardware={machine}", "hardware.interconnect_scale=1"]).hardware
    assert with_interconnect_scaled(hardware) is hardware


@pytest.mark.parametrize("machine", MACHINES)
def test_costs_across_packages_scale_and_those_within_do_not(machine: str) -> None:
    plain = compose([f"hardware={machine}"]).hardware
    cores, order = plain.cores, "package"
    one = open_site(plain, cores, order)
    three = open_site(plain.model_copy(update={"interconnect_scale": 3.0}), cores, order)
    across = ~np.eye(plain.topology.packages, dtype=bool)
    messages = plain.coherence.protocol == "islands"
    completion = one.distance.completion_cycles
    for name in ("transfer", "occupancy", "invalidation"):
        before, after = getattr(one.distance, name), getattr(three.distance, name)
        np.testing.assert_array_equal(after[~across], before[~across])
        if name == "occupancy":
            before, after = before - completion, after - completion
        if not (name == "invalidation" and messages):  # a sender pays its own package alone
            np.testing.assert_array_equal(after[across], 3 * before[across])
    assert three.hardware.memory.hop_cycles == 3 * plain.memory.hop_cycles
    assert three.hardware.memory.latency_cycles == plain.memory.latency_cycles
    assert three.hardware.interrupts.hop_cycles == 3 * plain.interrupts.hop_cycles
    assert three.hardware.streaming.link_gb_s == pytest.approx(plain.streaming.link_gb_s / 3)


@pytest.mark.parametrize(
    "run",
    [
        ["workload=exim", "cores=[6]"],
        ["workload=micro/line_sharing", "cores=[6]"],
        ["workload=micro/unmap", "kernel=barrelfish", "cores=[6]"],
        ["workload=micro/line_sharing", "hardware=amd_8x4", "cores=[4]"],
        ["workload=nas/cg", "kernel=barrelfish", "hardware=amd_8x4", "cores=[4]"],
    ],
)
def test_a_run_on_one_package_does_not_notice(run: list[str]) -> None:
    assert results(*run) == results(*run, "hardware.interconnect_scale=7")


@pytest.mark.parametrize("workload", ["micro/counter", "micro/lock", "micro/urpc"])
def test_throughput_of_what_packages_contend_for_falls_as_the_factor_grows(workload: str) -> None:
    run = [f"workload={workload}", "cores=[48]", "kernel=barrelfish"]
    throughputs = [
        results(*run, f"hardware.interconnect_scale={factor}")[0][0]["throughput"]
        for factor in (0.25, 1, 4, 16)
    ]
    assert throughputs == sorted(throughputs, reverse=True)
    assert len(set(throughputs)) == len(throughputs)
