"""Any Linux box: what can be used of it is found, and what cannot is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from sim.__main__ import main
from sim.command.measure import Target
from sim.command.measured import look_at
from sim.config.errors import ConfigError
from sim.drafts import write_text
from sim.measure.box import Box, look
from sim.measure.machine_file import Measured, machine_file
from sim.measure.plan import MOST_COUNTS, MOST_PAIRS, core_counts, points
from sim.measure.records import CURVES, Record, write_csv
from tests.measure.boxes import SYSTEM, made

GIB = 1 << 30


def measured(box: Box) -> str:
    """The machine's file of a box on which nothing could be measured yet."""
    return machine_file(Measured("box", box, None, [], "made up"))[0]


def test_packages_dies_and_threads_are_the_kernels(tmp_path: Path) -> None:
    box = look(made(tmp_path, packages=2, dies=2, cores=4, threads=2), range(32))
    assert len(box.layout.packages) == 2
    assert box.layout.dies_per_package == 2
    assert box.layout.cores_per_die == 4
    assert box.layout.threads_per_core == 2
    assert box.cpus == tuple(range(16))
    assert box.nodes == {0: 0, 1: 8}
    assert box.caches_kib == {"l1": 32, "l2": 1024, "l3": 32768}
    assert box.distance is not None and box.distance.tolist() == [[10, 20], [20, 10]]
    assert box.remarks == ()
    assert "cores_per_package: 8" in measured(box)


def test_a_box_of_one_core_has_points_without_pairs(tmp_path: Path) -> None:
    box = look(made(tmp_path, 1, 1, 1), [0])
    todo = points(box, True, GIB)
    assert {point.cpus for point in todo} == {(0,)}
    assert {p.series.probe for p in todo} >= {"line_sharing", "lock", "counter", "memory_scan"}
    assert "cores_per_package: 1\n" in measured(box)


