"""Which published points were fitted: `conf/calibration/`, the one place that says so.

A calibration fits keys of `conf/` to published points: by simulation (`python -m calibration NAME`,
its `targets`), by hand (`by_hand`), or both. From here come the marks of fitted points
in figures and verdicts; the source of a calibrated number names its calibration in `fitted_on`.

    conf/calibration/exim.yaml --Points--> marks of Figure 4
                               <--name---- sources: {page_faults: {fitted_on: exim}}
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from sim.config.errors import ConfigError, message, show, suggestion
from sim.config.files import choices, display, load_yaml, unchanging
from sim.config.validation import validate
from sim.experiment import references
from sim.experiment.fields import CoreCount, Name, Text
from sim.experiment.file import Curve, Experiment, Measure
from sim.settings import Settings


class Points(Settings):
    """Published points that a fit used: some of one series, or of a table that has no core counts.

    Without `cores` the fit used no point of a curve; without `reference` not even a table, and
    `why` says what.
    """

    reference: str | None = Field(default=None, description="file under reference/")
    series: str | None = Field(default=None, description="published series, where there are some")
    cores: list[CoreCount] = Field(default_factory=list, description="core counts of the points")
    x_column: str = Field(default="x", description="column with the core count")
    y_column: str = Field(default="y", description="column with the value")
    series_column: str = Field(default="series", description="column with the series")

    @property
    def columns(self) -> tuple[str, str, str]:
        """Columns of the core count, the value and the series."""
        return self.x_column, self.y_column, self.series_column

    @property
    def text(self) -> str:
        """The points in words."""
        series = f" {self.series}" if self.series else ""
        counts = ", ".join(map(str, self.cores))
        cores = f" at {counts} core{'s' if self.cores != [1] else ''}" if self.cores else ""
        return f"{self.reference or 'no table'}{series}{cores}"


class Parameter(Settings):
    """A number that is fitted, and the range in which it would not surprise anybody.

    The range is what is known without the points: the fit's prior, of which it is two standard
    deviations to either side of the middle. What the points leave anywhere in it they do not
    identify.
    """

    key: str = Field(description="dotted key")
    workload: str | None = Field(
        default=None, description="of which workload, where several have the key"
    )
    low: float | None = Field(default=None, gt=0, description="low end; a tenth of the value")
    high: float | None = Field(default=None, gt=0, description="high end; ten times the value")
    why: str = Field(default="", description="what makes the range plausible")

    @property
    def label(self) -> str:
        """The key, and the workload that has it where several do."""
        return f"{self.workload}: {self.key}" if self.workload else self.key

    @model_validator(mode="before")
    @classmethod
    def _of_a_key(cls, given: Any) -> Any:
        return {"key": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _is_a_range(self) -> Parameter:
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"low: {self.low} is not below high: {self.high}")
        return self


class Target(Points):
    """Points of one curve that a simulated fit compares with."""

    overrides: list[str] = Field(description="what to run, as after `python -m sim run`")
    reference: str = Field(description="file under reference/")
    cores: Annotated[list[CoreCount], Field(min_length=1)] = Field(
        description="core counts used by the fit"
    )
    column: str = Field(description="simulated measure")
    scale: float = Field(
        default=1.0, description="factor from the column's unit to the reference's"
    )
    accuracy: float = Field(
        default=0.03, gt=0, lt=1, description="relative error that counts as one in the fit's loss"
    )


class ByHand(Points):
    """Points on which somebody chose a value, or read an input off."""

    why: Text = Field(description="what the points decided")


class Calibration(Settings):
    """One fit."""

    name: Name
    why: str = Field(description="what is fitted, on what, and what is left to be predicted")
    adopted: bool = Field(
        default=True, description="whether conf/ holds its values; else an experiment sets them"
    )
    fixed: list[str] = Field(default_factory=list, description="overrides of every run")
    parameters: list[Parameter] = Field(
        default_factory=list,
        description="what to fit, starting from conf/: a key alone, or with workload, low and high",
    )
    targets: list[Target] = Field(default_factory=list)
    by_hand: list[ByHand] = Field(default_factory=list)

    @model_validator(mode="after")
    def _fits_something(self) -> Calibration:
        if bool(self.parameters) != bool(self.targets):
            raise ValueError("parameters: a script fits parameters to targets; give both")
        if not self.targets and not self.by_hand:
            raise ValueError("needs targets, by_hand or both")
        return self

    @property
    def points(self) -> list[tuple[str, Points]]:
        """All points that the fit used, with their keys in the file."""
        found: list[tuple[str, Points]] = [
            (f"targets[{index}]", target) for index, target in enumerate(self.targets)
        ]
        return found + [(f"by_hand[{index}]", points) for index, points in enumerate(self.by_hand)]


def names(config_dirs: Sequence[Path] = ()) -> dict[str, Path]:
    """List the calibrations with their files."""
    return choices("calibration", config_dirs)


def load(name: str, config_dirs: Sequence[Path] = (), origin: str = "") -> Calibration:
    """Read and check one calibration, the points that it names included.

    Args:
        origin: who asks for it, for messages.

    Raises:
        ConfigError: there is none of that name, or something in it is wrong.
    """
    known = names(config_dirs)
    if name not in known:
        what = f"no calibration called {show(name)}"
        raise ConfigError(message(origin or f"calibration {name}", what, suggestion(name, known)))
    path = known[name]
    return _loaded(name, path, path.stat().st_mtime_ns, references.roots(config_dirs))


@lru_cache(maxsize=256)
def _loaded(name: str, path: Path, modified: int, roots: tuple[Path, ...]) -> Calibration:
    file = display(path)
    found = validate(Calibration, load_yaml(path), lambda key: f"{file}: {key}" if key else file)
    if found.name != name:
        what = f"{show(found.name)} does not match the file's path"
        raise ConfigError(message(f"{file}: name", what, f"allowed: {name}"))
    for key, points in found.points:
        _require(points, f"{file}: {key}", roots)
    return found


def _require(points: Points, origin: str, roots: tuple[Path, ...]) -> None:
    """Check that published points exist."""
    if points.reference is None:
        if points.series is not None or points.cores:
            raise ConfigError(message(f"{origin}.reference", "series and cores need a reference"))
        return
    table = references.read(points.reference, roots, f"{origin}.reference")
    if not points.cores:
        return
    published = [
        cores
        for cores, _ in references.points(table, points.series, points.columns, f"{origin}.series")
    ]
    for cores in points.cores:
        if cores not in published:
            raise ConfigError(
                message(
                    f"{origin}.cores",
                    f"{points.reference} has no point at {cores} cores",
                    f"allowed: {', '.join(map(str, published))}",
                )
            )


@unchanging()
def adopted(config_dirs: Sequence[Path] = ()) -> list[Calibration]:
    """Read all calibrations whose values `conf/` holds."""
    found = [load(name, config_dirs) for name in names(config_dirs)]
    return [calibration for calibration in found if calibration.adopted]


def keep() -> None:
    """Have the project's calibrations in this process, for those that are forked from it.

    What is wrong with one is said by whoever needs it.
    """
    with contextlib.suppress(ConfigError), unchanging():
        adopted()


def of_experiment(experiment: Experiment, locate: Callable[[str], str] = str) -> list[Calibration]:
    """Calibrations whose points are fitted in an experiment: its own, or all that are adopted."""
    if experiment.calibration:
        return [load(experiment.calibration, experiment.config_dirs, locate("calibration"))]
    return adopted(experiment.config_dirs)


def fitted(measure: Measure, curve: str, calibrations: Sequence[Calibration]) -> list[int]:
    """Core counts of a measure's published points of one curve that some calibration used."""
    if measure.reference is None or curve not in measure.series:
        return []
    return sorted(
        {
            cores
            for calibration in calibrations
            for _, points in calibration.points
            if points.reference == measure.reference
            and points.y_column == measure.y_column
            and points.series in (None, measure.series[curve])
            for cores in points.cores
        }
    )


def fitted_points(
    experiment: Experiment, calibrations: Sequence[Calibration]
) -> Iterator[tuple[Curve, int]]:
    """Yield the curves and core counts of which some measure's published value was fitted."""
    for measure in experiment.measures:
        for curve in experiment.curves:
            for cores in fitted(measure, curve.id, calibrations):
                yield curve, cores
