"""The CPUs of this box: which may be used, and how cores, dies, packages and nodes hold them.

Read from /sys, as far as there is one. Where the kernel says nothing of packages, caches or nodes,
as in some containers, every CPU is a core of one package, which is one node.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.config.errors import ConfigError, message
from sim.machine_import.layout import Core, Layout, regular

SYSTEM = Path("sys/devices/system")
QUOTA = Path("sys/fs/cgroup/cpu.max")
QUOTA_BEFORE = Path("sys/fs/cgroup/cpu")
"""Where control groups of version 1 have their quota and its period, in two files."""
LEVELS = (1, 2, 3)


@dataclass(frozen=True)
class Box:
    """What may be measured on.

    Attributes:
        layout: the cores whose CPUs may be used, as the model has them.
        nodes: NUMA nodes with a CPU that may be used: its first CPU, by number.
        caches_kib: sizes of data caches, by l1, l2, l3.
        distance: distances between packages as the firmware gives them; None: not told.
        remarks: what of the box cannot be used, and why, in words.
    """

    layout: Layout
    nodes: dict[int, int]
    caches_kib: dict[str, int]
    distance: NDArray[np.float64] | None
    remarks: tuple[str, ...] = ()

    @property
    def cpus(self) -> tuple[int, ...]:
        """First CPU of every core, in the model's order."""
        return tuple(core[0] for core in self.layout.cores)


def look(root: Path = Path("/"), allowed: Iterable[int] | None = None) -> Box:
    """Look at this box.

    Args:
        root: where /sys is; another folder for tests.
        allowed: CPUs that this process may use; default: as the kernel says.

    Raises:
        ConfigError: if no CPU may be used.
    """
    mine = set(os.sched_getaffinity(0) if allowed is None else allowed)
    system = root / SYSTEM
    online = set(_listed(_text(system / "cpu/online"))) or mine
    usable = sorted(mine & online)
    if not usable:
        raise ConfigError(message("CPUs", "none that is online may be used (taskset, cpuset)"))
    remarks = _missing(root, system, mine, online)
    nested, packages = _nested(system / "cpu", usable)
    limit = _quota(root)
    layout = regular(nested)
    if limit is not None and limit < len(layout.cores):
        remarks.append(
            f"The container may use the time of {limit} CPUs: no more cores are measured at once."
        )
        layout = regular(_first(nested, max(limit, 1)))
    nodes = _nodes(system / "node", set(usable))
    return Box(
        layout,
        nodes or {0: usable[0]},
        _caches(system / "cpu", usable[0]),
        _distances(system / "node", packages[: len(layout.packages)], nodes),
        tuple(remarks),
    )


def _missing(root: Path, system: Path, mine: set[int], online: set[int]) -> list[str]:
    """Say what of the box is out of reach, and what the kernel does not tell."""
    found = []
    offline = _listed(_text(system / "cpu/offline"))
    if offline:
        found.append(f"{_cpus(len(offline))} offline.")
    if online - mine:
        found.append(
            f"{_cpus(len(online - mine))} online, but not this process's (taskset, cpuset)."
        )
    if not (system / "cpu").is_dir():
        found.append("The kernel does not tell how cores lie: each CPU counts as a core.")
    if not list((system / "node").glob("node[0-9]*")):
        found.append("The kernel tells nothing of NUMA nodes: the memory counts as one.")
    return found


def _cpus(count: int) -> str:
    return "1 CPU is" if count == 1 else f"{count} CPUs are"


def _nested(folder: Path, cpus: Sequence[int]) -> tuple[list[list[list[Core]]], list[int]]:
    """Group CPUs: package -> die (one outermost shared cache) -> core; and packages' first CPUs."""
    groups: dict[str, dict[str, dict[str, list[int]]]] = {}
    for cpu in cpus:
        here = folder / f"cpu{cpu}"
        package = _text(here / "topology/physical_package_id") or "0"
        siblings = _text(here / "topology/core_cpus_list") or _text(
            here / "topology/thread_siblings_list"
        )
        core = siblings or str(cpu)
        die = _shared(here / "cache", core) or "package"
        groups.setdefault(package, {}).setdefault(die, {}).setdefault(core, []).append(cpu)
    nested = [
        [[tuple(sorted(core)) for core in die.values()] for die in package.values()]
        for package in groups.values()
    ]
    return nested, [package[0][0][0] for package in nested]


