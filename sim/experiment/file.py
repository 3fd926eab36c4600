"""An experiment: one figure, table or section of a paper, as a declarative file.

`conf/experiment/<paper>/<artifact>.yaml` says which curves to run, over which axes, which columns
to plot against which published series, and which claims to judge. A user's own sweep is the same
file without references. Unknown keys are fatal, and names are checked against one another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PrivateAttr, model_validator

from sim.experiment import places
from sim.experiment.claim import Claim
from sim.experiment.fields import (
    ColumnName,
    CoreCount,
    Cores,
    CurveId,
    Key,
    Name,
    SomeCores,
    Text,
)
from sim.experiment.kinds import AnyView
from sim.settings import Settings

Factors = Annotated[list[Annotated[float, Field(ge=0.001, le=100)]], Field(min_length=1)]


@dataclass(frozen=True)
class Joined:
    """Where a curve comes from that is not in the file: its kernel, and the curves beside it."""

    kernel: str
    beside: tuple[str, ...]


class Curve(Settings):
    """One line of a figure: group choices and overrides on top of the experiment's own."""

    id: Name = Field(description="name in files and results")
    label: Text = Field(description="name in figures")
    group: str = Field(default="", description="name in figures of what it runs")
    case: Key = Field(default="", description="what it runs: views compare the curves of one case")
    design: Name = Field(
        default_factory=lambda curve: str(curve.get("id", "")),
        description="on what it runs, as views name it; default: its id",
    )
    counts: dict[CoreCount, Text] = Field(
        default_factory=dict, description="what its core counts stand for, where for something else"
    )
    overrides: list[str] = Field(default_factory=list, description="Hydra overrides of this curve")
    of: Annotated[str, Field(pattern=r"^(|[A-Za-z0-9_-]+(/[A-Za-z0-9_][A-Za-z0-9_.-]*){2})$")] = (
        Field(default="", description="experiment/curve whose results these are; runs nothing")
    )

    @model_validator(mode="after")
    def _runs_or_reuses(self) -> Curve:
        if self.of and self.overrides:
            raise ValueError(f"curve {self.id}: overrides have no effect on results of {self.of}")
        return self

    def at(self, cores: int) -> str:
        """A core count of it in words: what it stands for, or `48 cores`."""
        return self.counts.get(cores) or (f"{cores} core" if cores == 1 else f"{cores} cores")

    @property
    def source(self) -> tuple[str, str]:
        """Experiment and curve whose results these are; two empty texts for its own."""
        experiment, _, curve = self.of.rpartition("/")
        return experiment, curve


class Measure(Settings):
    """One column of the results, plotted against its published series."""

    id: Name = Field(description="name in files and claims")
    column: ColumnName = Field(description="column of the results")
    scale: Annotated[float, Field(ge=1e-15, le=1e15)] = Field(
        default=1.0, description="factor from the column's unit to the figure's"
    )
    label: Text = Field(description="axis label with its unit")
    reference: str | None = Field(default=None, description="published numbers, under reference/")
    x_column: Name = Field(default="x", description="column of the reference with the core count")
    y_column: Name = Field(default="y", description="column of the reference with the value")
    series_column: Name = Field(
        default="series", description="column of the reference with the series, where it has one"
    )
    series: dict[Name, str] = Field(
        default_factory=dict, description="curve id to the published series it answers to"
    )
    exclude: dict[Name, list[CoreCount]] = Field(
        default_factory=dict, description="points that error claims leave out, by curve"
    )

    @property
    def reference_columns(self) -> tuple[str, str, str]:
        """Columns of the reference with the core count, the value and the series."""
        return self.x_column, self.y_column, self.series_column

    @model_validator(mode="before")
    @classmethod
    def _fitted_points_stand_elsewhere(cls, data: Any) -> Any:
        if isinstance(data, dict) and "fitted" in data:
            raise ValueError(
                "fitted: which points were fitted is said by conf/calibration/NAME.yaml "
                "(targets, by_hand), and followed here"
            )
        return data

    @model_validator(mode="after")
    def _points_have_a_reference(self) -> Measure:
        if self.reference is None and (self.series or self.exclude):
            raise ValueError(f"measure {self.id}: series and exclude need a reference")
        for curve in self.exclude:
            if curve not in self.series:
                raise ValueError(
                    f"measure {self.id}: exclude names curve '{curve}', "
                    "which has no published series"
                )
        return self


