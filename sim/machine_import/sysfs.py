"""`/sys/devices/system`, or a copy of it: packages, dies, cores, caches, NUMA nodes, clock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sim.config.errors import ConfigError, message
from sim.machine_import.cpu_lists import cpu_list, cpu_mask
from sim.machine_import.stated import Cache, Clock, Cpus, Distances, Node, Stated, checked

MOST_BYTES = 65_536
SIZE = re.compile(r"([0-9]{1,9})([KMG]?)")
KIB = {"": 1 / 1024, "K": 1, "M": 1024, "G": 1024**2}


@dataclass(frozen=True)
class _Told:
    """Files that say what a CPU shares: lists of CPUs, or else numbers, each within the former."""

    lists: tuple[str, ...]
    numbers: tuple[str, ...]


TOLD = {
    "core": _Told(("core_cpus", "thread_siblings"), ("physical_package_id", "die_id", "core_id")),
    "package": _Told(("package_cpus", "core_siblings"), ("physical_package_id",)),
    "die": _Told(("die_cpus",), ("physical_package_id", "die_id")),
}


def devices_of(folder: Path) -> Path | None:
    """Find the folder that has `cpu/cpu0`: the one given, one inside it, or the one above."""
    inside = ("", "system", "devices/system", "sys/devices/system")
    if folder == folder.parent:
        return None  # the root of all files is no tree that anyone means
    above = [folder.parent] if folder.name in ("cpu", "node") else []
    for candidate in (*(folder / name for name in inside), *above):
        if any(_numbered(candidate / "cpu", "cpu")):
            return candidate
    return None


def read_sysfs(devices: Path, origin: str) -> Stated:
    """Read a tree of `/sys/devices/system`.

    Raises:
        ConfigError: if no CPU of it has a topology.
    """
    online = _list(devices / "cpu" / "online")
    cpus: list[tuple[int, Path]] = []
    for cpu, folder in sorted(_numbered(devices / "cpu", "cpu")):
        off = _text(folder / "online") == "0" or (online is not None and cpu not in online)
        if not off:
            cpus.append((cpu, folder))
    known = frozenset(cpu for cpu, _ in cpus)
    if not any((folder / "topology").is_dir() for _, folder in cpus):
        raise ConfigError(
            message(
                origin,
                "no CPU has a folder topology",
                "copy the tree with its links followed: cp -rL /sys/devices/system COPY",
            )
        )
    groups = {name: _groups(cpus, known, told) for name, told in TOLD.items()}
    nodes, distances = _nodes(devices / "node", known)
    clocks, fastest = _clocks(cpus)
    return checked(
        Stated(
            "measured",
            tuple(sorted(tuple(sorted(core)) for core in groups["core"] or _alone(known))),
            groups["package"],
            groups["die"] if len(groups["die"]) > len(groups["package"]) else (),
            nodes,
            tuple(_caches(cpus, known)),
            distances,
            clocks,
            fastest,
            _offline(devices, known),
        ),
        origin,
    )


def _groups(cpus: list[tuple[int, Path]], known: Cpus, told: _Told) -> tuple[Cpus, ...]:
    """List the different groups that CPUs say they are in, none if no CPU says one.

    A CPU that says none beside others that do is alone.
    """
    by_number: dict[tuple[str, ...], set[int]] = {}
    for cpu, folder in cpus:
        by_number.setdefault(_numbers(folder, told), set()).add(cpu)
    found: dict[Cpus, None] = {}
    taken: set[int] = set()
    said = False
    for cpu, folder in cpus:
        if cpu in taken:
            continue
        numbers = _numbers(folder, told)
        group = frozenset(by_number[numbers] - taken) if numbers else frozenset({cpu})
        listed = next((one for one in _listed(folder, told) if cpu in one), None)
        if listed is not None:
            group = (listed & known) - taken
        said = said or bool(numbers) or listed is not None
        taken |= group
        found[group] = None
    return tuple(found) if said else ()


def _listed(folder: Path, told: _Told) -> Iterator[Cpus]:
    """Yield the lists of CPUs that share something with a CPU."""
    for name in told.lists:
        stated = _cpus(folder / "topology", f"{name}_list", name)
        if stated is not None:
            yield stated


def _numbers(folder: Path, told: _Told) -> tuple[str, ...]:
    """Read the numbers of what a CPU is in; empty if the last is unknown, which is -1."""
    found = tuple(_text(folder / "topology" / name) or "" for name in told.numbers)
    return found if found[-1].isdigit() else ()


def _alone(known: Cpus) -> tuple[Cpus, ...]:
    return tuple(frozenset({cpu}) for cpu in known)


def _caches(cpus: list[tuple[int, Path]], known: Cpus) -> Iterator[Cache]:
    """Yield each data or unified cache once."""
    seen: set[tuple[int, Cpus]] = set()
    for cpu, folder in cpus:
        for _, index in sorted(_numbered(folder / "cache", "index")):
            if _text(index / "type") == "Instruction":
                continue
            level = _text(index / "level") or ""
            shared = _cpus(index, "shared_cpu_list", "shared_cpu_map") or frozenset({cpu})
            size = SIZE.fullmatch(_text(index / "size") or "")
            if not re.fullmatch(r"[1-5]", level) or (int(level), shared & known) in seen:
                continue
            seen.add((int(level), shared & known))
            kib = None if size is None else round(int(size[1]) * KIB[size[2]]) or None
            yield Cache(int(level), shared & known, kib)


def _nodes(folder: Path, known: Cpus) -> tuple[tuple[Node, ...], Distances | None]:
    """Read NUMA nodes and their distances, which are in the order of the nodes that are online."""
    nodes, rows = [], []
    for number, node in sorted(_numbered(folder, "node")):
        cpus = _cpus(node, "cpulist", "cpumap") or frozenset()
        nodes.append(Node(number, cpus & known))
        rows.append((_text(node / "distance") or "").split())
    if len(nodes) < 2 or any(
        len(row) != len(nodes) or not all(cell.isdigit() for cell in row) for row in rows
    ):
        return tuple(nodes), None
    table = np.array([[float(cell) for cell in row] for row in rows])
    table = np.where((table > 0) & (table < 255), table, np.nan)  # 255: no way
    return tuple(nodes), Distances(tuple(node.number for node in nodes), table)


def _clocks(cpus: list[tuple[int, Path]]) -> tuple[tuple[Clock, ...], float | None]:
    """Read base clocks, and the largest one."""
    by_mhz: dict[int, set[int]] = {}
    fastest = 0.0
    for cpu, folder in cpus:
        base = _text(folder / "cpufreq" / "base_frequency") or ""
        largest = _text(folder / "cpufreq" / "cpuinfo_max_freq") or ""
        if base.isdigit() and 100_000 <= int(base) <= 20_000_000:
            by_mhz.setdefault(int(base) // 1000, set()).add(cpu)
        if largest.isdigit():
            fastest = max(fastest, int(largest) / 1000)
    clocks = tuple(
        Clock(mhz / 1000, f"cpufreq/base_frequency {mhz} MHz", frozenset(of))
        for mhz, of in by_mhz.items()
    )
    return clocks, fastest or None


def _offline(devices: Path, known: Cpus) -> tuple[str, ...]:
    """Say which CPUs are there and switched off."""
    present = _list(devices / "cpu" / "present") or frozenset()
    off = sorted(present - known)
    if not off:
        return ()
    shown = ", ".join(map(str, off[:8])) + (" ..." if len(off) > 8 else "")
    return (f"{len(off)} CPU{'s' * (len(off) > 1)} switched off ({shown}): not imported.",)


def _numbered(folder: Path, name: str) -> Iterator[tuple[int, Path]]:
    """Yield the subfolders of a name and a number."""
    try:
        inside = list(folder.iterdir())
    except OSError:
        return
    for path in inside:
        found = re.fullmatch(name + r"([0-9]{1,6})", path.name)
        if found is not None and path.is_dir():
            yield int(found[1]), path


def _text(file: Path) -> str | None:
    """Read a small file; None if it is not there or no text."""
    try:
        with file.open("rb") as stream:
            return stream.read(MOST_BYTES).decode().strip()
    except (OSError, UnicodeDecodeError):
        return None


def _list(file: Path) -> Cpus | None:
    text = _text(file)
    cpus = None if not text else cpu_list(text)
    return None if cpus is None else frozenset(cpus)


def _cpus(folder: Path, listed: str, mask: str) -> Cpus | None:
    """Read a set of CPUs from its list, or else its mask."""
    found = _list(folder / listed)
    if found is not None:
        return found
    text = _text(folder / mask)
    return None if not text else cpu_mask(text)
