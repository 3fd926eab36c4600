"""What moving a line costs on an imported machine, from measured latencies or without them.

A measured latency is one way of a ping-pong by compare-and-swap: the line moves to the other core,
which then executes one locked instruction on it. So a transfer is the median latency of a class in
cycles, less a locked instruction. How long a line stays busy was not measured: it is scaled from
opteron_8x6, where it was, by the ratio of occupancy to transfer there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.machine.settings.hardware import DirectoryCoherence, Hardware, Topology
from sim.machine.topology import hop_matrix
from sim.machine_import.layout import Layout
from sim.machine_import.links import Links, links_between
from sim.machine_import.siblings import between_cores
from sim.settings import Source

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Packages whose own dies are farther apart by more than this factor reach each other by way of
# the measured word's home node, in another package.
BY_WAY_OF_HOME = 1.25
# Spread of a class, from its 5th to its 95th percentile, that is worth a remark.
WIDE = 1.25


@dataclass(frozen=True)
class Value:
    """A number of cycles and its source."""

    cycles: int
    source: Source


@dataclass(frozen=True)
class Transfers:
    """Cycles of a line transfer by distance; `die` is None without dies inside a package."""

    local: Value
    die: Value | None
    base: Value
    hop: Value
    remarks: tuple[str, ...] = ()


def measured(
    latencies: Floats,
    layout: Layout,
    links: Links,
    clock_ghz: float,
    locked_cycles: int,
    origin: str,
) -> Transfers:
    """Derive transfers from latencies between CPUs in ns; `origin` names their file."""

    def value(cells: Floats, of: str) -> Value:
        ns = float(np.median(cells))
        cycles = max(1, round(ns * clock_ghz) - locked_cycles)
        return _derived(
            cycles,
            f"{origin}: median of {len(cells)} pairs {of} = {ns:.1f} ns x {clock_ghz:g} GHz"
            f" - {locked_cycles} cycles of the locked instruction",
        )

    apart = between_cores(latencies, list(layout.cores))
    lower = np.tril(~np.isnan(apart), -1)
    die, package = layout.die_of, layout.package_of
    same_die = die[:, None] == die
    same_package = package[:, None] == package
    own = apart[lower & same_die]
    dies, remarks = _between_dies(apart, lower & same_package & ~same_die, package)
    across = _across(apart, lower & ~same_package, package, links, value)
    between_dies = value(dies, "of one package's dies") if len(dies) else None
    nearest = between_dies or (across[min(across)] if across else None)
    local = value(own, "of one die") if len(own) else nearest
    assert local is not None, "a matrix has a pair"
    base, hop = _base_and_hop(across, between_dies or local)
    remarks += _spread(own, "within a die") + _spread(dies, "between dies of a package")
    return Transfers(local, between_dies, base, hop, remarks)


def _spread(cells: Floats, where: str) -> tuple[str, ...]:
    """Say how far latencies spread that the model has one number for; nothing if they hardly do."""
    if len(cells) == 0:
        return ()
    low, high = (float(np.quantile(cells, q)) for q in (0.05, 0.95))
    if high <= WIDE * low:
        return ()
    return (
        f"Latencies {where} go from {low:.0f} to {high:.0f} ns (5th to 95th percentile) without "
        "nested groups in them, as on a mesh or a ring, or with unlike cores: the model has their "
        "median for all.",
    )


def links_of(latencies: Floats, layout: Layout) -> Links:
    """Find the links of the packages from the median latencies between them."""
    apart = between_cores(latencies, list(layout.cores))
    package = layout.package_of
    numbers = range(len(layout.packages))
    medians = np.full((len(numbers), len(numbers)), np.nan)
    for a in numbers:
        for b in numbers:
            cells = apart[np.ix_(package == a, package == b)]
            if a != b and not np.isnan(cells).all():
                medians[a, b] = np.nanmedian(cells)
    return links_between(medians)


def _between_dies(
    apart: Floats, pairs: NDArray[np.bool_], package: Ints
) -> tuple[Floats, tuple[str, ...]]:
    """Latencies between dies of one package: of all packages, or of the one that has the home."""
    cells = [apart[pairs & (package[:, None] == p)] for p in range(int(package.max()) + 1)]
    medians = [float(np.median(part)) for part in cells if len(part)]
    if not medians or max(medians) <= BY_WAY_OF_HOME * min(medians):
        return np.concatenate(cells), ()
    nearest = min((part for part in cells if len(part)), key=lambda part: float(np.median(part)))
    shown = ", ".join(f"{median:.0f}" for median in medians)
    return nearest, (
        f"Between dies of one package a message takes {shown} ns, package by package. Probably the "
        "word's home node was in the nearest one, and elsewhere lines went by it. The model prices "
        "no way to the home node; it has the nearest package's latency in all.",
    )


def _across(
    apart: Floats,
    pairs: NDArray[np.bool_],
    package: Ints,
    links: Links,
    value: Callable[[Floats, str], Value],
) -> dict[int, Value]:
    """Transfers between packages by the number of hops."""
    if not pairs.any():
        return {}
    count = int(package.max()) + 1
    topology = Topology(packages=count, cores_per_package=1, links=list(links.pairs))
    hops = hop_matrix(topology)[np.ix_(package, package)]
    return {
        int(h): value(apart[pairs & (hops == h)], f"of packages {h} hop(s) apart")
        for h in np.unique(hops[pairs])
    }


def _base_and_hop(across: dict[int, Value], inside: Value) -> tuple[Value, Value]:
    """Split transfers between packages into a part without hops and a part per hop."""
    if not across:
        reason = "not used: one package"
        return _assumed(inside.cycles, f"{reason}; that of its farthest cores"), _assumed(0, reason)
    first = across[min(across)]
    if len(across) == 1:
        ((hops, far),) = across.items()
        base = min(inside.cycles, far.cycles)
        return (
            _derived(
                base,
                "all packages are equally far apart, so that any split into base and hop is the "
                f"same; base is a transfer inside a package, {inside.cycles} cycles",
            ),
            _derived(
                (far.cycles - base) // hops,
                f"{far.source.where} = {far.cycles}, less base of {base}",
            ),
        )
    hops_of = np.array(list(across), np.float64)
    cycles = np.array([value.cycles for value in across.values()], np.float64)
    hop, base_part = (float(x) for x in np.polyfit(hops_of, cycles, 1))
    if base_part < 0:
        base_part, hop = 0.0, float(hops_of @ cycles / (hops_of @ hops_of))
    shown = ", ".join(f"{value.cycles} at {hops}" for hops, value in across.items())
    where = f"line through the transfers by hops, {shown}; of these {first.source.where}"
    return _derived(round(base_part), where), _derived(round(hop), where)


def as_on(reference: Hardware, layout: Layout, clock_ghz: float) -> Transfers:
    """Assume transfers that take as long as on another machine with a directory."""
    c = reference.coherence
    assert isinstance(c, DirectoryCoherence)

    def value(cycles: int) -> Value:
        return _assumed(
            round(cycles * clock_ghz / reference.clock_ghz),
            f"the time of {reference.name}: {cycles} cycles / {reference.clock_ghz:g} GHz",
        )

    across = value(c.base_transfer_cycles + c.hop_cycles)
    die = across if layout.dies_per_package > 1 else None
    return Transfers(
        value(c.local_transfer_cycles), die, value(c.base_transfer_cycles), value(c.hop_cycles)
    )


def occupancies(transfers: Transfers, reference: Hardware) -> dict[str, Value]:
    """Scale the cycles for which a line stays busy from a machine on which they were measured."""
    c = reference.coherence
    assert isinstance(c, DirectoryCoherence)
    local = (c.local_occupancy_cycles, c.local_transfer_cycles)
    across = (
        c.base_occupancy_cycles + c.hop_occupancy_cycles,
        c.base_transfer_cycles + c.hop_cycles,
    )

    def scaled(transfer: Value, ratio: tuple[int, int]) -> Value:
        busy, moves = ratio
        return _assumed(
            round(transfer.cycles * busy / moves),
            f"transfer of {transfer.cycles} cycles x {busy} / {moves}, occupancy / transfer on "
            f"{reference.name}",
        )

    found = {
        "local_occupancy_cycles": scaled(transfers.local, local),
        "base_occupancy_cycles": scaled(transfers.base, across),
        "hop_occupancy_cycles": scaled(transfers.hop, across),
    }
    if transfers.die is not None:
        found["die_occupancy_cycles"] = scaled(transfers.die, across)
    return found


def _derived(cycles: int, where: str) -> Value:
    return Value(cycles, Source(kind="derived", where=where))


def _assumed(cycles: int, where: str) -> Value:
    return Value(cycles, Source(kind="assumed", where=where))
