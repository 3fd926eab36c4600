"""Meshes and tori: their hops and links follow from rows and columns, and so do errors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sim.config.compose import compose
from sim.config.errors import ConfigError
from sim.config.files import choices
from sim.config.sources import source_of
from sim.machine.settings.hardware import Topology
from sim.machine.streaming import Routes
from sim.machine.topology import hop_matrix
from sim.settings import Source

ROOT = Path(__file__).resolve().parents[2]
SIDES = st.integers(1, 7)
PHI = ROOT / "reference" / "core_to_core" / "intel_xeon_phi_cpu_7210_1_30ghz.csv"


def machine(shape: str, rows: int, columns: int) -> Topology:
    return Topology(packages=rows * columns, cores_per_package=2, **{shape: (rows, columns)})


def steps(one: np.ndarray, side: int, wraps: bool) -> np.ndarray:
    """Steps along one direction between all pairs of places in it."""
    apart = abs(one[:, None] - one[None, :])
    return np.minimum(apart, side - apart) if wraps else apart


@pytest.mark.parametrize("shape", ["mesh", "torus"])
@given(rows=SIDES, columns=SIDES)
def test_hops_are_steps_along_rows_and_columns(shape: str, rows: int, columns: int) -> None:
    row, column = np.divmod(np.arange(rows * columns), columns)
    wraps = shape == "torus"
    expected = steps(row, rows, wraps) + steps(column, columns, wraps)
    hops = hop_matrix(machine(shape, rows, columns))
    np.testing.assert_array_equal(hops, expected)
    np.testing.assert_array_equal(hops, hops.T)


@given(rows=SIDES, columns=SIDES)
def test_a_mesh_has_a_link_less_than_places_in_every_row_and_column(rows: int, columns: int):
    links = machine("mesh", rows, columns).package_links
    assert len(set(links)) == len(links) == rows * (columns - 1) + columns * (rows - 1)


@given(rows=st.integers(3, 7), columns=st.integers(3, 7))
def test_every_package_of_a_torus_has_four_links(rows: int, columns: int) -> None:
    links = machine("torus", rows, columns).package_links
    assert len(set(links)) == len(links) == 2 * rows * columns
    assert set(np.bincount(np.array(links).ravel())) == {4}


def test_a_ring_of_two_has_one_link() -> None:
    assert machine("torus", 1, 2).package_links == [(0, 1)]


def test_a_route_takes_as_many_links_as_there_are_hops() -> None:
    topology = machine("torus", 5, 6)
    routes, hops = Routes(topology), hop_matrix(topology)
    for target in range(topology.packages):
        assert len(routes.between(7, target)) == hops[7, target]


def test_a_torus_of_eight_packages_has_the_diameter_of_the_48_core_machine() -> None:
    torus = compose(["hardware.topology.torus=[2,4]"]).hardware.topology
    assert torus.links is None
    assert hop_matrix(torus).max() == hop_matrix(compose().hardware.topology).max() == 3


@pytest.mark.parametrize("packages", [16, 32, 64, 128, 256])
def test_larger_opterons_are_made_of_the_same_parts(
    packages: int,
) -> None:
    small, large = compose().hardware, compose([f"hardware=opteron_{packages}x6"]).hardware
    assert large.cores == 6 * packages
    assert small.nic is not None and large.nic is not None
    assert large.nic == small.nic.model_copy(update={"cards": packages // 8})
    own = {"name", "topology", "nic", "sources"}
    assert large.model_dump(exclude=own) == small.model_dump(exclude=own)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (
            ["hardware.topology.torus=[4,8]"],
            ["4 x 8 = 32 packages", "packages is 8", "set it to 32"],
        ),
        (["hardware.topology.links=null"], ["one of links, mesh and torus is needed"]),
        (["hardware.topology.mesh=[0,8]"], ["0 is out of range"]),
        (["hardware.topology.mesh=8"], ["[integer, 1 to 4096, integer, 1 to 4096]"]),
        (["hardware=mesh_64", "hardware.topology.packages=8"], ["4 x 4 = 16 packages"]),
        (["hardware.topology.package_speeds=[1,2]"], ["2 speeds for the 8 packages"]),
        (["hardware.topology.core_speeds=[0]"], ["0 is out of range", "0.01 to 100"]),
    ],
)
def test_a_shape_that_does_not_fit_is_refused_with_what_to_set(overrides, said) -> None:
    with pytest.raises(ConfigError) as refusal:
        compose(overrides)
    for words in said:
        assert words in str(refusal.value)


def test_a_file_that_states_two_shapes_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "hardware" / "of_a_test.yaml"
    file.parent.mkdir()
    file.write_text("defaults: [opteron_8x6, _self_]\nname: of_a_test\ntopology: {mesh: [2, 4]}\n")
    with pytest.raises(ConfigError, match="not links and mesh: let the others be null"):
        compose(["hardware=of_a_test"], [tmp_path])


def test_an_override_of_one_shape_takes_the_place_of_another() -> None:
    two = ["hardware.topology.packages=2", "hardware.topology.links=[[0,1]]"]
    topology = compose(["hardware=mesh_64", *two]).hardware.topology
    assert (topology.mesh, topology.package_links) == (None, [(0, 1)])


def leaves(settings: dict, prefix: str = "") -> list[str]:
    found = []
    for name, value in settings.items():
        if isinstance(value, dict):
            found += leaves(value, f"{prefix}{name}.")
        elif isinstance(value, int | float | list):
            found.append(f"{prefix}{name}")
    return found


@pytest.mark.parametrize("name", sorted(choices("hardware")))
def test_a_number_that_a_machine_changes_has_a_source_of_its_own(name: str) -> None:
    file = yaml.safe_load(choices("hardware")[name].read_text())
    own = {key: Source(**entry) for key, entry in file.pop("sources").items()}
    file.pop("defaults", None)
    merged = compose([f"hardware={name}"]).hardware.sources
    for leaf in leaves(file):
        assert source_of(merged, leaf) == source_of(own, leaf), leaf


def test_the_mesh_costs_what_the_measured_one_does() -> None:
    measured = np.nan_to_num(np.genfromtxt(PHI, delimiter=","))
    measured += measured.T
    tiles = measured.reshape(32, 2, 32, 2).mean(axis=(1, 3))
    within = np.array([measured[2 * n, 2 * n + 1] for n in range(32)])
    apart = tiles[np.triu_indices(32, 1)]
    hop = (apart.max() - apart.min()) / 10
    hardware = compose(["hardware=mesh_64"]).hardware
    cycles = hardware.clock_ghz * np.array([within.mean(), apart.min() - hop, hop])
    costs = hardware.coherence
    assert [costs.local_transfer_cycles, costs.base_transfer_cycles, costs.hop_cycles] == [
        round(value) for value in cycles
    ]
