"""Small inputs as other people's files have them: each right, or refused with the next step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from sim.__main__ import main

CASES = Path(__file__).parent / "data" / "cases"
RING = [[0, 1], [0, 3], [1, 2], [2, 3]]

# File, flags, (packages, dies in each, cores in each die), and what the terminal says.
MACHINES: list[tuple[str, list[str], tuple[int, int, int], list[str]]] = [
    ("console_table.csv", [], (1, 1, 2), ["prints on a terminal"]),
    ("two_dies_smt.csv", ["--packages", "1"], (1, 2, 2), ["i and i + 4", "--threads-per-core 1"]),
    ("epyc_2x8.csv", [], (2, 4, 2), ["--packages", "--threads-per-core 2"]),
    ("epyc_2x8.csv", ["--threads-per-core", "2"], (2, 1, 4), ["2 hardware threads"]),
    ("smt_one_disturbed_pair.csv", [], (1, 1, 8), ["i and i + 1", "2 hardware threads"]),
    ("smt_one_disturbed_pair.csv", ["--no-smt"], (1, 1, 16), []),
    ("smt_one_disturbed_pair.csv", ["--threads-per-core", "2"], (1, 1, 8), []),
    ("smt_i_plus_4.csv", [], (1, 1, 4), ["i and i + 4"]),
    ("smt_i_plus_4.csv", ["--threads-per-core", "1"], (1, 1, 8), []),
    ("smt_slow_siblings.csv", [], (1, 1, 4), ["i and i + 1"]),
    (
        "triangle_without_diagonal.csv",
        [],
        (2, 1, 2),
        ["without its diagonal: 4 CPUs", "--packages"],
    ),
    ("triangle_without_diagonal.csv", ["--packages", "1"], (1, 2, 2), []),
    ("zero_cell.csv", ["--packages", "1"], (1, 2, 2), ["1 of 6 pairs", "1 of them written as 0"]),
    ("clock.xml", [], (2, 1, 2), []),
    ("ring.xml", [], (4, 1, 2), []),
    ("die_objects.xml", [], (1, 2, 2), []),
    ("memory_only_node.xml", [], (4, 1, 2), ["NUMA node 4 has memory and no CPUs"]),
    ("two_nodes_per_package.xml", [], (4, 2, 2), ["each NUMA node is a die"]),
    ("two_nodes_per_package.xml", ["--nodes-as-packages"], (8, 1, 2), ["--nodes-as-packages"]),
    ("distances_without_name.xml", [], (4, 1, 2), []),
    ("unlike_first_core.xml", [], (1, 8, 1), ["1 core (CPU 0) with other caches", "l2 512 KiB"]),
    ("gpu_distances.xml", [], (2, 1, 2), []),
    (
        "hybrid.xml",
        [],
        (1, 3, 4),
        ["4 cores (CPUs 0..3)", "l3 16384 KiB", "divided into dies of 4"],
    ),
    ("memory_cache_as_l3.xml", [], (1, 2, 2), ["16 GiB", "is one of memory", "--caches"]),
    ("nodes_without_packages.xml", [], (4, 1, 2), ["each of the 4 NUMA nodes is one"]),
    ("one_core_caches.xml", [], (1, 4, 1), ["Dies have 2, 1 cores"]),
    ("private_last_level.xml", [], (1, 8, 1), ["No two cores share a cache"]),
    ("uneven_packages.xml", [], (1, 1, 8), ["1 of 9 cores are left out", "--keep-packages"]),
    ("uneven_packages.xml", ["--keep-packages"], (2, 1, 1), ["7 of 9 cores are left out"]),
    (
        "Package:2 L3Cache:1(size=16777216) L2Cache:4(size=1048576) L1dCache:1(size=32768) "
        "L1iCache:1(size=32768) Core:1 PU:2",
        [],
        (2, 1, 4),
        ["Hardware threads (8 cores with 2) are not represented"],
    ),
    (
        "[NUMANode(memory=1073741824)] Package:2 L3Cache:1(size=16777216) Core:4 PU:1",
        [],
        (2, 1, 4),
        ["2 packages share 1 NUMA node"],
    ),
    ("pack:2 core:4 2", [], (2, 1, 4), ["8 cores with 2"]),
    ("Package:2 MemCache:1 L3Cache:1 Core:4 PU:1", [], (2, 1, 4), ["cache of memory"]),
    ("node:4 core:2 pu:1", [], (4, 1, 2), ["each of the 4 NUMA nodes is one"]),
    ("Package:1 Die:2 Core:4 PU:2", [], (1, 2, 4), ["8 cores with 2"]),
    ("pack:1 l3:2 core:2 pu:2(indexes=2*4:1*2)", [], (1, 2, 2), []),
]


def imported(source: str, flags: list[str], capsys: Any) -> tuple[dict[str, Any], str]:
    """Import a case or a description: (the file's content, what the terminal is told)."""
    where = str(CASES / source) if source.endswith((".csv", ".xml")) else source
    assert main(["machine", "import", where, *flags]) == 0
    printed = capsys.readouterr()
    return yaml.safe_load(printed.out), printed.err


@pytest.mark.parametrize(("source", "flags", "shape", "said"), MACHINES, ids=str)
def test_a_source_is_imported_as_it_states_the_machine(
    source: str, flags: list[str], shape: tuple[int, int, int], said: list[str], capsys: Any
) -> None:
    made, told = imported(source, flags, capsys)
    topology = made["topology"]
    packages, dies = topology["packages"], topology["dies_per_package"]
    assert (packages, dies, topology["cores_per_package"] // dies) == shape
    for words in said:
        assert words in told


@pytest.mark.parametrize(
    "source",
    [
        "ring.xml",
        "memory_only_node.xml",
        "two_nodes_per_package.xml",
        "distances_without_name.xml",
        "nodes_without_packages.xml",
    ],
)
def test_distances_that_are_stated_become_links(source: str, capsys: Any) -> None:
    made, told = imported(source, [], capsys)
    assert made["topology"]["links"] == RING
    assert "unknown" not in told
    assert made["sources"]["topology.links"]["where"].startswith("2 classes of distance")


def test_a_base_clock_that_is_stated_is_the_clock(capsys: Any) -> None:
    made, told = imported("clock.xml", [], capsys)
    assert made["clock_ghz"] == 3.6
    assert "FrequencyBaseMHz 3600" in made["sources"]["clock_ghz"]["where"]
    assert "clock" not in told
    made, told = imported("clock.xml", ["--clock-ghz", "5"], capsys)
    assert made["clock_ghz"] == 5


@pytest.mark.parametrize(
    ("source", "caches"),
    [
        ("unlike_first_core.xml", {"l2": 2048, "l3": 2048}),
        ("hybrid.xml", {"l3": 4096}),
        ("memory_cache_as_l3.xml", {"l2": 1024, "l3": 1024}),
        ("one_core_caches.xml", {"l3": 8192}),
        ("private_last_level.xml", {"l2": 1024, "l3": 1024}),
    ],
)
def test_caches_are_the_commonest_and_shared_as_stated(
    source: str, caches: dict[str, int], capsys: Any
) -> None:
    made, told = imported(source, [], capsys)
    for level, kib in caches.items():
        assert made["caches"][level]["capacity_kib"] == kib
    assert "l1" in told and "--caches L1,L2,L3" in told


def test_numbers_of_cpus_that_are_stated_are_those_of_the_latencies(capsys: Any) -> None:
    latencies = ["--latencies", str(CASES / "two_dies_smt.csv")]
    made, told = imported("pack:1 l3:2 core:2 pu:2(indexes=2*4:1*2)", latencies, capsys)
    assert made["topology"]["dies_per_package"] == 2
    assert "disagree" not in told


def test_two_sources_that_disagree_grossly_are_refused(capsys: Any) -> None:
    source = ["pack:1 l3:2 core:2 pu:2", "--latencies", str(CASES / "two_dies_smt.csv")]
    assert main(["machine", "import", *source]) == 2
    error = capsys.readouterr().err
    assert "the description and the latencies disagree" in error
    assert "indexes=" in error


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("two_tables.csv", ["2 tables of 2, 2 rows", "keep the one"]),
        ("two_machines.xml", ["describes 2 machines", "import one machine"]),
        ("pack:4096 core:1 pu:1", ["more links than", "topology.mesh"]),
    ],
)
def test_what_cannot_be_one_machine_is_refused_with_the_next_step(
    source: str, said: list[str], capsys: Any
) -> None:
    where = str(CASES / source) if source.endswith((".csv", ".xml")) else source
    assert main(["machine", "import", where]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    for words in said:
        assert words in printed.err


def test_all_that_is_assumed_is_said_on_the_terminal_with_its_flag(capsys: Any) -> None:
    _, told = imported("epyc_2x8.csv", [], capsys)
    for flag in ("--packages", "--clock-ghz", "--caches", "--threads-per-core"):
        assert flag in told
    _, told = imported("core:4 pu:1", [], capsys)
    for flag in ("--latencies", "--clock-ghz", "--caches"):
        assert flag in told
    flags = ["--clock-ghz", "3", "--caches", "32,512,8192"]
    _, told = imported("pack:1 l3:1 core:4 pu:1", flags, capsys)
    assert "--clock-ghz" not in told and "--caches" not in told


def test_private_caches_of_more_cores_than_a_package_has_dies_are_added_up(capsys: Any) -> None:
    made, told = imported("pack:1 l2:80(size=1MiB) core:1 pu:1", [], capsys)
    assert made["topology"]["dies_per_package"] == 1
    assert made["caches"]["l2"]["capacity_kib"] == 1024
    assert made["caches"]["l3"]["capacity_kib"] == 80 * 1024
    assert "No two cores share a cache" in told
