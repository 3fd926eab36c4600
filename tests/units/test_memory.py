"""DRAM streams and the memory scan: latency of one core, bandwidth of many."""

import contextlib
import csv
from pathlib import Path

import pytest

from sim.config.compose import compose
from sim.config.errors import ConfigError
from sim.config.files import choices
from sim.machine.site import open_site
from sim.point import RefusedError, built, opened
from sim.simulate import simulate
from tests.project_files import of_the_project

PAGE = 4096


def scan(*overrides):
    """Result rows of the memory scan, first replication."""
    base = ["workload=micro/memory_scan", "run=smoke", "run.replications=1"]
    return simulate(compose([*base, *overrides])).points


def bandwidth(*overrides):
    """Bytes per second of streams, in GB/s, at each core count."""
    rows = scan("workload.mode=bandwidth", *overrides)
    return {row["cores"]: row["throughput"] * PAGE / 1e9 for row in rows}


@pytest.mark.parametrize(
    ("size", "cycles"), [(4096, 3), (524288, 14), (5242880, 28), (1 << 34, 122)]
)
def test_a_dependent_load_takes_the_latency_of_the_level_that_holds_its_working_set(size, cycles):
    (row,) = scan("cores=[1]", f"workload.bytes={size}")
    assert row["latency_mean_cycles"] == pytest.approx(cycles, rel=0.12)


def test_a_load_takes_longer_with_every_hop():
    near, one, far = (
        scan("cores=[1]", f"workload.home_node={node}")[0]["latency_p50_cycles"]
        for node in (0, 1, 7)
    )
    assert (near, one, far) == (122, 122 + 127, 122 + 3 * 127)


def test_cores_of_one_package_share_its_l3():
    alone, together = scan("cores=[1,6]", "workload.bytes=4194304")
    assert together["latency_mean_cycles"] > 2 * alone["latency_mean_cycles"]


MEASURED = Path(__file__).resolve().parents[2] / "reference/machines/opteron48_memory_scan.csv"


def measured(series):
    """GB/s of some cores that stream from or to node 0, by number of cores."""
    with MEASURED.open() as file:
        return {
            int(row["x"]): float(row["y"])
            for row in csv.DictReader(file)
            if row["series"] == series
        }


def test_what_one_core_and_one_node_stream_is_what_was_measured():
    memory = compose([]).hardware.memory
    assert memory.core_read_gb_s == measured("read")[1]
    assert memory.core_write_gb_s == measured("write")[1]
    assert memory.bandwidth_gb_s == measured("read")[48]


def test_a_stream_is_limited_by_its_core_by_the_controller_or_by_what_controllers_share():
    near, memory = bandwidth("cores=[1,6,48]"), compose([]).hardware.memory
    assert near[1] == pytest.approx(memory.core_read_gb_s, rel=0.01)
    assert near[6] == pytest.approx(memory.bandwidth_gb_s, rel=0.01)
    assert near[48] == pytest.approx(8 * memory.together_gb_s, rel=0.01)
    lines_in_flight = 64 * 8 / (503 / 2.4)  # bytes per ns
    far = bandwidth("cores=[1]", "workload.home_node=7")
    assert far[1] == pytest.approx(lines_in_flight, rel=0.01)


def test_controllers_that_share_nothing_deliver_together_what_they_do_alone():
    whole = bandwidth("cores=[48]", "hardware.memory.together_gb_s=null")[48]
    assert whole == pytest.approx(8 * compose([]).hardware.memory.bandwidth_gb_s, rel=0.01)


def test_a_core_without_a_limit_of_its_own_streams_what_its_misses_allow():
    free = ["hardware.memory.core_read_gb_s=null", "hardware.memory.bandwidth_gb_s=1000"]
    alone = bandwidth("cores=[1]", "hardware.memory.together_gb_s=null", *free)[1]
    assert alone == pytest.approx(64 * 8 / (122 / 2.4), rel=0.01)


def test_one_node_serves_all_cores_no_faster_than_its_own():
    one = bandwidth("cores=[48]", "workload.home_node=3")[48]
    assert one == pytest.approx(compose([]).hardware.memory.bandwidth_gb_s, rel=0.01)


def test_what_is_written_to_one_node_is_what_was_measured():
    written = scan("workload.mode=write", "workload.home_node=0", "cores=[1,6,24,48]")
    found = {row["cores"]: row["throughput"] * PAGE / 1e9 for row in written}
    assert found[1] == pytest.approx(measured("write")[1], rel=0.01)  # an input
    for cores in (6, 24, 48):  # predicted: a written line is moved twice
        assert found[cores] == pytest.approx(measured("write")[cores], rel=0.12)


# --- where memory lies

NODES = range(8)
ON_NODE_5 = ("hardware.memory.policy=node", "hardware.memory.node=5")
INTERLEAVED = ("hardware.memory.policy=interleave",)


def test_by_default_memory_lies_where_the_core_is_that_touches_it():
    site = open_site(compose([]).hardware, 48, "package")
    assert [tuple(site.memory_nodes(die)) for die in NODES] == [(die,) for die in NODES]
    assert {site.memory_latency(die) for die in NODES} == {122}


def test_memory_on_one_node_is_as_far_as_that_node():
    site = open_site(compose([*ON_NODE_5]).hardware, 48, "package")
    assert {tuple(site.memory_nodes(die)) for die in NODES} == {(5,)}
    far = [122 + 127 * int(hops) for hops in site.die_hops[:, 5]]
    assert [site.memory_latency(die) for die in NODES] == far
    assert site.mean_memory_latency == pytest.approx(sum(far) / 8)


