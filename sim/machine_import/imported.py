"""From a source to a machine: layout, links, caches, and what moving a line costs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.config.errors import ConfigError, message, show
from sim.config.files import expanded
from sim.machine.settings.hardware import Hardware
from sim.machine_import import transfers
from sim.machine_import.described import Described
from sim.machine_import.found_layout import find_layout
from sim.machine_import.hwloc_synthetic import looks_synthetic, read_synthetic
from sim.machine_import.hwloc_xml import read_hwloc_xml
from sim.machine_import.latency_matrix import read_matrix
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
    names what was read, for a file of conf/.
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
    described, matrix_path, origin = _open(request)
    latencies, matrix_origin = None, ""
    if matrix_path is not None:
        matrix_origin = display_path(matrix_path)
        latencies = read_matrix(matrix_path, plain(str(matrix_path)))
    clock, clock_source = _clock(request, assumed)
    if described is None:
        assert latencies is not None
        layout = find_layout(latencies, clock, request.packages, request.smt, origin)
        how = f"{origin}: nested groups of latencies"
        if request.packages is not None:
            how += f"; --packages {request.packages}"
        layout_source = Source(kind="derived", where=how)
    else:
        layout = described.layout
        layout_source = Source(kind=described.kind, where=origin)
        if latencies is not None:
            _check_agreement(latencies, layout, matrix_origin)
    if latencies is not None:
        links = transfers.links_of(latencies, layout)
        costs = transfers.measured(
            latencies,
            layout,
            links,
            clock,
            reference.coherence.locked_instruction_cycles,
            matrix_origin,
        )
    else:
        links = _links(described, layout)
        costs = transfers.as_on(reference, layout, clock)
    caches, caches_source = _caches(request, described, origin)
    origins = origin if matrix_path is None or described is None else f"{origin}, {matrix_origin}"
    return Imported(
        layout,
        layout_source,
        links,
        caches,
        caches_source,
        clock,
        clock_source,
        costs,
        origins,
        latencies,
    )


def _open(request: Request) -> tuple[Described | None, Path | None, str]:
    """Read hwloc's source, or find that the source is a matrix: (hwloc's, matrix, origin)."""
    path = expanded(request.source, plain(request.source))
    synthetic = looks_synthetic(request.source)
    if not synthetic or _exists(path):
        origin = plain(request.source)
        if path.suffix.lower() == ".xml":
            _refuse_packages(request)
            return read_hwloc_xml(path, origin), request.latencies, display_path(path)
        if path.suffix.lower() == ".csv":
            if request.latencies is not None:
                raise ConfigError(
                    message(
                        f"--latencies {plain(str(request.latencies))}",
                        "the source is a CSV of latencies already",
                        "--latencies goes with hwloc's XML or synthetic description",
                    )
                )
            return None, path, display_path(path)
        raise ConfigError(
            message(
                origin,
                "no source of a machine",
                "allowed: FILE.xml (lstopo --of xml), FILE.csv (core-to-core latencies in ns), "
                "or hwloc's synthetic description such as 'pack:2 l3:1 core:8 pu:2'",
            )
        )
    _refuse_packages(request)
    origin = plain(" ".join(request.source.split()))
    return read_synthetic(request.source, show(origin)), request.latencies, origin


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _refuse_packages(request: Request) -> None:
    if request.packages is not None:
        raise ConfigError(
            message(
                f"--packages {request.packages}",
                "hwloc's description says how many there are",
                "--packages goes with a CSV of latencies",
            )
        )


def _clock(request: Request, assumed: Unmeasured) -> tuple[float, Source]:
    if request.clock_ghz is None:
        return assumed.clock_ghz, assumed.sources["clock_ghz"]
    where = f"--clock-ghz {request.clock_ghz:g} on import; the clock of the measurement is unknown"
    return request.clock_ghz, Source(kind="assumed", where=where)


def _caches(
    request: Request, described: Described | None, origin: str
) -> tuple[dict[str, int], Source]:
    """Find the sizes of caches, in KiB by level: given on the command line, by hwloc, or not."""
    if request.caches_kib is not None:
        given = dict(zip(LEVELS, request.caches_kib, strict=True))
        sizes = ",".join(map(str, request.caches_kib))
        return given, Source(kind="assumed", where=f"--caches {sizes} on import")
    if described is None:
        return {}, Source(kind="assumed", where="sizes are unknown")
    found = {level: size for level, size in described.caches_kib.items() if level in LEVELS}
    note = ""
    if "l2" in found and "l3" not in found:
        found["l3"] = found["l2"]
        note = "; no third level: l3 repeats l2"
    return found, Source(kind=described.kind, where=f"{origin}{note}")


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
