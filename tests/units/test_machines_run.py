"""Machines that do not exist yet run the workloads and kernel designs of those that do."""

from __future__ import annotations

import pytest

from sim.config.compose import compose
from sim.config.files import choices
from sim.experiment.assumptions import felt_parts
from sim.simulate import simulate

FEW = [
    "run=smoke",
    "run.warmup_operations=1",
    "run.operations=1",
    "run.minimum_operations=32",
    "run.replications=1",
]
MOSBENCH = ["apache", "exim", "gmake", "memcached", "metis", "pedsort", "postgres"]
MICRO = sorted(name for name in choices("workload") if name.startswith("micro/"))


def runs(*overrides: str) -> None:
    config = compose([*overrides, *FEW])
    outcome = simulate(config)
    for row in outcome.points:
        assert row["throughput"] > 0
        # the account of all cores adds up to the time that they ran
        cores, operations = row["cores"], row["operations"]
        cycles = sum(entry["cycles_per_operation"] for entry in outcome.account)
        assert cycles * operations == pytest.approx(cores * row["elapsed_cycles"], abs=cores)


@pytest.mark.parametrize("kernel", ["linux_pk", "barrelfish"])
@pytest.mark.parametrize("workload", [*MOSBENCH, *MICRO])
def test_every_workload_runs_on_a_mesh_of_64_cores(workload: str, kernel: str) -> None:
    chosen = compose(["hardware=mesh_64", f"workload={workload}", f"kernel={kernel}"])
    if felt_parts(chosen) is not None or workload != "micro/lrpc":
        runs("hardware=mesh_64", f"workload={workload}", f"kernel={kernel}", "cores=[64]")


@pytest.mark.parametrize(
    "machine", ["mesh_256", "mesh_1024", "opteron_16x6", "opteron_64x6", "hetero_8x6"]
)
def test_a_larger_machine_runs_with_all_its_cores(machine: str) -> None:
    cores = compose([f"hardware={machine}"]).hardware.cores
    runs(f"hardware={machine}", "workload=memcached", f"cores=[{cores}]")


@pytest.mark.parametrize("machine", ["mesh_256", "opteron_256x6"])
def test_streams_find_their_way_over_many_links(machine: str) -> None:
    runs(f"hardware={machine}", "workload=nas/ft", "kernel=barrelfish", "cores=[256]")
