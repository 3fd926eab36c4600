"""DRAM streams and the memory scan: latency of one core, bandwidth of many."""

import pytest

from sim.config.compose import compose
from sim.config.errors import ConfigError
from sim.machine.site import open_site
from sim.simulate import simulate

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


def test_a_stream_is_limited_by_its_core_or_by_the_controller():
    near = bandwidth("cores=[1,6,48]")
    assert near[6] == pytest.approx(6.44, rel=0.01)
    assert near[48] == pytest.approx(51.5, rel=0.01)
    lines_in_flight = 64 * 8 / (503 / 2.4)  # bytes per ns
    far = bandwidth("cores=[1]", "workload.home_node=7")
    assert far[1] == pytest.approx(lines_in_flight, rel=0.01)


def test_one_node_serves_all_cores_no_faster_than_its_own():
    assert bandwidth("cores=[48]", "workload.home_node=3")[48] == pytest.approx(6.44, rel=0.01)


def test_the_mean_latency_counts_every_pair_of_cores_and_nodes():
    hardware = compose([]).hardware
    assert open_site(hardware, 1, "round_robin").mean_memory_latency == 122
    assert open_site(hardware, 6, "package").mean_memory_latency == 122
    assert open_site(hardware, 2, "round_robin").mean_memory_latency == 122 + 127 / 2


def test_a_home_node_that_the_machine_lacks_is_an_error():
    with pytest.raises(ConfigError, match=r"none of the nodes 0\.\.7"):
        scan("workload.home_node=8")
