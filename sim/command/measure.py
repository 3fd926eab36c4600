"""`machine measure`: probes on this machine, and what they say as files of the user's own."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

from sim.config.errors import ConfigError, message
from sim.config.files import CONF, expanded
from sim.drafts import check_writable, refused, write_text
from sim.machine_import.text import check_name, plain
from sim.measure.box import Box, look
from sim.measure.builder import Compiler, built, find_compiler
from sim.measure.campaign import FULL, QUICK, RAW, Campaign
from sim.measure.machine_file import Measured, latency_matrix, machine_file
from sim.measure.plan import Point, points, without_probe
from sim.measure.platform_record import (
    available_bytes,
    cpu_times,
    platform_record,
    stolen_share,
)
from sim.measure.records import CURVES, OF_PAIRS, PAIRS, Record, record, write_csv

QUICK_S, FULL_S = 45.0, 900.0
PLATFORM = "platform.yaml"
MEASURED = Path("reference", "own")
STOLEN = 0.01
"""Of all CPU time, from which the hypervisor's other guests are worth a word."""


@dataclass(frozen=True)
class Options:
    """What a line asks for, as it was typed."""

    output: str | None
    folder: str | None
    quick: bool
    seconds: str | None
    force: bool


@dataclass(frozen=True)
class Target:
    """Where everything goes: NAME, and the user's folder."""

    name: str
    folder: Path

    @property
    def machine(self) -> Path:
        """The file for `hardware=`."""
        return self.folder / "hardware" / f"{self.name}.yaml"

    @property
    def data(self) -> Path:
        """The folder of the measured numbers."""
        return self.folder / MEASURED / self.name


def target_of(name: str, folder: str | None, origin: str) -> Target:
    """Name the files of a machine: in `folder`, by default one of the machine's name."""
    check_name(name, origin)
    where = expanded(name if folder is None else folder, f"--config-dir {plain(folder or name)}")
    if where.resolve().is_relative_to(CONF):
        raise ConfigError(
            message(
                f"--config-dir {plain(str(where))}",
                "conf/ is the project's own",
                "allowed: a folder of your own, which --config-dir names afterwards",
            )
        )
    return Target(name, where)


def run(options: Options) -> None:
    """Measure this machine, and write what was found."""
    if options.output is None:
        raise ConfigError(message("machine measure", "no -o NAME", "such as: -o my_laptop"))
    limit = _seconds(options)
    target = target_of(options.output, options.folder, f"-o {plain(options.output)}")
    box, compiler = look(), find_compiler()
    raw = target.data / RAW
    if target.machine.exists() and not options.force and not raw.exists():
        raise ConfigError(
            message(f"-o {target.name}", f"{target.machine} exists", "--force replaces it")
        )
    check_writable([target.machine], f"-o {target.name}")
    check_writable([raw], f"-o {target.name}")
    if options.force:
        raw.unlink(missing_ok=True)
    todo = points(box, options.quick, available_bytes())
    before = cpu_times()
    with refused(f"-o {target.name}"), built(compiler) as programs:
        campaign = Campaign(todo, programs, raw)
        try:
            with _progress() as progress:
                campaign.run(QUICK if options.quick else FULL, limit, progress)
        except KeyboardInterrupt:
            print(
                f"interrupted; the same line goes on ({len(campaign.open_points())} of "
                f"{len(todo)} points left, {raw})",
                file=sys.stderr,
            )
            raise
        stolen = stolen_share(before, cpu_times())
        measured = write(target, box, compiler, campaign, stolen)
    _say(target, box, campaign, measured, stolen)


def _seconds(options: Options) -> float:
    """Time limit of a campaign."""
    if options.seconds is None:
        return QUICK_S if options.quick else FULL_S
    try:
        value = float(options.seconds)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 864_000:
        raise ConfigError(
            message(
                f"--seconds {plain(options.seconds)}", "not a time limit", "allowed: 0 to 864000"
            )
        )
    return value


def write(
    target: Target, box: Box, compiler: Compiler, campaign: Campaign, stolen: float
) -> Measured:
    """Write the machine's file, the measured points and the platform.

    Raises:
        OSError: if a file cannot be written.
    """
    known = campaign.spreads()
    clocks = _records(campaign.points, known, 1.0, lambda point: point.series.name == "clock")
    matrix = latency_matrix(campaign.points, known)
    origin = (MEASURED / target.name).as_posix()
    first = Measured(target.name, box, matrix, clocks, origin)
    clock = first.clock_ghz or 1.0
    rows = _records(campaign.points, known, clock, lambda point: point.series.probe != OF_PAIRS)
    pairs = _records(campaign.points, known, clock, lambda point: point.series.probe == OF_PAIRS)
    measured = Measured(target.name, box, matrix, rows, origin)
    text, _ = machine_file(measured)
    facts = platform_record(box, compiler)
    facts["clock_ghz_by_hardware_counter"] = (
        round(sorted(campaign.ghz)[len(campaign.ghz) // 2], 3) if campaign.ghz else "not allowed"
    )
    facts["stolen_by_hypervisor"] = round(stolen, 4)
    facts["not_measured"] = dict(sorted(campaign.refused.items()))
    facts["locks_without_a_probe"] = without_probe()
    write_text(target.data / CURVES, write_csv(rows))
    write_text(target.data / PAIRS, write_csv(pairs))
    write_text(target.data / PLATFORM, yaml.safe_dump(facts, sort_keys=False, allow_unicode=True))
    write_text(target.machine, text)
    return measured


def _records(
    points: Any, known: Mapping[str, Any], clock: float, wanted: Callable[[Point], bool]
) -> list[Record]:
    return [record(p, known[p.key], clock) for p in points if p.key in known and wanted(p)]


def _say(target: Target, box: Box, campaign: Campaign, measured: Measured, stolen: float) -> None:
    """Say what was written, and what is wrong with it."""
    cores = f"{len(box.cpus)} core{'s' * (len(box.cpus) > 1)}"
    print(f"{target.machine}: {cores}, {measured.clock_ghz or 0:g} GHz")
    print(f"{target.data}/: {CURVES}, {PAIRS}, {PLATFORM}")
    spreads = campaign.spreads()
    wide = [key for key, known in spreads.items() if not known.is_enough]
    noisy = [key for key, known in spreads.items() if known.is_noisy]
    said = list(box.remarks)
    if wide:
        said.append(
            f"{len(wide)} of {len(campaign.points)} points are not known to 2 %: the same line "
            "goes on where this one ended."
        )
    if noisy:
        said.append(
            f"Other programs ran during {len(noisy)} points: end them, or say taskset for some "
            "free CPUs."
        )
    if stolen > STOLEN:
        said.append(f"The hypervisor gave {stolen:.0%} of the CPU time to other guests.")
    said.append(f"Locks of the model without a probe: {', '.join(without_probe())}.")
    for key, reason in sorted(campaign.refused.items()):
        said.append(f"Not measured: {key.partition('@')[0]}: {reason}.")
    for line in dict.fromkeys(said):
        print(f"# {line}")
    folder = plain(str(target.folder))
    print(f"Next: corescale machine compare {target.name} --config-dir {folder}")


@contextmanager
def _progress() -> Iterator[Callable[[int, int, float], None]]:
    """Show points known and time left, on a terminal that can; silence elsewhere."""
    console = Console(stderr=True)
    if not console.file.isatty() or console.is_dumb_terminal:
        yield lambda done, total, left: None
        return
    with console.status("measuring") as status:
        yield lambda done, total, left: status.update(
            f"measuring: {done} of {total} points known to 2 %, at most {left:.0f} s left"
        )
