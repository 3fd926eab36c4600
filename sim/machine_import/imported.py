"""From a source to a machine: layout, links, caches, and what moving a line costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.config.errors import ConfigError, message
from sim.machine.settings.hardware import Hardware
from sim.machine_import import transfers
from sim.machine_import.described import Choices, Described, describe
from sim.machine_import.forms import opened
from sim.machine_import.found_layout import Found, find_layout
from sim.machine_import.latency_matrix import Matrix, read_matrix
from sim.machine_import.layout import Layout
from sim.machine_import.links import Links, complete, links_between
from sim.machine_import.request import Request
from sim.machine_import.siblings import between_cores
from sim.machine_import.text import display_path, plain
from sim.machine_import.unmeasured import Unmeasured
from sim.settings import Source

Floats = NDArray[np.float64]

LEVELS = ("l1", "l2", "l3")


@dataclass(frozen=True)
class Imported:
    """A machine as far as its sources tell.

    `caches_kib` lacks the levels that nobody named, `caches_source` is that of the others. `origin`
    names what was read, for a file of conf/. `remarks` are what a description states and the model
    has not; `matrix_remarks` are what was made of a file of latencies; `assumptions` are what
    nobody stated, with the flag that does.
    """

    layout: Layout
    layout_source: Source
    links: Links
    caches_kib: dict[str, int]
    caches_source: Source
    clock_ghz: float
    clock_source: Source
    transfers: transfers.Transfers
    origin: str
    latencies: Floats | None
    remarks: tuple[str, ...] = ()
    matrix_remarks: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()

    @property
    def measured(self) -> Floats | None:
        """Latencies between the model's cores in ns: float[cores, cores]; None without any."""
        if self.latencies is None:
            return None
        return between_cores(self.latencies, list(self.layout.cores))


def read(request: Request, assumed: Unmeasured, reference: Hardware) -> Imported:
    """Read the sources of a request.

    Args:
        request: what to import.
        assumed: what to assume where nothing is said.
        reference: the machine that costs are scaled from.

    Raises:
        ConfigError: about the first thing that is wrong with a source or a flag.
    """
    source = opened(request)
    described = None
    if source.stated is not None:
        choices = Choices(request.keep_packages, request.nodes_as_packages)
        described = describe(source.stated, choices)
    matrix, matrix_origin = None, ""
    if source.matrix is not None:
        matrix_origin = display_path(source.matrix)
        matrix = read_matrix(source.matrix, plain(str(source.matrix)))
    clock, clock_source = _clock(request, assumed, described, source.origin)
    layout, layout_source, of_layout = _layout(request, described, matrix, clock, source.origin)
    if matrix is not None:
        if described is not None:
            _check_agreement(matrix.ns, layout, matrix_origin)
        links = transfers.links_of(matrix.ns, layout)
        locked = reference.coherence.locked_instruction_cycles
        costs = transfers.measured(matrix.ns, layout, links, clock, locked, matrix_origin)
    else:
        links = _links(described, layout)
        costs = transfers.as_on(reference, layout, clock)
    caches, caches_source = _caches(request, described, source.origin)
    both = matrix is not None and described is not None
    return Imported(
        layout,
        layout_source,
        links,
        caches,
        caches_source,
        clock,
        clock_source,
        costs,
        f"{source.origin}, {matrix_origin}" if both else source.origin,
        None if matrix is None else matrix.ns,
        () if described is None else described.remarks,
        (*(() if matrix is None else matrix.remarks), *of_layout),
        tuple(_assumptions(request, described, matrix, clock, caches)),
    )


def _layout(
    request: Request,
    described: Described | None,
    matrix: Matrix | None,
    clock: float,
    origin: str,
) -> tuple[Layout, Source, tuple[str, ...]]:
    """Take the layout that is described, or find it in latencies: (layout, source, remarks)."""
    if described is not None:
        return described.layout, Source(kind=described.kind, where=origin), ()
    assert matrix is not None, "a source is a description or a matrix"
    found: Found = find_layout(matrix.ns, clock, request.packages, request.threads_per_core, origin)
    how = f"{origin}: nested groups of latencies"
    if request.packages is not None:
        how += f"; --packages {request.packages}"
    return found.layout, Source(kind="derived", where=how), found.remarks


