"""What latencies tell of a machine: classes, siblings, dies, packages and links."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.config.errors import ConfigError
from sim.machine.settings.hardware import Topology
from sim.machine.topology import hop_matrix
from sim.machine_import.found_layout import find_layout
from sim.machine_import.latency_classes import boundaries
from sim.machine_import.layout import regular
from sim.machine_import.links import links_between
from sim.machine_import.nested_groups import levels
from tests.machine_import.made_up import CLOCK_GHZ, machines, made_up

HOPS_8X6 = [[0, 2], [2, 4], [4, 6], [1, 3], [3, 5], [5, 7], [0, 1], [2, 3], [6, 7], [4, 7], [5, 6]]


@given(machine=machines())
def test_a_layout_is_recovered_from_noisy_latencies_with_missing_cells(machine):
    layout = find_layout(
        machine.latencies, CLOCK_GHZ, len(machine.packages), threads_per_core=None, origin="made up"
    ).layout
    assert layout.left_out == ()
    assert {frozenset(core) for core in layout.cores} == machine.cores
    dies = [{cpu for core in die for cpu in core} for p in layout.packages for die in p]
    packages = [{cpu for die in p for core in die for cpu in core} for p in layout.packages]
    assert {frozenset(die) for die in dies} == machine.dies
    assert {frozenset(package) for package in packages} == machine.packages


@given(
    seed=st.integers(0, 2**32 - 1),
    noise=st.floats(0.001, 0.15),
    cells=st.integers(400, 4000),
    uniform=st.booleans(),
)
def test_noise_alone_is_one_class(seed, noise, cells, uniform):
    random = np.random.default_rng(seed)
    draws = random.uniform(-2, 2, cells) if uniform else random.standard_normal(cells)
    pairs = np.exp(3.7 + noise * draws)
    assert len(boundaries(pairs)) == 0


@given(cpus=st.integers(8, 40), noise=st.floats(0, 0.08), seed=st.integers(0, 2**32 - 1))
def test_equal_cores_are_one_die_however_noisy_and_few(cpus, noise, seed):
    machine = made_up(1, 1, cpus, 1, (40.0, 40.0, 40.0), noise, 0, True, seed)
    layout = find_layout(
        machine.latencies, CLOCK_GHZ, None, threads_per_core=None, origin=""
    ).layout
    assert (len(layout.cores), layout.cores_per_die) == (cpus, cpus)


@given(
    latencies=st.lists(st.floats(5, 15), min_size=1, max_size=4),
    seed=st.integers(0, 2**32 - 1),
)
def test_classes_far_apart_are_told_apart_whatever_their_sizes(latencies, seed):
    random = np.random.default_rng(seed)
    centres = [v * 4.0**i for i, v in enumerate(sorted(latencies))]
    sizes = random.integers(40, 400, len(centres))
    parts = [
        c * np.exp(0.03 * random.standard_normal(n)) for c, n in zip(centres, sizes, strict=True)
    ]
    cuts = boundaries(np.concatenate(parts))
    for low, high in zip(parts, parts[1:], strict=False):
        assert any(low.max() < cut < high.min() for cut in cuts)
    assert len(cuts) == len(parts) - 1


def test_distances_that_do_not_nest_give_no_levels():
    x, y = np.divmod(np.arange(64), 8)
    steps = abs(x[:, None] - x) + abs(y[:, None] - y)
    latencies = 40.0 + 5 * steps
    np.fill_diagonal(latencies, np.nan)
    assert levels(latencies) == []


def test_pairs_are_siblings_only_if_they_are_as_near_as_threads_of_one_core():
    tiles = made_up(1, 8, 2, 1, (40.0, 90.0, 90.0), 0.02, 0, True, 1)
    layout = find_layout(tiles.latencies, 1.3, 1, threads_per_core=None, origin="").layout
    assert (layout.threads_per_core, layout.dies_per_package, layout.cores_per_die) == (1, 8, 2)
    threads = made_up(1, 1, 8, 2, (40.0, 90.0, 90.0), 0.02, 0, True, 1)
    layout = find_layout(threads.latencies, CLOCK_GHZ, 1, threads_per_core=None, origin="").layout
    assert (layout.threads_per_core, layout.dies_per_package, layout.cores_per_die) == (2, 1, 8)
    layout = find_layout(threads.latencies, CLOCK_GHZ, 1, threads_per_core=1, origin="").layout
    assert (layout.threads_per_core, layout.dies_per_package, layout.cores_per_die) == (1, 8, 2)


def test_a_package_whose_lines_go_by_another_packages_home_node_is_a_package():
    machine = made_up(2, 4, 4, 1, (25.0, 110.0, 260.0), 0.02, 0, True, 3)
    first = sorted(sorted(package) for package in machine.packages)[0]
    block = machine.latencies[np.ix_(first, first)]
    machine.latencies[np.ix_(first, first)] = np.where(block > 60, 260.0, block)
    layout = find_layout(
        machine.latencies, CLOCK_GHZ, None, threads_per_core=None, origin=""
    ).layout
    assert [len(layout.packages), layout.dies_per_package, layout.cores_per_die] == [2, 4, 4]


def test_a_number_of_packages_that_is_not_there_is_refused():
    machine = made_up(2, 2, 4, 1, (25.0, 60.0, 150.0), 0.02, 0, True, 4)
    with pytest.raises(ConfigError, match=r"no 3 equal groups(.|\n)*allowed: 1, 2, 4"):
        find_layout(machine.latencies, CLOCK_GHZ, 3, threads_per_core=None, origin="x.csv")


def test_of_unequal_dies_as_many_cores_are_kept_as_equal_dies_hold():
    dies = [[(0,), (1,)], [(2,), (3,), (4,)], [(5,), (6,), (7,)]]
    layout = regular([dies])
    assert (layout.dies_per_package, layout.cores_per_die) == (2, 3)
    assert layout.left_out == ((0,), (1,))


@pytest.mark.parametrize("links", [HOPS_8X6, [[0, 1], [1, 2], [2, 3], [0, 3]]], ids=str)
def test_links_are_found_where_distances_are_hops(links):
    packages = max(map(max, links)) + 1
    topology = Topology(packages=packages, cores_per_package=1, links=[tuple(x) for x in links])
    noise = np.exp(0.01 * np.random.default_rng(5).standard_normal((packages, packages)))
    found = links_between((100.0 + 80 * hop_matrix(topology)) * np.sqrt(noise * noise.T))
    assert sorted(found.pairs) == sorted((min(x), max(x)) for x in links)


def test_links_join_every_two_packages_where_distances_are_no_hops():
    distance = np.array([[0, 1, 3.0], [1, 0, 3.0], [3.0, 3.0, 0]])  # no way to the third by one hop
    found = links_between(distance)
    assert found.pairs == ((0, 1), (0, 2), (1, 2))
    assert "no link graph" in found.reason
