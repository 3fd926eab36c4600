"""What form a source has: told by its content, whatever the file is called.

Descriptions of machines become `Stated`; a matrix of latencies is left to `latency_matrix`; files
of measured curves are named, and left to `sim.measure`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sim.config.errors import ConfigError, message, show
from sim.config.files import expanded
from sim.machine_import.hwloc_synthetic import looks_synthetic, read_synthetic
from sim.machine_import.hwloc_xml import read_hwloc_xml
from sim.machine_import.lscpu import looks_like_lscpu, read_lscpu
from sim.machine_import.numactl import looks_like_numactl, read_numactl
from sim.machine_import.request import Request
from sim.machine_import.stated import Stated
from sim.machine_import.sysfs import devices_of, read_sysfs
from sim.machine_import.text import display_path, plain, read_text

ALLOWED = (
    "allowed: FILE.xml (lstopo --of xml), lscpu -J, numactl -H, /sys/devices/system or a copy of "
    "it, FILE.csv (core-to-core latencies in ns), "
    "or hwloc's synthetic description such as 'pack:2 l3:1 core:8 pu:2'"
)
# A text that begins with numbers alone, and what core-to-core-latency prints.
MATRIX = re.compile(r"[\s,;0-9.eEnaN+±-]*[0-9][\s,;0-9.eEnaN+±-]*\Z")
HEAD = 4096


@dataclass(frozen=True)
class Opened:
    """A source: what it states, or the file of a matrix; and what names it in a file of conf/."""

    stated: Stated | None
    matrix: Path | None
    origin: str


def opened(request: Request) -> Opened:
    """Read a description, or find that the source is a matrix.

    Raises:
        ConfigError: if the source is neither, or a flag does not go with it.
    """
    path = expanded(request.source, plain(request.source))
    if is_synthetic(request.source):
        _refuse_counts(request, "hwloc's description")
        origin = plain(" ".join(request.source.split()))
        return Opened(read_synthetic(request.source, show(origin)), request.latencies, origin)
    origin = plain(request.source)
    if _is_folder(path):
        devices = devices_of(path)
        if devices is None:
            raise ConfigError(message(origin, "no source of a machine", ALLOWED))
        _refuse_counts(request, "the tree")
        shown = f"sysfs, {display_path(path)}"
        return Opened(read_sysfs(devices, origin), request.latencies, shown)
    return _of_file(request, path, origin)


def _of_file(request: Request, path: Path, origin: str) -> Opened:
    """Read a file by its ending, or else by its content."""
    shown = display_path(path)
    if path.suffix.lower() == ".xml":
        _refuse_counts(request, "hwloc's description")
        return Opened(read_hwloc_xml(path, origin), request.latencies, shown)
    if path.suffix.lower() == ".csv":
        return _matrix(request, path, shown)
    if not _exists(path):
        raise ConfigError(message(origin, "no source of a machine", ALLOWED))
    text = read_text(path, origin)
    if text.lstrip().startswith("<"):
        _refuse_counts(request, "hwloc's description")
        stated = read_hwloc_xml(path, origin)
        return Opened(stated, request.latencies, f"hwloc's XML, {shown}")
    if looks_like_lscpu(text):
        return Opened(read_lscpu(text, request, origin), request.latencies, f"lscpu, {shown}")
    if looks_like_numactl(text):
        stated = read_numactl(text, request, origin)
        return Opened(stated, request.latencies, f"numactl -H, {shown}")
    if MATRIX.match(text[:HEAD]) or "latency in nanoseconds" in text[:HEAD].lower():
        return _matrix(request, path, shown)
    raise ConfigError(message(origin, "no source of a machine", ALLOWED))


def _matrix(request: Request, path: Path, shown: str) -> Opened:
    if request.latencies is not None:
        raise ConfigError(
            message(
                f"--latencies {plain(str(request.latencies))}",
                "the source is a CSV of latencies already",
                "--latencies goes with a description: hwloc's, lscpu's, numactl's or /sys",
            )
        )
    for flag, given in (
        ("--keep-packages", request.keep_packages),
        ("--nodes-as-packages", request.nodes_as_packages),
    ):
        if given:
            raise ConfigError(message(flag, "latencies name no packages", "--packages says them"))
    return Opened(None, path, shown)


def _refuse_counts(request: Request, what: str) -> None:
    """Refuse flags that would contradict what a description states."""
    for flag, given in (
        ("--packages", request.packages),
        ("--threads-per-core", request.threads_per_core),
    ):
        if given is not None:
            raise ConfigError(
                message(
                    f"{flag} {given}",
                    f"{what} says how many there are",
                    f"{flag} goes with a CSV of latencies or with numactl",
                )
            )


def is_synthetic(source: str) -> bool:
    """Whether a source is a description itself, and no file's name."""
    return looks_synthetic(source) and not _exists(expanded(source, plain(source)))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False
