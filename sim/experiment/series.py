"""Published series by name: `series=osdi10/fig06_apache/stock` runs a curve exactly as published.

A series is a curve of an experiment that one of its measures compares with published points. Its
overrides are those of the experiment's file, and whoever names it may add others: an own kernel
under the settings of a figure. The beginning of an experiment's name is enough where no other
begins so, the paper's name of the series does as well, and so does a colon: `osdi10/fig06:Stock`.

A plain run of the same workload on the same kernel is often another run: the paper's machine ran
an instance per core, or processes in place of threads. `other_than` says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.config.compose import compose
from sim.config.errors import ConfigError, message, show, suggestion
from sim.config.files import CHOICE_GROUPS, choices, load_yaml
from sim.config.run import RunConfig
from sim.experiment import papers
from sim.experiment.changes import differences
from sim.experiment.plan import layers_of, load_experiment

WORD = re.compile(r"[\w./+-]+=[\w./+-]+")
LENGTH = ("run.",)
"""Begins the settings that say how long a run is, not what it is."""


@dataclass(frozen=True)
class Series:
    """A published series, and how to run it.

    Attributes:
        experiment, curve: where it stands.
        published: its name in the paper.
        figure: paper and figure, such as `OSDI'10 Figure 6`.
        overrides: that make its run, core counts included.
    """

    experiment: str
    curve: str
    published: str
    figure: str
    overrides: tuple[str, ...]

    @property
    def name(self) -> str:
        """What `series=` takes."""
        return f"{self.experiment}/{self.curve}"


def names(config_dirs: Sequence[Path] = ()) -> dict[str, str]:
    """Name all published series, each with what it is called where it was published."""
    found = {}
    for experiment, path in choices("experiment", config_dirs).items():
        with suppress(ConfigError):  # a user's own file that is no experiment: `run` says why
            for curve, published in _published(load_yaml(path)).items():
                found[f"{experiment}/{curve}"] = published
    return found


def find(name: str, config_dirs: Sequence[Path] = ()) -> Series:
    """Find a series by its name.

    Raises:
        ConfigError: there is none, or several experiments begin so.
    """
    origin, known = f"series={name}", names(config_dirs)
    start, curve = _parts(name.replace(":", "/"))
    fitting = sorted({full for full, _ in map(_parts, known) if full.startswith(start)})
    experiments = [start] if start in fitting else fitting if start else []
    if len(experiments) > 1 and curve:
        what = f"several experiments begin with {show(start)}"
        raise ConfigError(message(origin, what, f"allowed: {', '.join(experiments)}"))
    mine = {full: known[full] for full in known if _parts(full)[0] in experiments}
    for full, published in mine.items():
        if curve and curve.lower() in (_parts(full)[1].lower(), published.lower()):
            return read(full, config_dirs)
    if len(experiments) == 1 and not curve:
        raise ConfigError(message(origin, "the series is missing", f"allowed: {', '.join(mine)}"))
    hint = suggestion(f"{experiments[0]}/{curve}" if mine else name, mine or known)
    see = "see: python -m sim list series"
    raise ConfigError(message(origin, f"no published series called {show(name)}", hint, see))


def read(name: str, config_dirs: Sequence[Path] = ()) -> Series:
    """Read the series of a full name."""
    experiment, curve = _parts(name)
    loaded = load_experiment(experiment, config_dirs)
    published = next(m.series[curve] for m in loaded.measures if curve in m.series)
    paper = papers.load(loaded.paper, config_dirs)
    figure = f"{paper.short} {loaded.artifact}".strip()
    words = tuple(layer.text for layer in layers_of(loaded, curve, config_dirs))
    return Series(experiment, curve, published, figure, words)


def of_workload(workload: str, config_dirs: Sequence[Path] = ()) -> Iterator[str]:
    """Name the experiments with series whose files name a workload, or none."""
    yield from naming({"workload": workload}, config_dirs)


def naming(chosen: Mapping[str, str], config_dirs: Sequence[Path] = ()) -> Iterator[str]:
    """Name experiments with series whose files name what was chosen of each group, or nothing.

    It looks for words, as reading every experiment would take longer than a short run.
    """
    for name, path in choices("experiment", config_dirs).items():
        with suppress(OSError):
            text = path.read_text(encoding="utf-8", errors="replace")
            words = set(WORD.findall(text))
            if "series:" in text and all(
                f"{group}={choice}" in words or f"{group}=" not in text
                for group, choice in chosen.items()
            ):
                yield name


def other_than(config: RunConfig, given: Sequence[str], config_dirs: Sequence[Path] = ()) -> str:
    """Say in a line which published series a run is not, where that is easily overlooked.

    Of those with its workload, kernel and machine the nearest is named. Nothing is said if the run
    is one of them, or one but for settings that its reader chose.

    Args:
        config: the run.
        given: keys that its reader set.
        config_dirs: the user's own folders.
    """
    near: list[tuple[int, Series, dict[str, Any]]] = []
    chosen = dict(zip(("workload", "kernel", "hardware"), _identity(config), strict=True))
    for experiment in naming(chosen, config_dirs):
        for series in _of_experiment(experiment, config_dirs):
            other = compose(series.overrides, config_dirs)
            if _identity(other) == _identity(config):
                unlike = _unlike(other, config, given)
                near.append((len(unlike), series, unlike))
    count, nearest, unlike = min(near, key=lambda item: item[0], default=(0, None, {}))
    if not count or nearest is None:
        return ""
    has = " ".join(f"{key}={show(value).strip(chr(39))}" for key, value in unlike.items())
    return (
        f"{config.workload.name} on {config.kernel.name}: not {nearest.published} of "
        f"{nearest.figure}, which has {has}; that is: python -m sim run series={nearest.name}"
    )


def _unlike(other: RunConfig, config: RunConfig, given: Sequence[str]) -> dict[str, Any]:
    """What a series has otherwise than a run, but for the run's length and what its reader set."""
    return {
        key: value
        for key, value in differences(other, config).items()
        if not key.startswith(LENGTH)
        and not any(f"{key}.".startswith(f"{one}.") for one in given if one not in CHOICE_GROUPS)
    }


def _identity(config: RunConfig) -> tuple[str, str, str]:
    return config.workload.name, config.kernel.name, config.hardware.name


def _of_experiment(experiment: str, config_dirs: Sequence[Path]) -> Iterator[Series]:
    with suppress(ConfigError):
        for curve in _published(load_yaml(choices("experiment", config_dirs)[experiment])):
            yield read(f"{experiment}/{curve}", config_dirs)


def _published(content: Mapping[str, Any]) -> dict[str, str]:
    """Curves of an experiment's file that have a published series, each with the first."""
    found: dict[str, str] = {}
    measures = content.get("measures")
    for measure in measures if isinstance(measures, list) else ():
        series = measure.get("series") if isinstance(measure, Mapping) else None
        for curve, published in series.items() if isinstance(series, Mapping) else ():
            found.setdefault(str(curve), str(published))
    return found


def _parts(name: str) -> tuple[str, str]:
    """Experiment and curve: `paper/artifact`, and what follows."""
    parts = name.split("/")
    return "/".join(parts[:2]), "/".join(parts[2:])