class Sensitivity(Settings):
    """A band around one curve: each key varied, one at a time."""

    curve: CurveId = Field(description="curve that gets the band")
    cores: SomeCores = Field(description="core counts of the band")
    replications: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=2, description="replications of each point of the band, at most those of the run"
    )
    scale: dict[str, Factors] = Field(
        default_factory=dict, description="dotted key to the factors it is multiplied by"
    )
    fitted: list[str] = Field(
        default_factory=list,
        description="fitted keys, each taken to the ends of the 95 % interval that its "
        "calibration's record gives",
    )
    instead: dict[str, Annotated[list[bool | str], Field(min_length=1)]] = Field(
        default_factory=dict,
        description="dotted key of a choice to the other values that it is given, one at a time",
    )
    assumed: dict[str, Factors] = Field(
        default_factory=dict,
        description="group or subtree to the factors that each assumed number below it is "
        "multiplied by, one at a time; those that are 0 or without effect on the workload are not",
    )

    @model_validator(mode="after")
    def _scales_something(self) -> Sensitivity:
        if not (self.scale or self.fitted or self.instead or self.assumed):
            raise ValueError("sensitivity: needs scale, fitted, instead or assumed")
        return self


class WhatIf(Settings):
    """Objects that cost nothing, each alone: the same curves without the time that one takes."""

    curves: Annotated[list[Name], Field(min_length=1)] = Field(description="curves that run so")
    cores: Cores = Field(description="active cores of these runs")
    replications: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=3, description="replications of each of these runs, at most those of the run"
    )
    minimum_replications: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None,
        description="the fewest of them, in place of the run's own: where a curve jumps between "
        "two speeds, as many as it has, so that pairs leave out none of it",
    )
    free: Annotated[list[Name], Field(min_length=1)] = Field(
        description="objects of the account that cost nothing, one at a time"
    )

    @model_validator(mode="after")
    def _names_stand_once(self) -> WhatIf:
        for what, names in (("curves", self.curves), ("free", self.free)):
            for name in names:
                if names.count(name) > 1:
                    raise ValueError(f"{what}: '{name}' stands twice")
        return self


class Timeline(Settings):
    """Values of named words over time, from a trace of one curve at one core count."""

    curve: Name = Field(description="curve that is traced")
    cores: CoreCount = Field(description="active cores of the trace")
    records: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        description="shared instructions traced, from the start of the run"
    )
    overrides: list[str] = Field(default_factory=list, description="what else differs in the trace")


# --- the file ------------------------------------------------------------------------------


def _in_a_list(bands: Any) -> Any:
    """Let one band stand for a list of one."""
    return [bands] if isinstance(bands, dict) else bands


