"""Made-up machines, written as tools write them: hwloc, lscpu, numactl, a tree of /sys."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

Core = tuple[int, ...]


@dataclass(frozen=True)
class Machine:
    """Packages of dies of cores, each a tuple of CPU numbers; and how far apart packages are."""

    packages: list[list[list[Core]]]
    l2_kib: int
    l3_kib: int
    distance: list[list[int]]

    @property
    def cores(self) -> list[Core]:
        return [core for package in self.packages for die in package for core in die]

    @property
    def cpus(self) -> list[int]:
        return sorted(cpu for core in self.cores for cpu in core)

    @property
    def shape(self) -> tuple[int, int, int]:
        return len(self.packages), len(self.packages[0]), len(self.packages[0][0])


def made(packages: int, dies: int, cores: int, threads: int, numbering: str, seed: int) -> Machine:
    """Make a machine up; CPUs are numbered `adjacent`, `second` threads last, or `any` way."""
    total = packages * dies * cores
    if numbering == "adjacent":
        cpus = [tuple(range(i * threads, (i + 1) * threads)) for i in range(total)]
    else:
        cpus = [tuple(i + t * total for t in range(threads)) for i in range(total)]
    if numbering == "any":
        order = np.random.default_rng(seed).permutation(total * threads)
        cpus = [tuple(sorted(int(order[cpu]) for cpu in core)) for core in cpus]
    nested = [
        [cpus[(p * dies + d) * cores : (p * dies + d + 1) * cores] for d in range(dies)]
        for p in range(packages)
    ]
    ring = [
        [10 + 6 * min((a - b) % packages, (b - a) % packages) for b in range(packages)]
        for a in range(packages)
    ]
    return Machine(nested, 512, 16384, ring)


@st.composite
def machines(draw: st.DrawFn, numberings: tuple[str, ...] = ("adjacent", "second", "any")):
    return made(
        draw(st.sampled_from([1, 2, 4, 5])),
        draw(st.integers(1, 4)),
        draw(st.integers(2, 6)),
        draw(st.sampled_from([1, 2, 4])),
        draw(st.sampled_from(numberings)),
        draw(st.integers(0, 2**32 - 1)),
    )


def flat(nested: list[list[Core]] | list[Core]) -> list[int]:
    return [cpu for item in nested for cpu in (flat(item) if isinstance(item, list) else item)]


def mask(cpus: list[int]) -> str:
    value = sum(1 << cpu for cpu in cpus)
    words = []
    while True:
        words.append(f"0x{value & 0xFFFFFFFF:08x}")
        value >>= 32
        if not value:
            return ",".join(reversed(words))


def listed(cpus: list[int]) -> str:
    return ",".join(map(str, sorted(cpus)))


def xml_v2(machine: Machine, nodes: str = "package") -> str:
    """hwloc 2: memory beside the CPUs, one node for each package or die; MCDRAM and a GPU too."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<!DOCTYPE topology SYSTEM "hwloc2.dtd">']
    lines += ['<topology version="2.0">', '<object type="Machine" os_index="0">']
    number = 0

    def node(cpus: list[int]) -> None:
        nonlocal number
        lines.append(f'<object type="NUMANode" os_index="{number}" cpuset="{mask(cpus)}"/>')
        number += 1

    for package in machine.packages:
        lines.append(f'<object type="Package" cpuset="{mask(flat(package))}">')
        lines.append('<info name="CPUModel" value="Some CPU 9000 @ 2.70GHz"/>')
        if nodes == "package":
            node(flat(package))
        for die in package:
            size = machine.l3_kib * 1024
            lines.append(f'<object type="L3Cache" cache_size="{size}" depth="3" cache_type="0">')
            if nodes == "die":
                node(flat(die))
            lines += [_core(core, machine.l2_kib, 2) for core in die]
            lines.append("</object>")
        lines.append("</object>")
    lines.append('<object type="Bridge"><object type="PCIDev"/></object></object>')
    each = number // len(machine.packages)
    table = [
        machine.distance[a // each][b // each] + (2 if a != b and a // each == b // each else 0)
        for a in range(number)
        for b in range(number)
    ]
    order = list(range(number))
    lines.append(
        f'<distances2 type="NUMANode" nbobjs="{number}" kind="5" name="NUMALatency" '
        f'indexing="os"><indexes length="9">{" ".join(map(str, order))} </indexes>'
        f'<u64values length="99">{" ".join(map(str, table))} </u64values></distances2>'
        '<distances2hetero nbobjs="2" kind="25" name="NVLinkBandwidth"><indexes length="22">'
        'OSDev:1 OSDev:2 </indexes><u64values length="4">0 1 1 0 </u64values></distances2hetero>'
    )
    return "\n".join([*lines, "</topology>"])


def xml_v1(machine: Machine) -> str:
    """hwloc 1: a node around each package; distances of groups of sockets come first."""
    packages = len(machine.packages)
    lines = ["<topology>", '<object type="Machine" os_index="0">']
    for scale in (100, 1):
        depth = 2 if scale == 100 else 1
        lines.append(f'<distances nbobjs="{packages}" relative_depth="{depth}" latency_base="1">')
        for a in range(packages):
            for b in range(packages):
                value = 100 * (1 + (a != b)) if scale == 100 else machine.distance[a][b]
                lines.append(f'<latency value="{value}.000000"/>')
        lines.append("</distances>")
    for p, package in enumerate(machine.packages):
        lines.append(f'<object type="NUMANode" os_index="{p}" cpuset="{mask(flat(package))}">')
        lines.append('<object type="Socket">')
        for die in package:
            size = machine.l3_kib * 1024
            lines.append(f'<object type="Cache" cache_size="{size}" depth="3" cache_type="0">')
            lines += [_core(core, machine.l2_kib, 1) for core in die]
            lines.append("</object>")
        lines.append("</object></object>")
    return "\n".join([*lines, "</object></topology>"])


def _core(core: Core, l2_kib: int, version: int) -> str:
    name = "Cache" if version == 1 else "L2Cache"
    threads = "".join(f'<object type="PU" os_index="{cpu}"/>' for cpu in core)
    return (
        f'<object type="{name}" cache_size="{l2_kib * 1024}" depth="2" cache_type="0">'
        f'<object type="{name if version == 1 else "L1iCache"}" depth="1" cache_type="2" '
        f'cache_size="32768"><object type="Core">{threads}</object></object></object>'
    )


def synthetic(machine: Machine) -> str:
    """What lstopo writes, with the numbers of all CPUs in full."""
    packages, dies, cores = machine.shape
    numbers = ",".join(str(cpu) for core in machine.cores for cpu in core)
    return (
        f"Package:{packages} [NUMANode(memory=1073741824)] "
        f"L3Cache:{dies}(size={machine.l3_kib * 1024}) "
        f"L2Cache:{cores}(size={machine.l2_kib * 1024}) L1dCache:1(size=32768) "
        f"L1iCache:1(size=32768) Core:1 PU:{len(machine.cores[0])}(indexes={numbers})"
    )


def sysfs(machine: Machine, root: Path) -> None:
    """A copy of /sys/devices/system."""
    (root / "node").mkdir(parents=True)
    for p, package in enumerate(machine.packages):
        node = root / "node" / f"node{p}"
        node.mkdir()
        (node / "cpulist").write_text(listed(flat(package)) + "\n")
        (node / "distance").write_text(" ".join(map(str, machine.distance[p])) + "\n")
        for die in package:
            for core in die:
                for cpu in core:
                    groups = {"core": list(core), "package": flat(package)}
                    _cpu(root / "cpu" / f"cpu{cpu}", groups, flat(die), machine)
    (root / "cpu" / "online").write_text(listed(machine.cpus) + "\n")


def _cpu(folder: Path, groups: dict[str, list[int]], die: list[int], machine: Machine) -> None:
    (folder / "topology").mkdir(parents=True)
    old = {"core": "thread_siblings", "package": "core_siblings"}
    for name, cpus in groups.items():
        (folder / "topology" / f"{old[name]}_list").write_text(listed(cpus) + "\n")
    caches = [
        (1, "Instruction", "32K", groups["core"]),
        (2, "Unified", f"{machine.l2_kib}K", groups["core"]),
        (3, "Unified", f"{machine.l3_kib}K", die),
    ]
    for i, (level, kind, size, shared) in enumerate(caches):
        index = folder / "cache" / f"index{i}"
        index.mkdir(parents=True)
        (index / "level").write_text(f"{level}\n")
        (index / "type").write_text(f"{kind}\n")
        (index / "size").write_text(f"{size}\n")
        (index / "shared_cpu_map").write_text(mask(shared).replace("0x", "") + "\n")
    (folder / "cpufreq").mkdir()
    (folder / "cpufreq" / "base_frequency").write_text("2700000\n")


def lscpu(machine: Machine) -> str:
    """`lscpu -J` of util-linux 2.38: caches nested, sizes summed over instances."""
    packages, dies, cores = machine.shape
    count = packages * dies
    fields = {
        "Architecture:": "x86_64",
        "CPU(s):": str(len(machine.cpus)),
        "On-line CPU(s) list:": listed(machine.cpus),
        "Model name:": "Some CPU 9000 @ 2.70GHz",
        "Thread(s) per core:": str(len(machine.cores[0])),
        "Core(s) per socket:": str(dies * cores),
        "Socket(s):": str(packages),
    }
    entries = [{"field": name, "data": value} for name, value in fields.items()]
    caches = [
        {"field": "L2:", "data": f"{machine.l2_kib * len(machine.cores)} KiB"},
        {"field": "L3:", "data": f"{machine.l3_kib * count // 1024} MiB ({count} instances)"},
    ]
    caches[0]["data"] += f" ({len(machine.cores)} instances)"
    nodes = [{"field": "NUMA node(s):", "data": str(packages)}]
    for p, package in enumerate(machine.packages):
        nodes.append({"field": f"NUMA node{p} CPU(s):", "data": listed(flat(package))})
    nested = [
        {"field": "Caches (sum of all):", "data": None, "children": caches},
        {"field": "NUMA:", "data": None, "children": nodes},
    ]
    return json.dumps({"lscpu": [*entries, *nested]}, indent=3)


def lscpu_table(machine: Machine) -> str:
    """`lscpu -J -e`."""
    rows = []
    core_number = die_number = 0
    for p, package in enumerate(machine.packages):
        for die in package:
            for core in die:
                for cpu in core:
                    caches = f"{core_number}:{core_number}:{core_number}:{die_number}"
                    rows.append(
                        {"cpu": cpu, "node": p, "socket": p, "core": core_number}
                        | {"l1d:l1i:l2:l3": caches, "online": True}
                    )
                core_number += 1
            die_number += 1
    return json.dumps({"cpus": sorted(rows, key=lambda row: row["cpu"])})


def numactl(machine: Machine) -> str:
    """`numactl -H`."""
    nodes = range(len(machine.packages))
    lines = [f"available: {len(nodes)} nodes (0-{len(nodes) - 1})"]
    for p, package in enumerate(machine.packages):
        lines.append(f"node {p} cpus: {' '.join(map(str, sorted(flat(package))))}")
        lines += [f"node {p} size: 64000 MB", f"node {p} free: 60000 MB"]
    lines += ["node distances:", "node  " + " ".join(f"{n:3d}" for n in nodes)]
    for p in nodes:
        lines.append(f"{p:3d}: " + " ".join(f"{d:3d}" for d in machine.distance[p]))
    return "\n".join(lines) + "\n"
