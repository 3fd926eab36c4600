"""The machine model: routes, enabling order, and what distance costs."""

import csv
from pathlib import Path

import numpy as np
import pytest

from sim.config.compose import compose
from sim.engine.state import Distance
from sim.machine.coherence import distances, expected_over_others
from sim.machine.settings.hardware import Topology
from sim.machine.site import open_site
from sim.machine.topology import active_packages, hop_matrix
from tests.machines import costs

REFERENCE = Path(__file__).resolve().parents[2] / "reference"
HARDWARE = compose([]).hardware


def test_the_link_graph_is_the_published_one():
    with (REFERENCE / "multikernel_sosp09" / "topology_8x4.csv").open() as file:
        published = {
            frozenset((int(row["node_a"]), int(row["node_b"])))
            for row in csv.DictReader(file)
            if row["kind"] == "HT"
        }
    assert {frozenset(link) for link in HARDWARE.topology.links} == published
    assert len(published) == 11


def test_hops_are_symmetric_and_at_most_three():
    hops = hop_matrix(HARDWARE.topology)
    assert (hops == hops.T).all()
    assert (np.diag(hops) == 0).all()
    upper = hops[np.triu_indices(8, 1)]
    assert [int((upper == n).sum()) for n in (1, 2, 3)] == [11, 11, 6]


def test_a_package_without_a_route_is_named():
    with pytest.raises(ValueError, match="no route from package 0 to package 2"):
        Topology(packages=3, cores_per_package=1, links=[(0, 1)])


@pytest.mark.parametrize("cores", [1, 5, 6, 7, 48])
def test_package_order_fills_package_by_package(cores):
    packages = active_packages(HARDWARE.topology, cores, "package")
    assert len(packages) == cores
    assert packages == sorted(packages)
    assert max(np.bincount(packages)) <= 6


def test_round_robin_order_spreads_over_all_packages_first():
    packages = active_packages(HARDWARE.topology, 8, "round_robin")
    assert sorted(packages) == list(range(8))


def test_with_one_active_core_nothing_is_shared():
    site = open_site(HARDWARE, 1, "package")
    assert site.distance.bulk_transfer[0] == 0
    assert site.distance.expected_occupancy[0] == 0


def test_the_expected_cost_is_the_mean_over_the_other_active_cores():
    cost = np.array([[10, 30], [30, 10]])
    # two cores in package 0, one in package 1
    assert expected_over_others(cost, [0, 0, 1]).tolist() == [20, 30]


def test_the_farthest_transfer_costs_what_the_farthest_memory_does():
    site = open_site(HARDWARE, 48, "package")
    assert site.distance.transfer.max() == 503  # OSDI'10 section 5.1
    assert site.distance.transfer.min() == 117  # same-die class of core_to_core_classes.csv


def test_dies_of_one_package_are_as_far_apart_as_packages_unless_they_say_otherwise():
    of_dies = [
        "hardware.topology.dies_per_package=2",
        "hardware.coherence.local_transfer_cycles=10",
        "hardware.coherence.base_transfer_cycles=20",
        "hardware.coherence.hop_cycles=30",
    ]
    near = compose(of_dies).hardware
    assert distances(near, [0, 1]).transfer[0, :4].tolist() == [10, 50, 50, 50]
    own = ["hardware.coherence.die_transfer_cycles=15", "hardware.coherence.die_occupancy_cycles=7"]
    apart = distances(compose([*of_dies, *own]).hardware, [0, 1])
    assert apart.transfer[0, :4].tolist() == [10, 15, 50, 50]
    assert apart.occupancy[0, 1] == apart.occupancy[1, 0] == 7
    assert (
        np.delete(apart.transfer, [0, 1], 0)[:, :2] == distances(near, [0]).transfer[2:, :2]
    ).all()


@pytest.mark.parametrize("cores", [1, 2, 7])
def test_a_uniform_machine_is_one_package_in_which_only_lines_cost(cores):
    others = dict.fromkeys(("memory", "hit", "locked", "switch", "wake"), 0)
    package = costs([0] * cores, transfer=(150, 0), occupancy=(100, 0), **others)
    for one, other in zip(Distance.uniform(cores, 150, 100), package, strict=True):
        np.testing.assert_array_equal(one, other)