def _assumptions(
    request: Request,
    described: Described | None,
    matrix: Matrix | None,
    clock: float,
    caches: dict[str, int],
) -> Iterator[str]:
    """Say what nobody stated, and the flag that states it."""
    if request.clock_ghz is None and (described is None or described.clock is None):
        yield f"The clock is assumed: {clock:g} GHz (--clock-ghz GHZ)."
    missing = [level for level in LEVELS if level not in caches]
    if missing:
        sizes = f"size{'s' * (len(missing) > 1)} of {', '.join(missing)}"
        yield f"The {sizes} {'are' if len(missing) > 1 else 'is'} assumed (--caches L1,L2,L3)."
    if matrix is None:
        yield "Latencies between cores are assumed, as on opteron_8x6 (--latencies FILE.csv)."
    elif described is not None and not described.numbered:
        yield (
            "CPU numbers are assumed to be in the description's order, and the latencies by it "
            "(indexes= of a synthetic description, or the XML of the machine, states them)."
        )
    packages = 0 if described is None else len(described.layout.packages)
    if described is not None and described.distance is None and packages > 2 and matrix is None:
        yield "Distances between packages are unknown: every two are joined by a link."
    yield "Memory, scheduling, interrupts and network card are assumed, as on opteron_8x6."


def _clock(
    request: Request, assumed: Unmeasured, described: Described | None, origin: str
) -> tuple[float, Source]:
    """Take the clock of the flag, else the one that is stated, else the assumed one."""
    if request.clock_ghz is not None:
        where = (
            f"--clock-ghz {request.clock_ghz:g} on import; the clock of the measurement is unknown"
        )
        return request.clock_ghz, Source(kind="assumed", where=where)
    if described is not None and described.clock is not None:
        clock = described.clock
        return clock.ghz, Source(kind=described.kind, where=f"{origin}: {clock.words}")
    return assumed.clock_ghz, assumed.sources["clock_ghz"]


def _caches(
    request: Request, described: Described | None, origin: str
) -> tuple[dict[str, int], Source]:
    """Find the sizes of caches, in KiB by level: given on the command line, described, or not."""
    if request.caches_kib is not None:
        given = dict(zip(LEVELS, request.caches_kib, strict=True))
        sizes = ",".join(map(str, request.caches_kib))
        return given, Source(kind="assumed", where=f"--caches {sizes} on import")
    if described is None:
        return {}, Source(kind="assumed", where="sizes are unknown")
    stated = described.caches
    return stated.kib, Source(kind=described.kind, where=f"{origin}{stated.note}")


def _links(described: Described | None, layout: Layout) -> Links:
    """Find the links from NUMA distances, or join all packages."""
    packages = len(layout.packages)
    if described is not None and described.distance is not None:
        return links_between(described.distance)
    if packages == 1:
        return Links((), "one package")
    return complete(packages, "distances between packages are unknown: every two joined")


def _check_agreement(latencies: Floats, layout: Layout, origin: str) -> None:
    """Check that latencies are of the machine that hwloc described, CPU by CPU.

    Raises:
        ConfigError: if they have other CPUs, or threads of one core are farther apart than cores.
    """
    cpus = [cpu for core in (*layout.cores, *layout.left_out) for cpu in core]
    if sorted(cpus) != list(range(len(latencies))):
        raise ConfigError(
            message(
                f"--latencies {origin}",
                f"{len(latencies)} CPUs, but the machine has {len(cpus)}: {min(cpus)}..{max(cpus)}",
            )
        )
    first = np.array([core[0] for core in layout.cores])
    near: list[float] = [latencies[c[0], c[1]] for c in layout.cores if len(c) > 1]
    die = latencies[np.ix_(first, first)][layout.die_of[:, None] == layout.die_of]
    package = latencies[np.ix_(first, first)][layout.package_of[:, None] != layout.package_of]
    classes = [np.asarray(part) for part in (near, die, package)]
    medians = [float(np.nanmedian(p)) for p in classes if len(p) and not np.isnan(p).all()]
    if any(b < 0.9 * a for a, b in zip(medians, medians[1:], strict=False)):
        raise ConfigError(
            message(
                f"--latencies {origin}",
                "near CPUs are farther apart than distant ones: other CPU numbers than hwloc's?",
                "an XML file of the machine itself has the operating system's numbers",
            )
        )
