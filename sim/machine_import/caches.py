"""Sizes of caches: the commonest among the cores, and which cores have others."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sim.machine_import.layout import Core, Layout, numbers
from sim.machine_import.stated import Cache, Stated

LEVELS = ("l1", "l2", "l3")


@dataclass(frozen=True)
class Sizes:
    """Sizes in KiB of the levels that are stated: l1 and l2 of a core, l3 of a die.

    `note` says what was done to have them.
    """

    kib: dict[str, int]
    note: str = ""
    remarks: tuple[str, ...] = ()


def sizes_of(stated: Stated, layout: Layout) -> Sizes:
    """Find the commonest size of each level among the model's cores."""
    by_core = _by_core(layout.cores, stated.caches)
    common: dict[str, int] = {}
    unlike: dict[Core, list[str]] = {}
    remarks: list[str] = []
    note, second = "", list[Cache]()
    for level, name in enumerate(LEVELS, start=1):
        found = {
            core: caches[level]
            for core, caches in by_core.items()
            if level in caches and caches[level].kib
        }
        if not found:
            continue
        sizes = Counter(cache.kib for cache in found.values())
        ((size, _),) = sizes.most_common(1)
        assert size is not None
        common[name] = size
        for core in layout.cores:
            if core not in found or found[core].kib != size:
                other = f"{name} {found[core].kib} KiB" if core in found else f"no {name}"
                unlike.setdefault(core, []).append(other)
        like = next(cache for cache in found.values() if cache.kib == size)
        remarks += _shared(name, like, layout, by_core)
        if level == len(LEVELS):
            common[name], note = _of_die(list(found.values()), layout)
        elif name == "l2":
            second = list(found.values())
    remarks += _unlike(unlike)
    if "l2" in common and "l3" not in common:
        common["l3"], note = _of_die(second, layout)
        note = f"; no third level: l3 repeats l2{note}"
        remarks.append("No third level of cache is stated: l3 repeats l2 (--caches L1,L2,L3).")
    return Sizes(common, note, tuple(remarks))


def _by_core(cores: tuple[Core, ...], caches: tuple[Cache, ...]) -> dict[Core, dict[int, Cache]]:
    """Find each core's caches by level; the larger of two of one level."""
    core_of = {core[0]: core for core in cores}
    found: dict[Core, dict[int, Cache]] = {core: {} for core in cores}
    for cache in caches:
        for cpu in cache.cpus & core_of.keys():
            levels = found[core_of[cpu]]
            before = levels.get(cache.level)
            if before is None or (cache.kib or 0) > (before.kib or 0):
                levels[cache.level] = cache
    return found


def _of_die(caches: list[Cache], layout: Layout) -> tuple[int, str]:
    """Find the commonest capacity of a die, from the cache of each core: (KiB, note).

    Of a cache that several dies of the model share, a die has its part; of caches of fewer cores
    than a die has, as many as there are.
    """
    cores = layout.cores_per_die
    die_of = {core[0]: int(die) for core, die in zip(layout.cores, layout.die_of, strict=True)}
    inside = {c.cpus: [die_of[cpu] for cpu in c.cpus if cpu in die_of] for c in caches}
    parts: Counter[tuple[int, int]] = Counter()
    for cache in caches:
        dies, kib = inside[cache.cpus], cache.kib or 0
        if len(set(dies)) > 1:
            part = max(1, kib // len(set(dies)))
        else:
            part = kib * max(1, cores // len(dies))
        parts[part, kib] += 1
    part, kib = max(parts, key=lambda key: (parts[key], key))
    if part == kib:
        return part, ""
    return part, f"; l3 is the part of a die of {cores}, of caches of {kib} KiB"


def _shared(
    name: str, cache: Cache, layout: Layout, by_core: dict[Core, dict[int, Cache]]
) -> list[str]:
    """Say so where cores share a cache that the model has as each core's own."""
    cores = sum(core[0] in cache.cpus for core in layout.cores)
    outermost = cache.level == max(max(caches, default=0) for caches in by_core.values())
    if name == "l3" or cores < 2 or outermost:
        return []
    return [
        f"{cores} cores share each {name} of {cache.kib} KiB: the model has it as each core's own."
    ]


def _unlike(unlike: dict[Core, list[str]]) -> list[str]:
    """Name the cores whose caches are not the commonest, by what they have."""
    kinds: dict[str, list[Core]] = {}
    for core, others in unlike.items():
        kinds.setdefault(", ".join(others), []).append(core)
    return [
        f"{len(cores)} core{'s' * (len(cores) > 1)} (CPU{'s' * (len(cores) > 1)} "
        f"{numbers(tuple(cores))}) with other caches than most ({others}) have the others' here."
        for others, cores in kinds.items()
    ]