def test_interleaved_memory_is_as_far_as_nodes_are_on_average():
    site = open_site(compose([*INTERLEAVED]).hardware, 6, "package")
    assert list(site.memory_nodes(0)) == list(NODES)
    assert site.memory_latency(0) == pytest.approx(122 + 127 * site.die_hops[0].mean())


@pytest.mark.parametrize("order", ["package", "round_robin"])
def test_a_scan_follows_the_policy(order):
    cores = ["cores=[6,48]", f"order={order}"]
    one = bandwidth(*cores, *ON_NODE_5)
    named = bandwidth(*cores, "workload.home_node=5")
    assert one == pytest.approx(named, rel=0.001)
    everywhere = bandwidth(*cores, *INTERLEAVED)
    assert everywhere[48] > 5 * one[48]


def test_a_load_of_interleaved_memory_takes_the_mean_of_the_distances():
    local, mean = (
        scan("cores=[1]", *policy)[0]["latency_mean_cycles"] for policy in ((), INTERLEAVED)
    )
    hops = open_site(compose([]).hardware, 1, "package").die_hops[0].mean()
    assert mean - local == pytest.approx(127 * hops, rel=0.02)


FAULTS = ("workload=micro/page_fault", "run=quick", "run.replications=2")


def fault(*overrides):
    """Mean cycles of a page fault, at the last core count."""
    return simulate(compose([*FAULTS, *overrides])).points[-1]["latency_mean_cycles"]


def test_faults_of_all_cores_on_one_node_wait_for_its_controller():
    hardware = compose([]).hardware
    on_one = fault("cores=[48]", "run=quick", *ON_NODE_5)
    assert on_one == pytest.approx(48 * hardware.memory.page_zero_cycles, rel=0.05)
    assert on_one > 5 * fault("cores=[48]")


def test_a_fault_on_a_far_page_waits_for_the_hops_to_its_lines():
    hardware = compose([]).hardware
    site = open_site(hardware, 1, "package")
    near, far = (
        fault("cores=[1]", "hardware.memory.policy=node", f"hardware.memory.node={node}")
        for node in (0, 7)
    )
    assert fault("cores=[1]") == pytest.approx(near, rel=0.05)
    overlapped = 64 / hardware.memory.outstanding_misses
    hops = int(site.die_hops[0, 7])
    assert far - near == pytest.approx(overlapped * hops * hardware.memory.hop_cycles, rel=0.1)


@pytest.mark.parametrize(
    "workload",
    [
        ("workload=metis",),
        ("workload=metis", "workload.pages=4KB"),
        ("workload=pedsort", "workload.mode=processes"),
        ("workload=exim",),
    ],
)
def test_no_application_is_faster_where_all_memory_lies_on_one_node(workload):
    def throughput(hardware):
        chosen = [*workload, f"hardware={hardware}", "cores=[48]", "run=smoke"]
        return simulate(compose([*chosen, "run.replications=1"])).points[-1]["throughput"]

    assert throughput("opteron_8x6_one_node") < 0.8 * throughput("opteron_8x6")


def cg(cores, policy):
    """Speed of the conjugate gradient, whose data the first thread has touched first."""
    chosen = ["workload=nas/cg", "kernel=barrelfish", "hardware=amd_4x4", f"cores=[{cores}]"]
    placed = ["run=smoke", "run.replications=1", f"hardware.memory.policy={policy}"]
    return simulate(compose([*chosen, *placed])).points[-1]["throughput"]


def test_links_and_controllers_of_streams_follow_the_policy():
    assert cg(8, "node") == cg(8, "first_touch")  # node 0, where the first thread is
    assert cg(4, "interleave") < 0.8 * cg(4, "first_touch")  # all four cores are on that node
    assert cg(8, "interleave") > 1.5 * cg(8, "first_touch")  # four controllers, and more links


@pytest.mark.parametrize("hardware", ["xeon_phi_7210", "epyc_7742_2x64"])
@pytest.mark.parametrize("workload", sorted(of_the_project(choices("workload"))))
def test_every_program_finds_memory_on_any_die_of_any_package(workload, hardware):
    """Nodes of memory are dies, of which a package may have many."""
    last = compose([f"hardware={hardware}"]).hardware.topology.dies - 1
    for policy in (INTERLEAVED, ("hardware.memory.policy=node", f"hardware.memory.node={last}")):
        config = compose([f"hardware={hardware}", f"workload={workload}", *policy])
        site = opened(config, 3)
        with contextlib.suppress(RefusedError):
            assert built(config, site).instructions


def test_a_node_of_memory_that_the_machine_lacks_is_an_error():
    with pytest.raises(ConfigError, match=r"memory\.node=8: 8 is none of the nodes 0\.\.7"):
        compose(["hardware.memory.policy=node", "hardware.memory.node=8"])


def test_the_mean_latency_counts_every_pair_of_cores_and_nodes():
    hardware = compose([]).hardware
    assert open_site(hardware, 1, "round_robin").mean_memory_latency == 122
    assert open_site(hardware, 6, "package").mean_memory_latency == 122
    assert open_site(hardware, 2, "round_robin").mean_memory_latency == 122 + 127 / 2


def test_a_home_node_that_the_machine_lacks_is_an_error():
    with pytest.raises(ConfigError, match=r"none of the nodes 0\.\.7"):
        scan("workload.home_node=8")
