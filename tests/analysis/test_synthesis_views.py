"""Views of the synthesis on results made by formula: growth, crossover, assumptions, relative."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic import columns

from analysis.draw import style
from analysis.judge.evidence import Evidence
from analysis.read import tidy
from analysis.read.results import Results
from metrics.ratio_of_points import RatioOfPoints
from sim.experiment.evidence import NotRunError
from sim.experiment.file import Experiment
from sim.experiment.plan import experiments, load_experiment
from sim.experiment.variation import BASE, Variation
from sim.statistics import interval_of_mean
from views import growth
from views.assumptions import AssumptionView
from views.crossover import CrossoverView
from views.growth import GrowthView
from views.relative import RelativeView

MACHINES = {"small": 8, "middle": 16, "large": 32}
SCALES = (0.5, 1, 2)
SCALE = "hardware.interconnect_scale"


def experiment(**fields: object) -> Experiment:
    curves = [
        {"id": "a_pk", "case": "a", "design": "pk", "group": "A", "label": "PK"},
        {"id": "a_multi", "case": "a", "design": "multi", "group": "A", "label": "Multikernel"},
    ]
    return Experiment.model_validate({"name": "x/y", "title": "T", "curves": curves} | fields)


def row(
    curve: str, variation: Variation, machine: str, replication: int, throughput: float
) -> dict[str, object]:
    place = {"cores": MACHINES[machine], "hardware": machine}
    seed = {"replication": replication, "seed": 1000 * MACHINES[machine] + replication}
    return columns(curve, variation) | place | seed | {"throughput": throughput}


def account(points: pl.DataFrame) -> pl.DataFrame:
    """An account in which a lock takes more, the more cores there are."""
    rows = []
    for one in points.iter_rows(named=True):
        common = {k: one[k] for k in ("curve", "variant", "cores", "replication", *tidy.VARIATION)}
        for thing, cycles in (("lock", 2.0 * one["cores"]), ("work", 40.0)):
            cause = {"mode": "user", "object": thing, "cause": "compute"}
            rows.append(common | cause | {"cycles_per_operation": cycles})
    return pl.DataFrame(rows)


@pytest.fixture(scope="module")
def grown() -> Results:
    """PK stops at 16 cores, the multikernel grows with the cores."""
    values = {
        "a_pk": {"small": 1.0, "middle": 1.05, "large": 0.5},
        "a_multi": {"small": 1.0, "middle": 2.0, "large": 4.0},
    }
    rows = [
        row(
            curve,
            BASE if machine == "small" else Variation("axis", {"hardware": machine}),
            machine,
            n,
            value + 0.001 * n,
        )
        for curve, line in values.items()
        for machine, value in line.items()
        for n in range(3)
    ]
    rows += [
        row("a_pk", Variation("toggle", {"kernel.fix.a": False}), "small", n, 9.0) for n in range(3)
    ]
    points = pl.DataFrame(rows)
    return Results(points, account(points))


GROWTH = GrowthView(kind="growth", id="g", title="G", over="pk", order=["pk", "multi"])


def test_growth_is_relative_to_one_kernel_on_the_smallest_machine(grown: Results) -> None:
    table = GROWTH.table(experiment(), grown, Path())
    found = {(r["series"], r["cores"]): r["relative"] for r in table.iter_rows(named=True)}
    assert found[("PK", 8)] == 1
    assert found[("Multikernel", 32)] == pytest.approx(4, rel=0.01)
    assert len(table) == 6  # a flipped fix is no machine
    assert GROWTH.draw(experiment(), table).axes


def test_growth_says_where_a_design_stops_and_what_is_next(grown: Results) -> None:
    table = GROWTH.table(experiment(), grown, Path())
    said = GROWTH.finding(experiment(), table)
    assert said.endswith("scale on to 32 cores: PK on 0 of 1. Multikernel on 1 of 1.")
    _, rows, _ = GROWTH.cells(experiment(), table)
    assert rows[0][-2:] == ["8", "lock: compute, 62 %"]
    assert rows[1][-2] == "–"


def test_a_design_has_the_same_colour_in_every_growth_figure() -> None:
    """Stock, PK and the multikernel are in all of them; the rest differ from figure to figure."""
    seen: dict[str, set[str]] = {}
    for name in experiments():
        for view in load_experiment(name).views:
            if isinstance(view, GrowthView):
                for design, colour in style.colour_of(view.order).items():
                    seen.setdefault(design, set()).add(colour)
    assert {"stock", "pk", "barrelfish"} <= set(seen)
    assert {design: colours for design, colours in seen.items() if len(colours) > 1} == {}


def test_lines_in_the_same_place_can_all_be_seen(grown: Results) -> None:
    """Those on top are thinner, and their marks hollow and smaller."""
    table = GROWTH.table(experiment(), grown, Path())
    panel = GROWTH.draw(experiment(), table).axes[0]
    below, above = (line for line in panel.lines if line.get_marker() in growth.MARKS)
    assert above.get_linewidth() < below.get_linewidth()
    assert above.get_markersize() < below.get_markersize()
    assert above.get_markerfacecolor() == below.get_markerfacecolor() == "none"


@given(st.floats(1e-3, 1e3), st.floats(4, 1e4))
def test_a_logarithmic_axis_has_three_ticks_or_more(low: float, times: float) -> None:
    found = growth.ticks(low, low * times)
    assert 3 <= len(found) <= 10
    assert all(low <= tick <= low * times for tick in found)


@pytest.fixture(scope="module")
def crossed() -> Results:
    """The multikernel leads by the cost of the interconnect times half of the machine's growth."""
    rows = []
    for machine, cores in MACHINES.items():
        for scale in SCALES:
            variant = Variation("axis", {"hardware": machine, SCALE: scale})
            lead = scale * cores / 16
            for n in range(3):
                rows.append(row("a_pk", variant, machine, n, 10.0 + 0.001 * n))
                rows.append(row("a_multi", variant, machine, n, 10.0 * lead + 0.001 * n))
    points = pl.DataFrame(rows)
    return Results(points, account(points))


