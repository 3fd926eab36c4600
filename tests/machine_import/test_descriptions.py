"""A machine is found again in whatever form it is written, and what does not fit is said."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.config.errors import ConfigError
from sim.machine_import.described import Choices, Described, describe
from sim.machine_import.forms import opened
from sim.machine_import.hwloc_synthetic import read_synthetic
from sim.machine_import.links import links_between
from sim.machine_import.request import Request
from tests.machine_import import written
from tests.machine_import.written import Machine, flat, machines, made


def described(text: str, name: str = "machine.txt", **flags: object) -> Described:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_text(text)
        source = opened(Request(str(file), "mine", **flags))  # type: ignore[arg-type]
    assert source.stated is not None
    return describe(source.stated)


def shape(found: Described) -> tuple[int, int, int]:
    layout = found.layout
    return len(layout.packages), layout.dies_per_package, layout.cores_per_die


def is_found(found: Described, machine: Machine) -> None:
    """Check shape, CPU numbers and links."""
    assert shape(found) == machine.shape
    assert found.layout.left_out == ()
    assert set(found.layout.cores) == set(machine.cores)
    dies = {frozenset(flat(list(die))) for p in found.layout.packages for die in p}
    assert dies == {frozenset(flat(die)) for p in machine.packages for die in p}
    if found.distance is not None and len(machine.packages) > 2:
        place = [
            next(i for i, p in enumerate(machine.packages) if package[0][0] in p[0] + flat_cores(p))
            for package in found.layout.packages
        ]
        joined = {frozenset((place[a], place[b])) for a, b in links_between(found.distance).pairs}
        count = len(machine.packages)
        assert joined == {frozenset((p, (p + 1) % count)) for p in range(count)}


def flat_cores(package: list[list[tuple[int, ...]]]) -> list[tuple[int, ...]]:
    return [core for die in package for core in die]


@settings(max_examples=40)
@given(machine=machines(), nodes=st.sampled_from(["package", "die"]))
def test_hwlocs_xml_of_version_2(machine: Machine, nodes: str) -> None:
    found = described(written.xml_v2(machine, nodes), "machine.xml")
    is_found(found, machine)
    assert found.distance is not None or len(machine.packages) == 1
    assert found.clock is not None and found.clock.ghz == 2.7
    assert found.caches.kib == {"l2": machine.l2_kib, "l3": machine.l3_kib}


@settings(max_examples=40)
@given(machine=machines())
def test_hwlocs_xml_of_version_1(machine: Machine) -> None:
    found = described(written.xml_v1(machine), "machine.xml")
    is_found(found, machine)
    assert found.distance is not None or len(machine.packages) == 1
    assert found.caches.kib == {"l2": machine.l2_kib, "l3": machine.l3_kib}


@settings(max_examples=40)
@given(machine=machines())
def test_hwlocs_synthetic_description(machine: Machine) -> None:
    found = describe(read_synthetic(written.synthetic(machine), "synthetic"))
    is_found(found, machine)
    assert found.numbered
    assert found.caches.kib == {"l1": 32, "l2": machine.l2_kib, "l3": machine.l3_kib}


@pytest.mark.parametrize("numbering", ["adjacent", "second", "any"])
@pytest.mark.parametrize("place", ["", "sys/devices/system", "system"])
def test_a_tree_of_sys(numbering: str, place: str) -> None:
    machine = made(5 if place else 2, 2, 2, 2, numbering, 7)
    with tempfile.TemporaryDirectory() as folder:
        written.sysfs(machine, Path(folder) / place)
        source = opened(Request(folder, "mine"))
    assert source.stated is not None
    found = describe(source.stated)
    is_found(found, machine)
    assert found.distance is not None or len(machine.packages) == 1
    assert found.clock is not None and found.clock.ghz == 2.7
    assert found.caches.kib == {"l2": machine.l2_kib, "l3": machine.l3_kib}


@settings(max_examples=40)
@given(machine=machines(("second",)))
def test_lscpus_summary(machine: Machine) -> None:
    found = described(written.lscpu(machine))
    is_found(found, machine)
    assert found.clock is not None and found.clock.ghz == 2.7
    assert found.caches.kib == {"l2": machine.l2_kib, "l3": machine.l3_kib}


@settings(max_examples=40)
@given(machine=machines())
def test_lscpus_table(machine: Machine) -> None:
    is_found(described(written.lscpu_table(machine)), machine)


@settings(max_examples=40)
@given(machine=machines())
def test_numactls_nodes_are_packages_and_its_distances_links(machine: Machine) -> None:
    packages, dies, cores = machine.shape
    threads = len(machine.cores[0])
    found = described(written.numactl(machine))
    assert shape(found) == (packages, 1, dies * cores * threads)
    found = described(written.numactl(machine), threads_per_core=threads)
    assert shape(found) == (packages, 1, dies * cores)
    if packages == 4:
        assert links_between(found.distance).pairs == ((0, 1), (0, 3), (1, 2), (2, 3))


@pytest.mark.parametrize("numbering", ["adjacent", "second"])
def test_threads_of_numactls_cpus_are_put_together_as_they_are_usually_numbered(
    numbering: str,
) -> None:
    machine = made(2, 1, 4, 2, numbering, 0)
    found = described(written.numactl(machine), threads_per_core=2)
    assert set(found.layout.cores) == set(machine.cores)


def test_numactls_nodes_are_joined_into_as_many_packages_as_are_said() -> None:
    machine = made(4, 1, 4, 1, "adjacent", 0)
    found = described(written.numactl(machine), packages=2)
    assert shape(found) == (2, 2, 4)
    with pytest.raises(ConfigError, match=r"do not divide(.|\n)*allowed: 1, 2, 4"):
        described(written.numactl(machine), packages=3)


def test_a_group_that_version_1_calls_a_die_is_one() -> None:
    die = (
        '<object type="Group"><info name="Type" value="Die"/><object type="Core">'
        '<object type="PU" os_index="{}"/></object><object type="Core">'
        '<object type="PU" os_index="{}"/></object></object>'
    )
    dies = die.format(0, 1) + die.format(2, 3)
    text = '<topology><object type="Machine"><object type="Socket">{}</object></object></topology>'
    assert shape(described(text.format(dies), "machine.xml")) == (1, 2, 2)
    assert shape(described(text.format(dies.replace('"Die"', '"Cluster"')), "m.xml")) == (1, 1, 4)


def test_a_cache_of_memory_in_version_1_is_none_of_the_cores() -> None:
    text = (
        '<topology><object type="Machine"><object type="NUMANode" os_index="0">'
        '<object type="Cache" cache_size="2097152" depth="3" cache_type="0">'
        '<info name="Type" value="MemorySideCache"/>{}</object></object></object></topology>'
    )
    tile = (
        '<object type="Cache" cache_size="1048576" depth="2" cache_type="0">'
        '<object type="Core"><object type="PU" os_index="{}"/></object>'
        '<object type="Core"><object type="PU" os_index="{}"/></object></object>'
    )
    found = described(text.format(tile.format(0, 1) + tile.format(2, 3)), "machine.xml")
    assert shape(found) == (1, 2, 2)
    assert found.caches.kib == {"l2": 1024, "l3": 1024}
    assert any("cache of memory" in remark for remark in found.remarks)


def test_distances_that_are_bandwidths_or_none_are_said_and_not_used() -> None:
    machine = made(4, 1, 2, 1, "adjacent", 0)
    text = written.xml_v2(machine)
    bandwidth = text.replace('kind="5" name="NUMALatency"', 'kind="10" name="XGMIBandwidth"')
    found = described(bandwidth, "machine.xml")
    assert found.distance is None
    assert any("XGMIBandwidth are not used" in remark for remark in found.remarks)
    broken = described(text.replace(" 16 22 16 ", " 16 none 16 "), "machine.xml")
    assert broken.distance is None
    assert any("'none' is not a distance" in remark for remark in broken.remarks)


def test_only_a_largest_clock_is_no_clock() -> None:
    text = written.xml_v2(made(1, 1, 2, 1, "adjacent", 0)).replace(" @ 2.70GHz", "")
    kinds = '<cpukind cpuset="0x3"><info name="FrequencyMaxMHz" value="5100"/></cpukind></topology>'
    found = described(text.replace("</topology>", kinds), "machine.xml")
    assert found.clock is None
    assert any("5100 MHz" in remark and "--clock-ghz" in remark for remark in found.remarks)


def test_of_unlike_base_clocks_that_of_most_cores_is_taken_and_the_others_are_said() -> None:
    text = written.xml_v2(made(1, 1, 6, 1, "adjacent", 0)).replace(" @ 2.70GHz", "")
    kinds = "".join(
        f'<cpukind cpuset="{mask}"><info name="FrequencyBaseMHz" value="{mhz}"/></cpukind>'
        for mask, mhz in (("0x3", 3200), ("0x3c", 2400))
    )
    found = described(text.replace("</topology>", kinds + "</topology>"), "machine.xml")
    assert found.clock is not None and found.clock.ghz == 2.4
    assert any("2 of 3.2 GHz" in remark for remark in found.remarks)


# --- what is uneven ------------------------------------------------------------------------


@settings(max_examples=40)
@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=6),
    keep=st.booleans(),
)
def test_of_uneven_packages_the_most_cores_are_kept(sizes: list[int], keep: bool) -> None:
    cpu = iter(range(1000))
    packages = [[[(next(cpu),) for _ in range(size)]] for size in sizes]
    machine = Machine(packages, 512, 16384, [[10] * len(sizes) for _ in sizes])
    text = written.xml_v2(machine)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "uneven.xml"
        file.write_text(text)
        stated = opened(Request(str(file), "mine")).stated
    assert stated is not None
    found = describe(stated, Choices(keep_packages=keep))
    kept, lost = len(found.layout.cores), len(found.layout.left_out)
    assert kept + lost == sum(sizes)
    most = max(least * sum(size >= least for size in sizes) for least in sizes)
    if keep:
        assert len(found.layout.packages) == len(sizes)
        assert kept == min(sizes) * len(sizes)
    elif most > 0.75 * sum(sizes):
        assert kept == most
    else:
        assert kept >= most
    said = " ".join(found.remarks)
    assert (f"{lost} of {sum(sizes)} cores are left out" in said) == (lost > 0)
    assert ("--keep-packages keeps every" in said) == (len(found.layout.packages) < len(sizes))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("off", [False, True])
def test_cpus_that_are_switched_off_are_said_and_no_other_core_is_lost_for_them(
    threads: int, off: bool
) -> None:
    machine = made(2, 2, 4, threads, "second", 0)
    gone = machine.cores[-1][0] if off else None
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        written.sysfs(machine, root)
        (root / "cpu" / "present").write_text(written.listed(machine.cpus))
        if gone is not None:
            online = [cpu for cpu in machine.cpus if cpu != gone]
            (root / "cpu" / "online").write_text(written.listed(online))
        stated = opened(Request(folder, "mine")).stated
    assert stated is not None
    found = describe(stated)
    if gone is None:
        is_found(found, machine)
        return
    assert any(f"1 CPU switched off ({gone})" in remark for remark in found.remarks)
    if len(machine.cores[0]) > 1:  # its core has other threads
        assert shape(found) == machine.shape
    else:
        assert len(found.layout.cores) + len(found.layout.left_out) == len(machine.cores) - 1


def test_hybrid_cpus_of_lscpu_are_so_many_cores() -> None:
    text = (
        "Architecture: x86_64\nCPU(s): 24\nOn-line CPU(s) list: 0-23\n"
        "Model name: 12th Gen Intel(R) Core(TM) i9-12900K\nThread(s) per core: 2\n"
        "Core(s) per socket: 16\nSocket(s): 1\nCPU max MHz: 5200.0000\n"
        "L1d cache: 640 KiB (16 instances)\nL2 cache: 14 MiB (10 instances)\n"
        "L3 cache: 30 MiB (1 instance)\nNUMA node(s): 1\nNUMA node0 CPU(s): 0-23\n"
    )
    found = described(text)
    assert shape(found) == (1, 1, 16)
    assert found.clock is None
    said = " ".join(found.remarks)
    assert "8 cores with 2, 8 cores with 1" in said
    assert "10 L2 caches do not divide 16 cores" in said
    assert "5200 MHz" in said and "--clock-ghz" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"lscpu": [', "not well-formed JSON"),
        ('{"lscpu": [{"field": "Architektur:", "data": "x86_64"}]}', "LC_ALL=C"),
        ('{"caches": [{"name": "L1d", "one-size": "48K"}]}', "give it lscpu -J"),
        ("node 0 cpus: a b\n", "are no CPUs"),
        ("node 0 cpus: 0 1\nnode distances:\nnode 0 1\n 0: 10 20\n 1: 20\n", "unequal length"),
        ("node 0 cpus:\n", "describes no CPUs"),
        ("hello\n", "no source of a machine"),
    ],
)
def test_a_description_that_is_none_is_one_error(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        described(text)


# --- lstopo's strings ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pu:2(indexes=0,1)", [(0,), (1,)]),
        ("pack:2 core:2 pu:2(indexes=4*2:2*2:1*2)", [(0, 4), (2, 6), (1, 5), (3, 7)]),
        ("pack:2 core:2 pu:2(indexes=0,4,2,6,1,5,3,7)", [(0, 4), (2, 6), (1, 5), (3, 7)]),
        ("pack:2 core:3 pu:2(indexes=core:pack)", [(i, i + 6) for i in range(6)]),
        (
            "pack:2 core:3 pu:2(indexes=pack:core)",
            [(0, 6), (2, 8), (4, 10), (1, 7), (3, 9), (5, 11)],
        ),
        (
            "pack:4 core:3 pu:2(indexes=pack)",
            [(p + 8 * c, p + 8 * c + 4) for p in range(4) for c in range(3)],
        ),
        ("pack:2 core:2 pu:1(indexes=1*4)", [(0,), (1,), (2,), (3,)]),
    ],
)
def test_indexes_number_the_cpus_as_hwloc_numbers_them(
    text: str, expected: list[tuple[int, ...]]
) -> None:
    """The expected numbers are those that lstopo 2.9 shows for each string."""
    assert list(read_synthetic(text, "it").cores) == expected


@pytest.mark.parametrize(
    "text",
    [
        "pack:2 core:2 pu:2(indexes=0,1,2)",
        "pack:2 core:2 pu:2(indexes=0,0,1,2,3,4,5,6)",
        "pack:2 core:2 pu:2(indexes=2*3)",
        "pack:2 core:2 pu:2(indexes=die)",
        "pack:2 core:2 pu:2(indexes=0*2)",
        "pack:2 core:2 pu:2(indexes=99999999,1)",
    ],
)
def test_indexes_that_are_no_numbering_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="indexes="):
        read_synthetic(text, "it")


@pytest.mark.parametrize(
    ("text", "packages", "dies", "cores", "threads"),
    [
        ("2 3 4", 2, 1, 12, 1),
        ("2 2 2 2", 2, 1, 4, 2),
        ("2 2 2 2 2", 2, 4, 2, 2),
        ("4", 1, 1, 4, 1),
        ("so:2 nu:1 co:4 pu:1", 2, 1, 4, 1),
        ("Group0:2 L3:2(size=3MB) core:2 pu:1", 1, 4, 2, 1),
        ("pack:2[numa]core:2 pu:1", 2, 1, 2, 1),
        ("pack:2 [numa] [numa] core:2 pu:1", 2, 1, 2, 1),
        ("pack:2 [numa:2(memory=1GB)] core:2 pu:1", 2, 1, 2, 1),
        ("(memory=1GB) pack:2 core:2 pu:1", 2, 1, 2, 1),
        ("pack:1 [NUMANode(memory=1GB indexes=0)] l3u:2 core:2 pu:1", 1, 2, 2, 1),
    ],
)
def test_words_of_a_synthetic_description_are_hwlocs(
    text: str, packages: int, dies: int, cores: int, threads: int
) -> None:
    found = describe(read_synthetic(text, "it"))
    assert (*shape(found), found.layout.threads_per_core) == (packages, dies, cores, threads)


def test_a_cache_is_whole_where_a_core_of_its_die_is_left_out() -> None:
    machine = made(2, 2, 4, 1, "adjacent", 0)
    last = machine.packages[-1][-1]
    uneven = [[list(die) for die in package] for package in machine.packages]
    uneven[-1][-1] = last[:-1]
    found = described(written.xml_v2(Machine(uneven, 512, 16384, machine.distance)), "machine.xml")
    assert shape(found) == (2, 2, 3)
    assert found.caches.kib["l3"] == 16384


# --- damaged files -------------------------------------------------------------------------

SMALL = made(2, 2, 2, 2, "second", 0)
WRITTEN = {
    "lscpu": written.lscpu(SMALL),
    "lscpu's table": written.lscpu_table(SMALL),
    "numactl": written.numactl(SMALL),
    "XML": written.xml_v1(SMALL),
}


@pytest.mark.parametrize("form", WRITTEN)
@given(data=st.data())
@settings(max_examples=60)
def test_a_damaged_description_is_read_or_one_error(form: str, data: st.DataObject) -> None:
    text = WRITTEN[form]
    at = data.draw(st.integers(0, len(text) - 1))
    size = data.draw(st.integers(0, 40))
    put = data.draw(st.sampled_from(["", "9", "-", "0", "x", ",", '"', "null", "99999999999", "("]))
    try:
        layout = described(text[:at] + put + text[at + size :]).layout
    except ConfigError as error:
        assert "machine.txt" in str(error).splitlines()[0]
    else:
        assert len(layout.cores) >= 1
