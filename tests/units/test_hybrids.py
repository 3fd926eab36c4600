"""Between PK and the multikernel: messages in place of interrupts, and kernels per package."""

from __future__ import annotations

from functools import cache

import pytest

from sim.config.compose import compose
from sim.kernel.clusters import Clusters
from sim.kernel.knowledge_base import aggregation_tree, multicast_tree
from sim.kernel.message_round import message_round
from sim.lowering import build_program
from sim.machine.site import open_site
from sim.program.operations import SENDS
from sim.simulate import Outcome, simulate

KERNELS = ("linux_stock", "linux_pk", "linux_pk_messages", "barrelfish", "barrelfish_per_package")
APPLICATIONS = ("exim", "memcached", "apache", "postgres", "gmake", "pedsort", "metis")
MICRO = ("unmap", "page_fault", "open_close", "refcount", "accept", "two_phase_commit")
SHORT = ["run=smoke", "run.replications=1"]
BRIEF = [*SHORT, "run.warmup_operations=2", "run.minimum_operations=60", "run.operations=2"]


@cache
def run(workload: str, kernel: str, cores: int, *overrides: str) -> Outcome:
    common = [f"workload={workload}", f"kernel={kernel}", f"cores=[{cores}]", *SHORT]
    mode = ["workload.mode=threads"] if workload == "pedsort" else []
    return simulate(compose([*common, *mode, *overrides]))


def throughput(workload: str, kernel: str, cores: int, *overrides: str) -> float:
    return float(run(workload, kernel, cores, *overrides).points[0]["throughput"])


@cache
def latency(workload: str, kernel: str, cores: int, *overrides: str) -> float:
    common = [f"workload={workload}", f"kernel={kernel}", f"cores=[{cores}]", *BRIEF]
    return float(simulate(compose([*common, *overrides])).points[-1]["latency_mean_cycles"])


# --- every workload on every kernel


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("workload", [*APPLICATIONS, *(f"micro/{name}" for name in MICRO)])
def test_every_kernel_has_what_applications_and_microbenchmarks_ask_for(workload, kernel):
    config = compose([f"workload={workload}", f"kernel={kernel}"])
    for cores in (1, 7, 48):
        site = open_site(config.hardware, cores, config.core_order, config.workload.work_ghz)
        program = build_program(config, site)
        assert len(program.assemble()) == len(program.instructions)
        assert {core for core, _ in program.entries} == set(range(cores))


@pytest.mark.parametrize("workload", APPLICATIONS)
def test_applications_run_on_a_kernel_per_package(workload):
    assert throughput(workload, "barrelfish_per_package", 12) > 0


# --- messages instead of interrupts


def test_messages_change_nothing_but_the_shootdown():
    same = [throughput("micro/open_close", kernel, 8) for kernel in KERNELS[1:3]]
    assert same[0] == same[1]
    alone = [throughput("pedsort", kernel, 1) for kernel in KERNELS[1:3]]
    assert alone[0] == alone[1]


def test_interrupts_grow_with_the_cores_and_messages_with_the_packages():
    steps = {
        kernel: latency("micro/unmap", kernel, 48) - latency("micro/unmap", kernel, 24)
        for kernel in ("linux_pk", "linux_pk_messages")
    }
    config = compose(["kernel=linux_pk"])
    assert steps["linux_pk"] >= 24 * config.kernel.objects.shootdown.ipi_cycles
    assert steps["linux_pk_messages"] < 0.5 * steps["linux_pk"]


def test_one_core_unmaps_as_fast_whoever_would_tell_the_others():
    one = [latency("micro/unmap", kernel, 1) for kernel in ("linux_pk", "linux_pk_messages")]
    assert one[0] == pytest.approx(one[1], abs=10)


def test_a_monitor_costs_more_than_the_same_messages_in_a_kernel():
    for cores in (1, 6, 48):
        kernel, monitor = (
            latency("micro/unmap", name, cores) for name in ("linux_pk_messages", "barrelfish")
        )
        assert kernel < monitor


@pytest.mark.parametrize("cores", [2, 6, 7, 48])
def test_every_core_is_told_once_and_answers_once(cores):
    for kernel in ("linux_pk_messages", "barrelfish"):
        config = compose([f"kernel={kernel}", "workload=micro/unmap"])
        program = build_program(config, open_site(config.hardware, cores, "package"))
        sends = [one for one in program.instructions if one.op in SENDS]
        sent = [one.address for one in sends if one.address in program.messages]
        assert len(sent) == len(set(sent)) == 2 * (cores - 1)


def test_shootdown_by_messages_helps_threads_and_costs_its_notifications():
    pk, messages = (throughput("pedsort", kernel, 48) for kernel in KERNELS[1:3])
    notify = "kernel.objects.shootdown.messages.notify_cycles=2000"
    assert messages > pk
    assert throughput("pedsort", "linux_pk_messages", 48, notify) < messages


def test_a_round_takes_longer_the_more_there_are_to_tell():
    config = compose(["kernel=linux_pk"])
    messages = config.kernel.objects.shootdown.messages
    waits = [
        message_round(messages, open_site(config.hardware, cores, "package")).wait
        for cores in (2, 6, 12, 24, 48)
    ]
    assert waits == sorted(set(waits))


# --- a kernel per package