CROSSOVER = CrossoverView(
    kind="crossover", id="c", title="C", design="multi", over="pk", key=SCALE, key_label="cost"
)


def test_a_map_says_who_wins_by_how_much_and_where_neither_scales(crossed: Results) -> None:
    table = CROSSOVER.table(experiment(), crossed, Path())
    found = {(r["cores"], r["axis"]): r for r in table.iter_rows(named=True)}
    assert len(found) == 9
    assert found[(32, 2.0)]["ratio"] == pytest.approx(4, rel=0.01)
    assert [found[(8, s)]["winner"] for s in (0.5, 1.0, 2.0)] == ["pk", "pk", "neither"]
    assert found[(32, 1.0)]["scales"] and not found[(16, 0.5)]["scales"]
    assert CROSSOVER.draw(experiment(), table).axes
    assert "Multikernel wins on 3 of 9 machines, PK on 3, neither on 3" in CROSSOVER.finding(
        experiment(), table
    )


@pytest.mark.parametrize("other", [[9.0, 11.0], [2.0, 18.0], [10.0, 10.0]])
def test_the_interval_of_a_ratio_is_positive_and_turns_over_with_it(other: list[float]) -> None:
    """However wide it is: with two replications Student's t is 12.7."""
    variant = Variation("axis", {"hardware": "small", SCALE: 1})
    values = {"a_multi": [30.0, 50.0], "a_pk": other}
    rows = [row(c, variant, "small", n, v) for c, two in values.items() for n, v in enumerate(two)]
    points = pl.DataFrame(rows)
    results = Results(points, account(points))
    found = CROSSOVER.table(experiment(), results, Path()).row(0, named=True)
    assert found["ratio"] == 4 and 0 < found["low"] < 4 < found["high"]
    view = CROSSOVER.model_copy(update={"design": "pk", "over": "multi"})
    turned = view.table(experiment(), results, Path()).row(0, named=True)
    assert turned["low"] == pytest.approx(1 / found["high"])
    assert turned["high"] == pytest.approx(1 / found["low"])
    assert found["winner"] == turned["winner"]


def test_a_narrow_interval_of_a_ratio_is_that_of_relative_errors() -> None:
    variant = Variation("axis", {"hardware": "small", SCALE: 1})
    values = {"a_multi": [20.0, 20.02, 19.98], "a_pk": [10.0, 10.0, 10.0]}
    rows = [
        row(c, variant, "small", n, v) for c, all_ in values.items() for n, v in enumerate(all_)
    ]
    points = pl.DataFrame(rows)
    results = Results(points, account(points))
    found = CROSSOVER.table(experiment(), results, Path()).row(0, named=True)
    _, low, high = interval_of_mean(values["a_multi"])
    assert (found["low"], found["high"]) == pytest.approx((low / 10, high / 10), rel=1e-5)


def test_a_ratio_may_be_taken_at_a_value_of_another_axis(crossed: Results) -> None:
    asked = {"curve": "a_multi", "over_curve": "a_pk", "column": "throughput", "cores": 32}
    at = RatioOfPoints(kind="ratio_of_points", over_cores=32, at={SCALE: 2}, **asked)
    evidence = Evidence(crossed.points, crossed.shares, pl.DataFrame(), {}, frozenset())
    assert at.measured(evidence) == pytest.approx(4, rel=0.01)
    with pytest.raises(NotRunError, match="interconnect_scale=3"):
        at.model_copy(update={"at": {SCALE: 3}}).measured(evidence)


def test_assumptions_are_ranked_by_what_they_do_to_the_lead() -> None:
    scaled = [("kernel.a", 0.5, 15.0), ("kernel.a", 2.0, 9.0), ("kernel.b", 0.5, 12.1)]
    scaled.append(("kernel.b", 2.0, 12.0))
    rows = [
        row("a_multi", Variation("sensitivity", {key: 10 * factor}, factor), "small", 0, value)
        for key, factor, value in scaled
    ]
    rows += [row("a_multi", BASE, "small", 0, 12.0), row("a_pk", BASE, "small", 0, 10.0)]
    points = pl.DataFrame(rows)
    view = AssumptionView(
        kind="assumptions", id="a", title="A", curve="a_multi", over_curve="a_pk", cores=8
    )
    results = Results(points, account(points))
    table = view.table(experiment(), results, Path())
    assert table["key"].unique(maintain_order=True).to_list() == ["kernel.a", "kernel.b"]
    said = view.finding(experiment(), table)
    assert "0.9 to 1.5 times; the lead turns round with kernel.a." in said
    assert view.draw(experiment(), table).axes


def test_curves_stand_beside_one_of_their_group() -> None:
    points = pl.DataFrame(
        [row("a_pk", BASE, "small", 0, 2.0), row("a_multi", BASE, "small", 0, 50.0)]
    )
    view = RelativeView(kind="relative", id="r", title="R", over="pk", cores=8, label="times")
    table = view.table(experiment(), Results(points, account(points)), Path())
    assert table["ratio"].to_list() == [1, 25]
    assert view.finding(experiment(), table) == "At 8 cores (times): A, Multikernel: 25."
    assert view.draw(experiment(), table).axes
