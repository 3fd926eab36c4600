"""The multikernel's machines, channels, trees and commits keep their laws."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pytest

from sim.config.compose import compose
from sim.engine import isa
from sim.kernel.knowledge_base import aggregation_cores, cluster_tree, multicast_tree
from sim.machine.site import open_site
from sim.machine.topology import active_dies
from sim.simulate import simulate
from sim.sync.multicast import binary, sequential

REFERENCE = Path(__file__).resolve().parents[2] / "reference" / "multikernel_sosp09"
MACHINES = ("intel_2x4", "amd_2x2", "amd_4x4", "amd_8x4")
QUICK = ["run.replications=1", "run.warmup_operations=15", "run.minimum_operations=60"]
QUICK += ["run.operations=2"]


@cache
def point(*overrides: str, column: str = "latency_mean_cycles") -> float:
    """A column of the one point of a short run."""
    return float(simulate(compose([*overrides, *QUICK])).points[-1][column])


def latency(cores: int, *overrides: str) -> float:
    """Mean latency on so many cores of the largest machine."""
    return point("hardware=amd_8x4", *overrides, f"cores=[{cores}]")


# --- machines


def test_the_machines_are_the_published_ones():
    with (REFERENCE / "platforms.csv").open() as file:
        for row in csv.DictReader(file):
            hardware = compose([f"hardware={row['id']}", "workload=micro/urpc"]).hardware
            assert hardware.clock_ghz == float(row["clock_ghz"])
            assert hardware.topology.packages == int(row["packages"])
            assert hardware.topology.cores_per_package == int(row["cores_per_package"])


def test_two_cores_of_a_package_may_lie_on_different_dies():
    topology = compose(["hardware=intel_2x4", "workload=micro/urpc"]).hardware.topology
    assert active_dies(topology, 8, "package") == [0, 0, 1, 1, 2, 2, 3, 3]
    assert active_dies(topology, 4, "round_robin") == [0, 2, 0, 2]


def test_ownership_costs_the_same_at_any_distance_where_misses_are_broadcast():
    distance = open_site(compose(["hardware=amd_8x4"]).hardware, 32, "package").distance
    assert distance.broadcast
    assert len(set(distance.invalidation.flatten().tolist())) == 1
    assert len(set(distance.transfer.flatten().tolist())) > 2


# --- messages


@pytest.mark.parametrize("machine", MACHINES)
def test_a_message_is_a_send_an_ownership_a_fetch_and_a_receive(machine):
    hardware = compose([f"hardware={machine}", "workload=micro/urpc"]).hardware
    c, m = hardware.coherence, hardware.messaging
    assert c.protocol == "broadcast"
    fetch = c.completion_cycles + c.local_transfer_cycles
    expected = m.send_cycles + c.local_ownership_cycles + fetch + m.receive_cycles
    measured = point(f"hardware={machine}", "workload=micro/urpc", "cores=[2]")
    assert measured == pytest.approx(expected, abs=4)


def test_a_longer_queue_never_lowers_throughput():
    rates = [
        point(
            "hardware=amd_8x4",
            "workload=micro/urpc",
            "workload.pattern=pipelined",
            f"workload.queue_length={length}",
            "cores=[2]",
            column="throughput",
        )
        for length in (1, 2, 4, 16, 64)
    ]
    assert all(b > 0.97 * a for a, b in zip(rates, rates[1:], strict=False))
    assert rates[-1] > 2 * rates[0]


def test_messages_do_not_ask_which_kernel_runs():
    kernels = ("barrelfish", "linux_stock", "windows_2008r2")
    found = {latency(5, "workload=micro/urpc", f"kernel={kernel}") for kernel in kernels}
    assert len(found) == 1


# --- trees


@pytest.mark.parametrize(
    ("cores", "root"), [(1, 0), (2, 1), (5, 0), (5, 3), (18, 17), (32, 0), (32, 3), (32, 17)]
)
def test_a_tree_from_any_root_reaches_every_core_once(cores, root):
    site = open_site(compose(["hardware=amd_8x4"]).hardware, cores, "package")
    trees = [multicast_tree(site, root, numa_aware=aware) for aware in (False, True)]
    for tree in [*trees, sequential(site, root), binary(site, root), cluster_tree(site, root)]:
        told = [child for children in tree.children for child in children]
        assert sorted([*told, root]) == list(range(cores))


def test_one_core_of_each_package_passes_messages_on():
    site = open_site(compose(["hardware=amd_8x4"]).hardware, 32, "package")
    tree = multicast_tree(site, 0, numa_aware=True)
    assert aggregation_cores(site, 0) == {package: 4 * package for package in range(8)}
    assert sorted(tree.children[0]) == [1, 2, 3, *range(4, 32, 4)]
    assert tree.children[4] == (5, 6, 7)


def test_the_farthest_package_is_told_first():
    site = open_site(compose(["hardware=amd_8x4"]).hardware, 32, "package")
    remote = multicast_tree(site, 0, numa_aware=True).children[0][:7]
    way = [int(site.distance.transfer[0, site.packages[core]]) for core in remote]
    assert way == sorted(way, reverse=True)
    assert way[0] > way[-1]


def test_on_many_cores_a_tree_of_the_machines_shape_is_best():
    names = ("numa_multicast", "multicast", "sequential", "shared_line")
    found = [latency(32, "workload=micro/broadcast", f"workload.tree={name}") for name in names]
    assert found == sorted(found)


def test_a_cluster_tree_is_binary_over_packages_and_then_their_own_cores():
    site = open_site(compose(["hardware=amd_8x4"]).hardware, 32, "package")
    tree = cluster_tree(site, 5)
    assert tree.children[5] == (0, 8, 4, 6, 7)
    assert tree.children[0] == (12, 16, 1, 2, 3)
    assert tree.children[28] == (29, 30, 31)


ONE_WAY = ("workload=micro/broadcast", "workload.acknowledged=false")


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("tree", ["sequential", "binary", "cluster"])
def test_to_one_other_core_a_one_way_broadcast_takes_as_long_as_a_message(machine, tree):
    told = point(f"hardware={machine}", *ONE_WAY, f"workload.tree={tree}", "cores=[2]")
    message = point(f"hardware={machine}", "workload=micro/urpc", "cores=[2]")
    assert told == pytest.approx(message, abs=4)


@pytest.mark.parametrize("tree", ["sequential", "binary", "multicast", "cluster"])
def test_nobody_has_answered_when_the_last_core_has_heard(tree):
    one_way = latency(32, *ONE_WAY, f"workload.tree={tree}")
    assert one_way < latency(32, "workload=micro/broadcast", f"workload.tree={tree}")


@pytest.mark.parametrize(("under_way", "share"), [(1, 1), (2, 2), (4, 4)])
def test_later_sends_take_their_turns_in_the_store_buffer(under_way, share):
    c = compose(["hardware=amd_8x4"])
    ownership = c.hardware.coherence.ownership_cycles
    buffered = ["workload.tree=sequential", f"hardware.messaging.sends_under_way={under_way}"]
    one, other = (latency(cores, *ONE_WAY, *buffered) for cores in (20, 32))
    # One store's instructions are done while others' lines are on their way, but not while it is
    # waited for itself.
    alone = c.hardware.messaging.send_cycles if under_way == 1 else 0
    assert (other - one) / 12 == pytest.approx(ownership / share + alone, rel=0.05)


@pytest.mark.parametrize("kernel", ["barrelfish", "linux_pk_messages"])
def test_monitors_have_registers_enough_for_a_full_store_buffer(kernel):
    most = ("workload=micro/unmap", f"kernel={kernel}", "hardware.messaging.sends_under_way=4")
    assert 0 < latency(32, *most) <= latency(32, *most[:2])


def test_any_core_may_be_the_root():
    found = [
        latency(32, "workload=micro/broadcast", f"workload.root={core}") for core in (0, 9, 31)
    ]
    assert max(found) < 1.25 * min(found)


# --- unmap and retype


def test_interrupts_are_sent_one_after_another():
    costs = compose(["kernel=linux_2_6_26", "workload=micro/unmap"]).kernel
    assert costs.objects.shootdown.by == "ipi"
    for cores in (4, 16):
        step = latency(cores, "workload=micro/unmap", "kernel=linux_2_6_26")
        step = latency(cores + 1, "workload=micro/unmap", "kernel=linux_2_6_26") - step
        assert step >= costs.objects.shootdown.ipi_cycles


@pytest.mark.parametrize("kernel", ["linux_stock", "linux_2_6_26", "windows_2008r2", "barrelfish"])
def test_an_unmap_takes_longer_on_more_cores(kernel):
    found = [latency(n, "workload=micro/unmap", f"kernel={kernel}") for n in (1, 2, 8, 32)]
    assert found == sorted(found)


def test_the_same_unmap_runs_on_another_machine():
    for kernel in ("linux_stock", "barrelfish"):
        few, many = (
            point(
                "hardware=opteron_8x6", "workload=micro/unmap", f"kernel={kernel}", f"cores=[{n}]"
            )
            for n in (2, 48)
        )
        assert few < many
    assert many < point(
        "hardware=opteron_8x6", "workload=micro/unmap", "kernel=linux_stock", "cores=[48]"
    )


def test_a_second_phase_costs_another_round_of_messages():
    for cores in (2, 8, 32):
        one = latency(cores, "workload=micro/unmap", "kernel=barrelfish")
        assert one < latency(cores, "workload=micro/two_phase_commit") < 2 * one


def test_operations_under_way_together_cost_less_each():
    retype = "workload=micro/two_phase_commit"
    for cores in (2, 8, 32):
        assert latency(cores, retype, "workload.mode=pipelined") < latency(cores, retype)


def test_a_deeper_pipeline_changes_little_because_the_coordinator_is_busy():
    retype = ("workload=micro/two_phase_commit", "workload.mode=pipelined")
    few, many = (latency(16, *retype, f"workload.in_flight={n}") for n in (3, 9))
    assert many == pytest.approx(few, rel=0.05)


# --- polling


def test_a_message_that_comes_late_is_delayed_by_the_wake_up_alone():
    late = ["workload=micro/polling", "workload.arrival=fixed", "workload.arrival_cycles=20000"]
    polled = latency(2, *late, "workload.poll_cycles=90000")
    for cost in (1000, 6000):
        woken = latency(2, *late, "workload.poll_cycles=500", f"workload.wake_cycles={cost}")
        assert polled + cost <= woken <= polled + cost + 300


def test_waiting_is_charged_to_the_mode_that_waits():
    late = ["workload=micro/polling", "workload.arrival=fixed", "workload.arrival_cycles=20000"]
    row = simulate(compose(["hardware=amd_8x4", *late, "cores=[2]", *QUICK])).account
    slept = [r for r in row if r["object"] == "asleep"]
    polled = [r for r in row if r["object"] == "poll"]
    assert {r["mode"] for r in slept} == {isa.MODES[isa.IDLE]}
    assert {r["mode"] for r in polled} == {isa.MODES[isa.USER]}
    assert sum(r["cycles_per_operation"] for r in polled) == pytest.approx(6000, rel=0.01)


# --- shared updates


def test_writing_more_lines_in_place_takes_longer_but_messages_hardly_do():
    update = ("hardware=amd_4x4", "workload=micro/shared_update", "cores=[16]")
    few, many = (point(*update, f"workload.lines={n}") for n in (4, 8))
    assert many > 1.5 * few
    message = (*update, "workload.mode=message")
    few, many = (point(*message, f"workload.lines={n}") for n in (1, 8))
    assert few < many < 1.1 * few


def test_finer_sharing_of_an_object_scales_better():
    share = ("hardware=amd_8x4", "workload=micro/shared_object", "cores=[32]")
    rates = [
        point(*share, f"workload.sharing={name}", column="throughput")
        for name in ("coarse_lock", "fine_locks", "partitioned")
    ]
    assert rates == sorted(rates)
