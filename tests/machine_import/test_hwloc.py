"""What hwloc says of a machine, in XML of both versions and as a synthetic description."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.machine_import.described import describe
from sim.machine_import.hwloc_synthetic import read_synthetic
from sim.machine_import.hwloc_xml import read_hwloc_xml

DATA = Path(__file__).parent / "data"
SAME = (
    "pack:2 numa:1 l3:2(size=16MiB) l2:2(size=512KiB) l1:1(size=32KiB) core:1 pu:2",
    "package:2 [numa(memory=1GB)] L3Cache:2(size=16MiB) l2:2(size=512KiB) l1d:1(size=32KiB) l1i:1 "
    "core:1 pu:2",
)
DISTANCES_2 = """<distances2 type="NUMANode" nbobjs="2" kind="5" name="NUMALatency" indexing="os">
<indexes length="4">0 1 </indexes><u64values length="12">10 21 21 10 </u64values></distances2>"""
DISTANCES_1 = """<distances nbobjs="2" relative_depth="1" latency_base="10.0">
<latency value="1.0"/><latency value="2.1"/><latency value="2.1"/><latency value="1.0"/>
</distances>"""


@pytest.mark.parametrize("name", ["v1.xml", "v2.xml"])
def test_lstopo_writes_what_it_was_told(name: str) -> None:
    told = describe(read_synthetic(SAME[0], "told"))
    read = describe(read_hwloc_xml(DATA / name, name))
    assert read.layout == told.layout
    assert read.layout.packages == (
        (((0, 1), (2, 3)), ((4, 5), (6, 7))),
        (((8, 9), (10, 11)), ((12, 13), (14, 15))),
    )
    assert (read.kind, told.kind) == ("measured", "assumed")


def test_words_for_one_thing_are_one_thing() -> None:
    one, other = (describe(read_synthetic(text, "told")) for text in SAME)
    assert (one.layout, one.caches) == (other.layout, other.caches)
    assert one.caches.kib == {"l1": 32, "l2": 512, "l3": 16384}


def test_dies_are_cores_behind_one_outermost_shared_cache() -> None:
    without_l3 = describe(read_synthetic("pack:1 l2:4(size=1MiB) core:2 pu:1", "tiles"))
    assert (without_l3.layout.dies_per_package, without_l3.layout.cores_per_die) == (4, 2)
    private = describe(read_synthetic("pack:2 core:4 l2:1 pu:1", "private"))
    assert (private.layout.dies_per_package, private.layout.cores_per_die) == (4, 1)


def test_a_machine_without_packages_or_cores_has_one_package_of_its_cpus() -> None:
    layout = describe(read_synthetic("pu:8", "small")).layout
    assert layout.packages == ((tuple((cpu,) for cpu in range(8)),),)


@pytest.mark.parametrize(
    ("name", "distances", "end", "ratio"),
    [("v2.xml", DISTANCES_2, "</topology>", 2.1), ("v1.xml", DISTANCES_1, "</topology>", 2.1)],
)
def test_distances_between_numa_nodes_are_read(
    name: str, distances: str, end: str, ratio: float, tmp_path: Path
) -> None:
    text = (DATA / name).read_text()
    file = tmp_path / name
    file.write_text(text.replace(end, distances + end))
    distance = describe(read_hwloc_xml(file, name)).distance
    assert distance is not None
    np.testing.assert_allclose(distance / distance[0, 0], [[1, ratio], [ratio, 1]])
    assert describe(read_hwloc_xml(DATA / name, name)).distance is None


def test_cpus_keep_the_operating_systems_numbers(tmp_path: Path) -> None:
    text = (DATA / "v2.xml").read_text()
    for cpu in range(16):  # second threads after all first ones, as Linux often has them
        number = cpu // 2 + 8 * (cpu % 2)
        text = text.replace(f'"PU" os_index="{cpu}"', f'"PU" os_index="#{number}"')
    file = tmp_path / "linux.xml"
    file.write_text(text.replace('"#', '"'))
    cores = describe(read_hwloc_xml(file, "linux")).layout.cores
    assert cores == tuple((cpu, cpu + 8) for cpu in range(8))
