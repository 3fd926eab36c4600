"""Views of an experiment's results beside its measures: figures that compare curves as wholes.

A curve's `case` (an application, say) and `design` (a kernel) say where it stands in a view; its
`group` and `label` are what a reader sees of them.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sim.settings import Settings

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=100)]
Text = Annotated[str, Field(min_length=1, max_length=1000)]
CoreCount = Annotated[int, Field(ge=1, le=4096)]


class RatioView(Settings):
    """Value at one core count over the value at another, one bar per curve."""

    kind: Literal["ratio"]
    id: Name
    title: Text
    column: Name = Field(description="column of the results")
    cores: CoreCount
    over_cores: CoreCount
    label: Text = Field(description="axis label")
    reference: str | None = Field(
        default=None, description="published ratios under reference/, by series and x"
    )
    cases: dict[Name, str] = Field(
        default_factory=dict, description="case to its x in the reference"
    )
    series: dict[Name, str] = Field(
        default_factory=dict, description="design to its series in the reference"
    )
    reference_columns: ClassVar[tuple[str, ...]] = ("series", "x", "y")


class ToggleView(Settings):
    """Gain in throughput of flipping each of the experiment's toggles alone."""

    kind: Literal["toggles"]
    id: Name
    title: Text
    reference: str | None = Field(
        default=None, description="table under reference/ of which case profits from which toggle"
    )
    cases: dict[Name, str] = Field(
        default_factory=dict, description="case to its name in the reference"
    )
    reference_columns: ClassVar[tuple[str, ...]] = ("id", "applications")


class WhatIfView(Settings):
    """Gain in throughput of freeing each object of the experiment's what_if, and of its toggles."""

    kind: Literal["what_if"]
    id: Name
    title: Text
    cores: CoreCount


class BottleneckView(Settings):
    """What grows most, in cycles per operation, from few cores to many."""

    kind: Literal["bottlenecks"]
    id: Name
    title: Text
    cores: CoreCount
    over_cores: CoreCount
    reference: str | None = Field(
        default=None, description="published bottlenecks under reference/, by case"
    )
    cases: dict[Name, str] = Field(
        default_factory=dict, description="case to its name in the reference"
    )
    reference_columns: ClassVar[tuple[str, ...]] = ("application", "bottleneck")


class FitView(Settings):
    """Amdahl's law and the Universal Scalability Law fitted to every curve's throughput."""

    kind: Literal["fits"]
    id: Name
    title: Text
    extrapolate: CoreCount = Field(description="core count that the fitted curves are drawn to")


class TopologyView(Settings):
    """Packages and links of a machine."""

    kind: Literal["topology"]
    id: Name
    title: Text
    hardware: Name = Field(description="machine that is drawn")
    reference: str | None = Field(
        default=None, description="published links under reference/: node_a, node_b, kind"
    )
    reference_columns: ClassVar[tuple[str, ...]] = ("node_a", "node_b", "kind")
    link_kind: str = Field(default="HT", description="kind of the links between packages")


class GrowthView(Settings):
    """Throughput on machines of more and more cores, one panel per case, one line per design.

    The curves have an axis `hardware`, and run on every core of each machine.
    """

    kind: Literal["growth"]
    id: Name
    title: Text
    over: Name = Field(description="design whose throughput on the smallest machine is 1")
    order: list[Name] = Field(
        description="designs in the order of the key, later lines on top; the place gives the "
        "colour"
    )
    column: Name = Field(default="throughput", description="column of the results, a rate")


class CrossoverView(Settings):
    """Which of two designs wins, by how much, over machines and the values of one more axis.

    The curves have the axes `hardware` and `key`, and run on every core of each machine.
    """

    kind: Literal["crossover"]
    id: Name
    title: Text
    design: Name = Field(description="design in the numerator")
    over: Name = Field(description="design in the denominator")
    key: Text = Field(description="dotted key of the axis up the map")
    key_label: Text = Field(description="that axis in words")
    column: Name = Field(default="throughput", description="column of the results, a rate")


class AssumptionView(Settings):
    """What each number of a curve's sensitivity does to its lead over another curve."""

    kind: Literal["assumptions"]
    id: Name
    title: Text
    curve: Name = Field(description="curve with the sensitivity band")
    over_curve: Name = Field(description="curve that it is compared with")
    cores: CoreCount
    column: Name = Field(default="throughput", description="column of the results, a rate")
    shown: Annotated[int, Field(ge=1, le=100)] = Field(
        default=10, description="numbers drawn, those with the largest effect first"
    )


class RelativeView(Settings):
    """Value of each curve over that of another one of its case, at one core count."""

    kind: Literal["relative"]
    id: Name
    title: Text
    over: Name = Field(description="design of the curve that is 1 in its case")
    cores: CoreCount
    label: Text = Field(description="axis label")
    column: Name = Field(default="throughput", description="column of the results")


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