class Experiment(Settings):
    """One artifact: what to run, what to plot, what to compare and what to claim."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+/[A-Za-z0-9_][A-Za-z0-9_.-]*$")] = Field(
        description="paper/artifact, as in the path of the file"
    )
    paper: Name = Field(
        default="user",
        description="where it comes from, a file of conf/paper; user: a sweep of one's own",
    )
    section: str = Field(default="", description="section of the paper")
    subject: str = Field(default="", description="what it is about, as menus name it")
    artifact: str = Field(default="", description="figure, table or section reproduced")
    title: Text = Field(description="heading in the report")
    finding: str = Field(default="", description="what the reader should see, in one sentence")
    on_request: bool = Field(
        default=False,
        description="left out of a run of all experiments, or of a pattern: it takes minutes",
    )
    base: list[str] = Field(default_factory=list, description="group choices of every curve")
    axes: dict[str, list[Any]] = Field(
        default_factory=dict, description="dotted key to its values; cores is one"
    )
    overrides: list[str] = Field(default_factory=list, description="overrides of every curve")
    curves: Annotated[list[Curve], Field(min_length=1)]
    calibration: str = Field(
        default="",
        description="calibration whose values the overrides are: its points alone are fitted here; "
        "default: those of all whose values conf/ holds",
    )
    measures: list[Measure] = Field(default_factory=list)
    speedup: bool = Field(default=True, description="draw throughput(N) / throughput(1)")
    breakdown: bool = Field(default=True, description="draw cycles per operation by cause")
    views: list[AnyView] = Field(default_factory=list, description="figures beside the measures")
    toggles: list[str] = Field(
        default_factory=list,
        description="switches that are flipped one at a time; `key.*` names all below a key",
    )
    what_if: list[WhatIf] = Field(
        default_factory=list, description="objects that cost nothing, one at a time: what if?"
    )
    sensitivity: Annotated[list[Sensitivity], BeforeValidator(_in_a_list)] = Field(
        default_factory=list, description="bands around curves, one or a list"
    )
    timeline: Timeline | None = None
    claims: list[Claim] = Field(default_factory=list)
    _config_dirs: tuple[Path, ...] = PrivateAttr(default=())
    _also: tuple[str, ...] = PrivateAttr(default=())
    _joined: Mapping[str, Joined] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _ids_stand_once(self) -> Experiment:
        for what, names in (
            ("curve", [curve.id for curve in self.curves]),
            ("measure", [measure.id for measure in self.measures]),
            ("view", [view.id for view in self.views]),
            ("claim", [claim.id for claim in self.claims]),
        ):
            for name in names:
                if names.count(name) > 1:
                    raise ValueError(f"{what} id '{name}' stands twice")
        return self

    @model_validator(mode="after")
    def _axes_have_values(self) -> Experiment:
        for key, values in self.axes.items():
            if not values:
                raise ValueError(f"axes.{key}: the list is empty")
        return self

    @model_validator(mode="after")
    def _toggles_and_what_if_are_of_own_results(self) -> Experiment:
        reused = {curve.id for curve in self.curves if curve.of}
        if self.toggles and reused:
            raise ValueError("toggles: results of another experiment cannot be toggled")
        for index, asked in enumerate(self.what_if):
            for curve in asked.curves:
                if curve in reused:
                    raise ValueError(f"what_if[{index}]: results of another experiment: '{curve}'")
        return self

    @model_validator(mode="after")
    def _objects_are_freed_once(self) -> Experiment:
        freed = [
            (curve, w.cores, name) for w in self.what_if for curve in w.curves for name in w.free
        ]
        for curve, cores, name in freed:
            if freed.count((curve, cores, name)) > 1:
                raise ValueError(
                    f"what_if: '{name}' of curve '{curve}' stands twice at {cores} cores"
                )
        return self

    @model_validator(mode="after")
    def _bands_are_of_own_results(self) -> Experiment:
        reused = {curve.id for curve in self.curves if curve.of}
        for band in self.sensitivity:
            if band.curve in reused:
                raise ValueError(f"sensitivity: results of another experiment: '{band.curve}'")
        return self

    @model_validator(mode="after")
    def _curves_exist(self) -> Experiment:
        curves = {curve.id for curve in self.curves}
        for where, curve in self._used_curves():
            if curve not in curves:
                raise ValueError(
                    f"{where}: no curve '{curve}' (the curves are {', '.join(sorted(curves))})"
                )
        return self

    def _used_curves(self) -> Iterator[tuple[str, str]]:
        """Yield what names a curve outside views and claims, and the curve."""
        yield from ((f"measure {m.id}", curve) for m in self.measures for curve in m.series)
        for index, asked in enumerate(self.what_if):
            yield from ((f"what_if[{index}]", curve) for curve in asked.curves)
        yield from (("sensitivity", band.curve) for band in self.sensitivity)
        if self.timeline is not None:
            yield "timeline", self.timeline.curve

    @model_validator(mode="after")
    def _metrics_and_views_fit(self) -> Experiment:
        if any(view.joins for view in self.views):
            places.require(self.curves)
        for claim in self.claims:
            for metric in claim.metrics:
                metric.check(self, f"claim {claim.id}")
        for index, view in enumerate(self.views):
            view.check(self, f"views[{index}]")
        return self

    @property
    def display(self) -> str:
        """Its name for people: `Exim, Figure 4`."""
        known = [text for text in (self.subject, self.artifact) if text]
        return ", ".join(known) or self.title

    @property
    def kernels(self) -> dict[str, str]:
        """Kernel that each curve of its own runs on, as far as the file chooses one."""
        found = {}
        for curve in self.curves:
            chosen = [
                text.partition("=")[2]
                for text in (*self.base, *self.overrides, *curve.overrides)
                if text.startswith("kernel=")
            ]
            if chosen:
                found[curve.id] = chosen[-1]
        return found

    @property
    def groups(self) -> dict[str, str]:
        """Each case as figures name it, in the order of the curves."""
        return {curve.case: curve.group for curve in self.curves}

    @property
    def labels(self) -> dict[str, str]:
        """Each design as figures name it, in the order of the curves."""
        return {curve.design: curve.label for curve in self.curves}

    @property
    def config_dirs(self) -> tuple[Path, ...]:
        """The user's own folders beside which the file was read; what it names may be in them."""
        return self._config_dirs

    def read_beside(self, config_dirs: Sequence[Path]) -> Experiment:
        """Note the user's own folders, and return the same experiment."""
        self._config_dirs = tuple(config_dirs)
        return self

    @property
    def also(self) -> tuple[str, ...]:
        """Kernels that were to join those of the file."""
        return self._also

    @property
    def joined(self) -> Mapping[str, Joined]:
        """Curves that were added to those of the file, by id."""
        return self._joined

    def read_with(self, also: tuple[str, ...], joined: Mapping[str, Joined]) -> Experiment:
        """Note which kernels have joined, and as which curves; return the same experiment."""
        self._also, self._joined = also, joined
        return self

    @property
    def cores(self) -> list[int] | None:
        """Core counts of the cores axis, or None when the experiment has none."""
        values = self.axes.get("cores")
        return None if values is None else [int(value) for value in values]