def _shared(folder: Path, core: str) -> str:
    """CPUs behind the outermost cache that more than one core is behind; empty without any."""
    found = [
        (int(_text(index / "level") or 0), _text(index / "shared_cpu_list"))
        for index in folder.glob("index[0-9]*")
    ]
    outer = [(level, cpus) for level, cpus in found if cpus and set(_listed(cpus)) > _set(core)]
    return max(outer)[1] if outer else ""


def _set(text: str) -> set[int]:
    return set(_listed(text))


def _first(nested: list[list[list[Core]]], count: int) -> list[list[list[Core]]]:
    """Keep the first cores alone."""
    kept: list[list[list[Core]]] = []
    for package in nested:
        dies = []
        for die in package:
            part, count = die[:count], count - len(die[:count])
            dies += [part] if part else []
        kept += [dies] if dies else []
    return kept


def _caches(folder: Path, cpu: int) -> dict[str, int]:
    """Sizes of one CPU's data caches, in KiB."""
    found: dict[str, int] = {}
    for index in sorted((folder / f"cpu{cpu}/cache").glob("index[0-9]*")):
        level, kind = _text(index / "level"), _text(index / "type")
        size = re.fullmatch(r"([0-9]+)([KMG])", _text(index / "size"))
        if kind != "Instruction" and size and level.isdigit() and int(level) in LEVELS:
            scale = {"K": 1, "M": 1024, "G": 1024**2}[size[2]]
            found[f"l{level}"] = int(size[1]) * scale
    return found


def _nodes(folder: Path, usable: set[int]) -> dict[int, int]:
    """First CPU that may be used of every NUMA node that has one."""
    found = {}
    for node in folder.glob("node[0-9]*"):
        cpus = sorted(set(_listed(_text(node / "cpulist"))) & usable)
        if cpus:
            found[int(node.name.removeprefix("node"))] = cpus[0]
    return dict(sorted(found.items()))


def _distances(
    folder: Path, packages: Sequence[int], nodes: dict[int, int]
) -> NDArray[np.float64] | None:
    """Distances between packages: of the nodes that have the first CPUs of each."""
    if len(packages) < 2 or len(nodes) < len(packages):
        return None
    rows = {
        node: [float(word) for word in _text(folder / f"node{node}/distance").split()]
        for node in nodes
    }
    of = [
        next((n for n in nodes if cpu in _set(_text(folder / f"node{n}/cpulist"))), -1)
        for cpu in packages
    ]
    if min(of) < 0 or any(len(rows[node]) <= max(of) for node in of):
        return None
    return np.array([[rows[a][b] for b in of] for a in of])


def _quota(root: Path) -> int | None:
    """CPUs' worth of time that a container may use, whole ones; None: all."""
    parts = [_text(root / QUOTA_BEFORE / f"cpu.cfs_{name}_us") for name in ("quota", "period")]
    text = _text(root / QUOTA) or " ".join(parts)
    found = re.fullmatch(r"([0-9]+) ([1-9][0-9]*)", text)
    return None if found is None else int(found[1]) // int(found[2])


def _listed(text: str) -> list[int]:
    """Numbers of a list of the kernel's, such as 0-3,8."""
    found: list[int] = []
    for part in text.split(","):
        ends = re.fullmatch(r"([0-9]+)(?:-([0-9]+))?", part.strip())
        if ends:
            found += range(int(ends[1]), int(ends[2] or ends[1]) + 1)
    return found


def _text(path: Path) -> str:
    """What a file of the kernel's says; empty where it is not there or may not be read."""
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""
