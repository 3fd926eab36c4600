"""Views of an experiment's results beside its measures: figures that compare curves as wholes.

A curve's `case` (an application, say) and `design` (a kernel) say where it stands in a view; its
`group` and `label` are what a reader sees of them.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sim.experiment.fields import (
    AxisKey,
    ColumnName,
    CoreCount,
    Cores,
    CurveId,
    Design,
    Designs,
    Machine,
    Name,
    OverCores,
    PublishedCases,
    PublishedDesigns,
    Text,
)
from sim.settings import Settings


class ViewSettings(Settings):
    """What every view has.

    `needs` are the sections of an experiment of which it draws at least one, `needs_axes` the axes
    that its curves have, `reference_columns` those that it takes from its published table.
    """

    id: Name
    title: Text
    needs: ClassVar[tuple[str, ...]] = ()
    needs_axes: ClassVar[tuple[str, ...]] = ()
    reference_columns: ClassVar[tuple[str, ...]] = ()


class RatioView(ViewSettings):
    """Value at one core count over the value at another, one bar per curve."""

    kind: Literal["ratio"]
    column: ColumnName = Field(description="column of the results")
    cores: Cores
    over_cores: OverCores
    label: Text = Field(description="axis label")
    reference: str | None = Field(
        default=None, description="published ratios under reference/, by series and x"
    )
    cases: PublishedCases = Field(
        default_factory=dict, description="case to its x in the reference"
    )
    series: PublishedDesigns = Field(
        default_factory=dict, description="design to its series in the reference"
    )
    reference_columns: ClassVar[tuple[str, ...]] = ("series", "x", "y")


class ToggleView(ViewSettings):
    """Gain in throughput of flipping each of the experiment's toggles alone."""

    kind: Literal["toggles"]
    needs: ClassVar[tuple[str, ...]] = ("toggles",)
    reference: str | None = Field(
        default=None, description="table under reference/ of which case profits from which toggle"
    )
    cases: PublishedCases = Field(
        default_factory=dict, description="case to its name in the reference"
    )
    reference_columns: ClassVar[tuple[str, ...]] = ("id", "applications")


class WhatIfView(ViewSettings):
    """Gain in throughput of freeing each object of the experiment's what_if, and of its toggles."""

    kind: Literal["what_if"]
    needs: ClassVar[tuple[str, ...]] = ("what_if", "toggles")
    cores: Cores


class BottleneckView(ViewSettings):
    """What grows most, in cycles per operation, from few cores to many."""

    kind: Literal["bottlenecks"]
    cores: Cores
    over_cores: OverCores
    reference: str | None = Field(
        default=None, description="published bottlenecks under reference/, by case"
    )
    cases: PublishedCases = Field(
        default_factory=dict, description="case to its name in the reference"
    )
    reference_columns: ClassVar[tuple[str, ...]] = ("application", "bottleneck")


class FitView(ViewSettings):
    """Amdahl's law and the Universal Scalability Law fitted to every curve's throughput."""

    kind: Literal["fits"]
    extrapolate: CoreCount = Field(description="core count that the fitted curves are drawn to")


class TopologyView(ViewSettings):
    """Packages and links of a machine."""

    kind: Literal["topology"]
    hardware: Machine = Field(description="machine that is drawn")
    reference: str | None = Field(
        default=None, description="published links under reference/: node_a, node_b, kind"
    )
    reference_columns: ClassVar[tuple[str, ...]] = ("node_a", "node_b", "kind")
    link_kind: str = Field(default="HT", description="kind of the links between packages")


class GrowthView(ViewSettings):
    """Throughput on machines of more and more cores, one panel per case, one line per design.

    The curves have an axis `hardware`, and run on every core of each machine.
    """

    kind: Literal["growth"]
    needs_axes: ClassVar[tuple[str, ...]] = ("hardware",)
    over: Design = Field(description="design whose throughput on the smallest machine is 1")
    order: Designs = Field(
        description="designs in the order of the key, later lines on top; the place gives the "
        "colour"
    )
    column: ColumnName = Field(default="throughput", description="column of the results, a rate")


class CrossoverView(ViewSettings):
    """Which of two designs wins, by how much, over machines and the values of one more axis.

    The curves have the axes `hardware` and `key`, and run on every core of each machine.
    """

    kind: Literal["crossover"]
    needs_axes: ClassVar[tuple[str, ...]] = ("hardware",)
    design: Design = Field(description="design in the numerator")
    over: Design = Field(description="design in the denominator")
    key: AxisKey = Field(description="dotted key of the axis up the map")
    key_label: Text = Field(description="that axis in words")
    column: ColumnName = Field(default="throughput", description="column of the results, a rate")


class AssumptionView(ViewSettings):
    """What each number of a curve's sensitivity does to its lead over another curve."""

    kind: Literal["assumptions"]
    needs: ClassVar[tuple[str, ...]] = ("sensitivity",)
    curve: CurveId = Field(description="curve with the sensitivity band")
    over_curve: CurveId = Field(description="curve that it is compared with")
    cores: Cores
    column: ColumnName = Field(default="throughput", description="column of the results, a rate")
    shown: Annotated[int, Field(ge=1, le=100)] = Field(
        default=10, description="numbers drawn, those with the largest effect first"
    )


class RelativeView(ViewSettings):
    """Value of each curve over that of another one of its case, at one core count."""

    kind: Literal["relative"]
    over: Design = Field(description="design of the curve that is 1 in its case")
    cores: Cores
    label: Text = Field(description="axis label")
    column: ColumnName = Field(default="throughput", description="column of the results")


View = Annotated[
    RatioView
    | ToggleView
    | WhatIfView
    | BottleneckView
    | FitView
    | TopologyView
    | GrowthView
    | CrossoverView
    | AssumptionView
    | RelativeView,
    Field(discriminator="kind"),
]
