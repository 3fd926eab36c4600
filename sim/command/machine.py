"""`machine import`: a description or a measurement of a machine, as a file for `hardware=`."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from pathlib import Path

from sim.config.errors import ConfigError, message, show
from sim.config.files import CONF, expanded
from sim.drafts import check_writable, refused, write_text
from sim.machine_import.document import document
from sim.machine_import.imported import read
from sim.machine_import.request import Request
from sim.machine_import.text import check_name, plain
from sim.machine_import.unmeasured import reference_machine, unmeasured


@dataclass(frozen=True)
class Options:
    """What a line asks for, as it was typed."""

    source: str
    latencies: str | None
    name: str | None
    clock_ghz: str | None
    caches: str | None
    packages: str | None
    no_smt: bool
    output: str | None
    force: bool


def run(options: Options) -> None:
    """Import one machine, and write or print its file."""
    target = None if options.output is None else _target(options.output, options.force)
    if options.force and target is None:
        raise ConfigError(message("--force", "goes with -o FILE"))
    assumed, reference = unmeasured(), reference_machine()
    request = _request(options, target)
    imported = read(request, assumed, reference)
    text, _ = document(request, imported, assumed, reference)
    if target is None:
        print(text, end="")
        return
    with refused(f"-o {plain(str(target))}"):
        write_text(target, text)
    print(f"{target}: " + text.splitlines()[0].removeprefix("# "))


def _request(options: Options, target: Path | None) -> Request:
    """Check the flags, and find the machine's name."""
    return Request(
        source=options.source,
        name=_name(options, target),
        latencies=_latencies(options.latencies),
        clock_ghz=_clock(options.clock_ghz),
        caches_kib=_caches(options.caches),
        packages=_packages(options.packages),
        smt=not options.no_smt,
    )


def _target(name: str, force: bool) -> Path:
    """Return the file to write, once it is known that nothing is lost."""
    origin = f"-o {plain(name)}"
    path = expanded(name, origin)
    if path.suffix != ".yaml":
        raise ConfigError(message(origin, "not the name of a YAML file", "allowed: NAME.yaml"))
    check_name(path.stem, origin)
    check_writable([path], origin)
    folder = Path(os.path.realpath(path)).parent
    if folder.is_relative_to(CONF) and folder != CONF / "hardware":
        raise ConfigError(
            message(
                origin,
                f"{folder.relative_to(CONF.parent).as_posix()}/ is no place for a machine",
                "allowed: conf/hardware/, or a folder outside conf/",
            )
        )
    if path.exists() and not force:
        raise ConfigError(message(origin, "the file exists", "--force replaces it"))
    return path


def _name(options: Options, target: Path | None) -> str:
    """Return the name that was given, that of the file, or one made from the source's."""
    if options.name is not None:
        return check_name(options.name, f"--name {plain(options.name)}")
    if target is not None:
        return target.stem
    source = Path(options.source)
    if source.suffix.lower() in (".xml", ".csv"):
        return re.sub(r"[^a-z0-9]+", "_", source.stem.lower()).strip("_")[:64] or "imported"
    return "imported"


def _latencies(text: str | None) -> Path | None:
    return None if text is None else expanded(text, f"--latencies {plain(text)}")


def _clock(text: str | None) -> float | None:
    if text is None:
        return None
    value = _number(text)
    if not 0.1 <= value <= 20:
        raise ConfigError(
            message(f"--clock-ghz {plain(text)}", "not a clock in GHz", "allowed: 0.1 to 20")
        )
    return value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _caches(text: str | None) -> tuple[int, int, int] | None:
    if text is None:
        return None
    found = re.fullmatch(r"([0-9]{1,7}),([0-9]{1,7}),([0-9]{1,7})", text, re.ASCII)
    if found is None:
        raise ConfigError(
            message(
                f"--caches {plain(text)}", "not three sizes in KiB", "such as --caches 32,512,16384"
            )
        )
    return int(found[1]), int(found[2]), int(found[3])


def _packages(text: str | None) -> int | None:
    if text is None:
        return None
    if re.fullmatch(r"[0-9]{1,4}", text, re.ASCII) is None or int(text) < 1:
        raise ConfigError(
            message(f"--packages {plain(text)}", f"{show(plain(text))} is not a number of packages")
        )
    return int(text)
