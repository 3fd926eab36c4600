"""Several kernels on one machine: one alone is that kernel, more share the hardware and no more."""

from __future__ import annotations

from contextlib import suppress
from functools import cache

import pytest

from sim.config.compose import compose
from sim.config.errors import ConfigError
from sim.config.files import choices
from sim.kernel.clusters import Clusters
from sim.lowering import build_program
from sim.machine.site import open_site
from sim.point import RefusedError
from sim.simulate import Outcome, simulate
from tests.project_files import of_the_project

BASES = {
    "linux_multikernel": "linux_6_12",
    "linux_multikernel_5_10": "linux_5_10",
    "linux_multikernel_pk": "linux_pk",
    "linux_multikernel_stock": "linux_stock",
}
APPLICATIONS = {
    "exim": (),
    "memcached": (),
    "apache": (),
    "postgres": (),
    "gmake": (),
    "pedsort": ("workload.mode=threads",),
    "metis": ("workload.pages=4KB",),
}


@cache
def run(workload: str, kernel: str, cores: int, *overrides: str) -> Outcome:
    chosen = [f"workload={workload}", f"kernel={kernel}", f"cores=[{cores}]", *overrides]
    once = ["run=smoke", "run.replications=1", *APPLICATIONS.get(workload, ())]
    return simulate(compose([*chosen, *once]))


def throughput(workload: str, kernel: str, cores: int, *overrides: str) -> float:
    return float(run(workload, kernel, cores, *overrides).points[0]["throughput"])


def causes(name: str, *overrides: str) -> set[str]:
    """Why Exim's cores wait at an object of two kernels."""
    rows = run("exim", "linux_multikernel", 12, "kernel.kernels=2", *overrides).account
    return {row["cause"] for row in rows if row["object"] == name}


@pytest.mark.parametrize(("several", "one"), BASES.items())
def test_one_of_several_kernels_alone_is_that_kernel(several: str, one: str) -> None:
    for workload in ("pedsort", "apache", *(["exim"] if several == "linux_multikernel" else [])):
        alone = throughput(workload, several, 12, "kernel.kernels=1")
        assert alone == throughput(workload, one, 12)


@pytest.mark.parametrize("order", ["package", "round_robin"])
@pytest.mark.parametrize("kernels", [1, 2, 4, 8, 48])
def test_kernels_have_about_as_many_cores_each_package_after_package(
    kernels: int, order: str
) -> None:
    for cores in (1, 7, 13, 48):
        site = open_site(compose([]).hardware, cores, order)
        members = Clusters(site, "kernel", kernels).members
        assert sorted(core for some in members for core in some) == list(range(cores))
        assert len(members) == min(kernels, cores)
        sizes = {len(some) for some in members}
        assert max(sizes) - min(sizes) <= 1
        packages = [sorted(site.packages[core] for core in some) for some in members]
        assert sum(packages, []) == sorted(site.packages)


@pytest.mark.parametrize("workload", APPLICATIONS)
def test_every_application_runs_on_any_number_of_kernels(workload: str) -> None:
    for kernel in BASES:
        config = compose([f"workload={workload}", f"kernel={kernel}", *APPLICATIONS[workload]])
        for cores in (1, 7):
            site = open_site(config.hardware, cores, config.core_order, config.workload.work_ghz)
            assert {core for core, _ in build_program(config, site).entries} == set(range(cores))


def moved(name: str, kernel: str, cores: int) -> float:
    """Cycles of memcached's request in which lines of an object move between cores."""
    rows = run("memcached", kernel, cores).account
    return sum(
        row["cycles_per_operation"]
        for row in rows
        if (row["object"], row["cause"]) == (name, "coherence")
    )


def test_what_a_kernel_shares_costs_as_much_as_on_a_machine_of_its_package() -> None:
    on = {"alone": ("linux_6_12", 6), "one": ("linux_6_12", 48), "8": ("linux_multikernel", 48)}
    lines, route = (
        {name: moved(what, *where) for name, where in on.items()}
        for what in ("network", "dst_entry")
    )
    # requests that are half done at an end of the window count a little
    assert lines["8"] == pytest.approx(lines["alone"], rel=0.01)
    assert lines["8"] < lines["one"] / 2
    assert route["8"] < 1.1 * route["alone"] < route["one"] / 10


def test_a_log_belongs_to_one_kernel_or_is_a_file_of_each() -> None:
    assert "message_wait" in causes("shared_file")
    assert "message_wait" not in causes("shared_file", "kernel.objects.file_append.sharing=mutex")


def test_threads_of_one_process_need_replicas_of_its_regions() -> None:
    with pytest.raises(RefusedError, match="threads on 2 kernels.*sharing=replicated"):
        run(
            "pedsort",
            "linux_multikernel",
            12,
            "kernel.kernels=2",
            "kernel.objects.address_space.sharing=per_vma",
        )


def test_a_change_of_the_regions_is_told_to_the_other_kernels() -> None:
    rows = run("pedsort", "linux_multikernel", 12, "kernel.kernels=2").account
    assert {"message_wait"} <= {row["cause"] for row in rows if row["object"] == "address_space"}


def test_several_kernels_are_the_clusters() -> None:
    with pytest.raises(ConfigError, match="allowed: 1, or kernel.cluster=kernel"):
        compose(["kernel=linux_pk", "kernel.kernels=2"])
    assert compose(["kernel=linux_pk", "kernel.kernels=2", "kernel.cluster=kernel"])
    with pytest.raises(ConfigError, match="kernel.kernels=0"):
        compose(["kernel=linux_multikernel", "kernel.kernels=0"])


@pytest.mark.parametrize("kernel", ["linux_multikernel", "linux_multikernel_5_10"])
def test_every_workload_can_be_lowered_through_several_kernels_or_is_refused(kernel: str) -> None:
    lowered = 0
    for workload in of_the_project(choices("workload")):
        with suppress(ConfigError, ValueError):
            config = compose([f"kernel={kernel}", f"workload={workload}", "cores=[8]"])
            site = open_site(config.hardware, 8, config.core_order, config.workload.work_ghz)
            build_program(config, site)
            lowered += 1
    assert lowered > 30
