"""`machine import`: a description or a measurement of a machine, as a file for `hardware=`."""

from __future__ import annotations

import math
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from sim.command import curves
from sim.config.errors import ConfigError, message, show
from sim.config.files import CONF, expanded
from sim.drafts import check_writable, refused, write_text
from sim.machine_import.agreement import disagreement
from sim.machine_import.document import document, notes
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
    threads_per_core: str | None
    no_smt: bool
    keep_packages: bool
    nodes_as_packages: bool
    output: str | None
    force: bool


def run(options: Options) -> None:
    """Import one machine, or measured curves, and write or print the file."""
    if options.force and options.output is None:
        raise ConfigError(message("--force", "goes with -o FILE"))
    if curves.imported(options.source, options.output, options.force, _machine_flags(options)):
        return
    target = None if options.output is None else _target(options.output, options.force)
    assumed, reference = unmeasured(), reference_machine()
    request = _request(options, target)
    imported = read(request, assumed, reference)
    text, machine = document(request, imported, assumed, reference)
    said = [*notes(request, imported), *disagreement(imported, machine, request)]
    if target is None:
        print(text, end="", flush=True)
    else:
        with refused(f"-o {plain(str(target))}"):
            write_text(target, text)
        print(f"{target}: " + text.splitlines()[0].removeprefix("# "), flush=True)
    for note in said:
        print(f"note: {note}", file=sys.stderr)


def _machine_flags(options: Options) -> list[str]:
    """List the flags that say something of a machine."""
    given = {
        "--latencies": options.latencies,
        "--name": options.name,
        "--clock-ghz": options.clock_ghz,
        "--caches": options.caches,
        "--packages": options.packages,
        "--threads-per-core": options.threads_per_core,
        "--no-smt": options.no_smt,
        "--keep-packages": options.keep_packages,
        "--nodes-as-packages": options.nodes_as_packages,
    }
    return [flag for flag, value in given.items() if value]


def _request(options: Options, target: Path | None) -> Request:
    """Check the flags, and find the machine's name."""
    return Request(
        source=options.source,
        name=_name(options, target),
        latencies=_latencies(options.latencies),
        clock_ghz=_clock(options.clock_ghz),
        caches_kib=_caches(options.caches),
        packages=_packages(options.packages),
        threads_per_core=_threads(options.threads_per_core, options.no_smt),
        keep_packages=options.keep_packages,
        nodes_as_packages=options.nodes_as_packages,
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


def _threads(text: str | None, no_smt: bool) -> int | None:
    """Read how many hardware threads a core has; `--no-smt` is one."""
    if text is None:
        return 1 if no_smt else None
    origin = f"--threads-per-core {plain(text)}"
    if re.fullmatch(r"[0-9]{1,2}", text, re.ASCII) is None or not 1 <= int(text) <= 16:
        raise ConfigError(
            message(origin, f"{show(plain(text))} is not a number of threads", "allowed: 1 to 16")
        )
    if no_smt and int(text) != 1:
        raise ConfigError(message(origin, "--no-smt says that there is one"))
    return int(text)