@pytest.mark.parametrize("workload", ["exim", "apache", "pedsort", "micro/unmap"])
def test_a_kernel_per_package_of_one_core_is_a_kernel_per_core(workload):
    dealt = "order=round_robin"
    per_core, per_package = (
        run(workload, kernel, 8, dealt).points
        for kernel in ("barrelfish", "barrelfish_per_package")
    )
    assert [row["throughput"] for row in per_core] == [row["throughput"] for row in per_package]


@pytest.mark.parametrize("workload", ["exim", "apache", "pedsort", "micro/page_fault"])
def test_a_kernel_of_the_only_package_is_pk(workload):
    shared = ["workload.address_space=shared"] if workload == "micro/page_fault" else []
    pk, per_package = (
        run(workload, kernel, 6, *shared).points
        for kernel in ("linux_pk", "barrelfish_per_package")
    )
    assert [row["throughput"] for row in pk] == [row["throughput"] for row in per_package]


def test_a_retype_inside_one_package_needs_no_message():
    one, six, twelve = (
        latency("micro/two_phase_commit", "barrelfish_per_package", n) for n in (1, 6, 12)
    )
    assert one == six < twelve
    assert twelve < latency("micro/two_phase_commit", "barrelfish", 12)


def test_a_retype_in_shared_memory_asks_nobody():
    assert len({latency("micro/two_phase_commit", "linux_pk", n) for n in (1, 6, 48)}) == 1


def test_a_directory_is_locked_inside_its_package_and_asked_for_from_outside():
    account = run("exim", "barrelfish_per_package", 24).account
    causes = {row["cause"] for row in account if row["object"] == "directory"}
    assert {"message_wait", "coherence"} <= causes
    # nothing that the kernel shares leaves its package: only one line of each message does
    process = {row["cause"] for row in account if row["object"] == "process"}
    assert process == {"coherence"}


def test_lines_of_a_package_cost_what_they_cost_on_a_machine_of_one():
    spent = {}
    for kernel, cores in (("linux_pk", 6), ("barrelfish_per_package", 48), ("linux_pk", 48)):
        rows = run("exim", kernel, cores).account
        spent[kernel, cores] = sum(
            row["cycles_per_operation"] for row in rows if row["object"] == "process"
        ) / len({row["replication"] for row in rows})
    assert spent["barrelfish_per_package", 48] == pytest.approx(spent["linux_pk", 6], rel=0.1)
    assert spent["linux_pk", 48] > 1.5 * spent["linux_pk", 6]


@pytest.mark.parametrize("kernel", ["barrelfish", "barrelfish_per_package"])
def test_lines_from_everywhere_bring_back_what_they_cost_pk(kernel):
    spent = {}
    for name, *more in (("linux_pk",), (kernel,), (kernel, "kernel.foreign_lines=1.0")):
        rows = run("exim", name, 48, *more).account
        spent[name, *more] = sum(
            row["cycles_per_operation"] for row in rows if row["object"] == "process"
        )
    pk, none, all_lines = spent.values()
    assert none < 0.5 * pk
    assert all_lines == pytest.approx(pk, rel=0.1)  # runs this short are noisy


def test_faults_of_threads_share_a_lock_with_their_package_alone():
    shared = "workload.address_space=shared"
    rates = [
        throughput("micro/page_fault", kernel, 48, shared)
        for kernel in ("linux_pk", "barrelfish_per_package", "barrelfish")
    ]
    assert rates[0] < rates[1] <= 1.02 * rates[2]


def test_one_set_of_page_tables_is_shared_whatever_the_clusters():
    shared = ("workload.address_space=shared", "kernel.objects.address_space.sharing=shared")
    rates = [
        throughput("micro/page_fault", kernel, 48, *shared)
        for kernel in ("barrelfish", "barrelfish_per_package")
    ]
    assert rates[0] == rates[1]
    assert rates[0] == throughput("micro/page_fault", "linux_pk", 48, shared[0])


@pytest.mark.parametrize("order", ["package", "round_robin"])
@pytest.mark.parametrize("cores", [1, 7, 8, 13, 48])
def test_clusters_part_the_cores(cores, order):
    site = open_site(compose([]).hardware, cores, order)
    for extent in ("core", "package"):
        clusters = Clusters(site, extent)
        assert sorted(core for members in clusters.members for core in members) == list(
            range(cores)
        )
    assert Clusters(site, "core").are_cores
    for members in Clusters(site, "package").members:
        assert len({site.packages[core] for core in members}) == 1


def test_monitors_of_packages_tell_one_another_in_the_order_of_the_whole_tree():
    site = open_site(compose([]).hardware, 48, "package")
    upper = aggregation_tree(site, 0).children
    whole = multicast_tree(site, 0, numa_aware=True).children
    assert upper[0] == whole[0][: len(upper[0])]
    assert not any(upper[1:])


def test_the_kernels_of_a_machine_with_two_dies_in_a_package_are_its_packages():
    intel = ["hardware=intel_2x4", "workload.address_space=shared"]
    assert throughput("micro/page_fault", "barrelfish_per_package", 8, *intel) > 0
    site = open_site(compose(intel[:1]).hardware, 8, "package")
    assert Clusters(site, "package").members == [[0, 1, 2, 3], [4, 5, 6, 7]]