def test_512_hardware_threads_are_few_core_counts_and_a_bounded_number_of_pairs(
    tmp_path: Path,
) -> None:
    box = look(made(tmp_path, 2, 16, 8, threads=2), range(512))
    counts = core_counts(box)
    assert len(box.cpus) == 256
    assert counts[0] == 1 and counts[-1] == 256 and len(counts) <= MOST_COUNTS
    pairs = [p for p in points(box, True, 64 * GIB) if p.series.name == "pair"]
    assert 3 <= len(pairs) <= MOST_PAIRS[True]
    kinds = {
        (p.cpus[0] // 8 == p.cpus[1] // 8, p.cpus[0] // 128 == p.cpus[1] // 128) for p in pairs
    }
    assert kinds == {(True, True), (False, True), (False, False)}
    assert "cores_per_package: 128" in measured(box)


def test_offline_cpus_are_left_out_and_said(tmp_path: Path) -> None:
    box = look(made(tmp_path, 1, 1, 8, offline=(3, 7)), set(range(8)) - {3, 7})
    assert box.cpus == (0, 1, 2, 4, 5, 6)
    assert box.remarks == ("2 CPUs are offline.",)


def test_a_cpuset_leaves_its_own_cpus(tmp_path: Path) -> None:
    box = look(made(tmp_path, 2, 1, 4), [5, 6])
    assert box.cpus == (5, 6)
    assert len(box.layout.packages) == 1
    assert box.nodes == {1: 5}
    assert "6 CPUs are online, but not this process's" in box.remarks[0]
    assert "cores_per_package: 2" in measured(box)


def test_a_containers_quota_bounds_the_cores(tmp_path: Path) -> None:
    root = made(tmp_path, 2, 1, 4)
    (root / "sys/fs/cgroup").mkdir(parents=True)
    (root / "sys/fs/cgroup/cpu.max").write_text("300000 100000\n")
    box = look(root, range(8))
    assert box.cpus == (0, 1, 2)
    assert "the time of 3 CPUs" in box.remarks[0]
    (root / "sys/fs/cgroup/cpu.max").write_text("max 100000\n")
    assert len(look(root, range(8)).cpus) == 8


@pytest.mark.parametrize(("quota", "cores"), [("200000", 2), ("-1", 4), ("50000", 1)])
def test_a_quota_of_older_control_groups_counts_too(quota: str, cores: int, tmp_path: Path) -> None:
    root = made(tmp_path, 1, 1, 4)
    (root / "sys/fs/cgroup/cpu").mkdir(parents=True)
    (root / "sys/fs/cgroup/cpu/cpu.cfs_quota_us").write_text(f"{quota}\n")
    (root / "sys/fs/cgroup/cpu/cpu.cfs_period_us").write_text("100000\n")
    assert len(look(root, range(4)).cpus) == cores


def test_one_core_is_compared_and_what_it_cannot_tell_is_said(tmp_path: Path) -> None:
    text, machine = machine_file(
        Measured("of_a_test", look(made(tmp_path, 1, 1, 1), [0]), None, [], "x")
    )
    target = Target("of_a_test", tmp_path / "own")
    write_text(target.machine, text)
    run = ("workload=micro/lock", "workload.lock=mcs")
    alone = Record("lock_mcs", 1, 3e6, 1e4, "acquisitions/s", 3, 0, 0, False, run, (0,))
    write_text(target.data / CURVES, write_csv([alone]))
    found = look_at(target)
    assert machine.cores == 1 and [row.record.cores for row in found.rows] == [1]
    assert found.fitted.values == {} and "One core: nothing is shared" in found.doubts[0]
    assert any("No probe measures these locks of the model: cna, " in one for one in found.doubts)


def test_a_box_without_numa_information_has_one_memory(tmp_path: Path) -> None:
    box = look(made(tmp_path, 2, 1, 2, nodes=False), range(4))
    assert box.nodes == {0: 0}
    assert box.distance is None
    assert len(box.layout.packages) == 2
    assert "nothing of NUMA nodes" in box.remarks[0]
    assert "packages: 2" in measured(box)


@pytest.mark.parametrize(
    ("tree", "shape"),
    [
        ({"packages": 1, "dies": 1, "cores": 1}, (1, 1, 1)),
        ({"packages": 2, "dies": 2, "cores": 4, "threads": 2}, (2, 2, 8)),
        ({"packages": 1, "dies": 1, "cores": 8, "offline": (3, 7)}, (1, 1, 6)),
        ({"packages": 2, "dies": 1, "cores": 2, "nodes": False}, (2, 1, 2)),
    ],
)
def test_an_import_of_its_tree_is_the_machine_that_measure_finds(
    tree: dict[str, Any], shape: tuple[int, int, int], tmp_path: Path, capsys: Any
) -> None:
    root = made(tmp_path, **tree)
    line = ["machine", "import", str(root / SYSTEM)]
    assert main(line) == 0
    printed = capsys.readouterr()
    topology = yaml.safe_load(printed.out)["topology"]
    keys = ("packages", "dies_per_package", "cores_per_package")
    assert tuple(topology[key] for key in keys) == shape
    assert ("not imported" in printed.err) == bool(tree.get("offline"))
    layout = look(root, range(64)).layout
    per_package = layout.dies_per_package * layout.cores_per_die
    assert (len(layout.packages), layout.dies_per_package, per_package) == shape
    for file in (root / SYSTEM).glob("cpu/cpu*/topology/physical_package_id"):
        file.write_text("-1\n")  # unknown, as some virtual machines have it
    assert main(line) == 0
    printed = capsys.readouterr()
    nodes = 1 if tree.get("nodes") is False else tree["packages"]
    assert yaml.safe_load(printed.out)["topology"]["packages"] == nodes
    assert "No packages are stated" in printed.err


def test_a_box_that_tells_nothing_has_a_core_for_each_cpu(tmp_path: Path) -> None:
    box = look(tmp_path, [0, 1, 2])
    assert box.cpus == (0, 1, 2)
    assert box.caches_kib == {}
    assert any("how cores lie" in remark for remark in box.remarks)
    assert "cores_per_package: 3" in measured(box)


def test_a_box_without_a_cpu_to_use_is_refused(tmp_path: Path) -> None:
    root = made(tmp_path, 1, 1, 2)
    (root / SYSTEM / "cpu/online").write_text("1\n")
    with pytest.raises(ConfigError, match="none that is online may be used"):
        look(root, [0])


def test_working_sets_fit_into_the_memory_that_there_is(tmp_path: Path) -> None:
    box = look(made(tmp_path, 1, 1, 8), range(8))
    scans = [p for p in points(box, True, GIB) if p.series.name.startswith("memory_")]
    assert scans
    for point in scans:
        assert len(point.cpus) * int(point.series.arguments["bytes"]) <= GIB
    none = [p for p in points(box, True, 1 << 20) if p.series.name.startswith("memory_")]
    assert none == []


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 1, 2), (2, 1, 6), (2, 8, 8), (8, 1, 6)])
def test_no_two_points_have_one_key(shape: tuple[int, int, int], tmp_path: Path) -> None:
    total = shape[0] * shape[1] * shape[2]
    keys = [p.key for p in points(look(made(tmp_path, *shape), range(total)), False, 256 * GIB)]
    assert len(keys) == len(set(keys))
