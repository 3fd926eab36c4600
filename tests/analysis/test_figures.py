"""Figures: what they draw, and that their bytes repeat."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from synthetic import columns

from analysis.artifact import files as artifacts
from analysis.artifact.record import Analysed
from analysis.draw import canvas, measure, style
from sim.experiment.plan import experiments, load_experiment
from sim.experiment.variation import BASE, Variation

FIGURES = ("throughput", "system", "speedup", "breakdown")


def test_every_figure_comes_as_png_svg_and_pdf(results: Path, analysed: Analysed) -> None:
    folder = results / "paper" / analysed.experiment.name / "figures"
    names = {path.name for path in folder.iterdir()}
    assert names == {f"{name}.{kind}" for name in FIGURES for kind in canvas.FORMATS}


def test_bytes_of_figures_repeat_and_hold_no_date(
    results: Path, analysed: Analysed, tmp_path: Path
) -> None:
    artifacts.write_figures(analysed, tmp_path)
    folder = results / "paper" / analysed.experiment.name / "figures"
    for path in sorted(tmp_path.iterdir()):
        assert path.read_bytes() == (folder / path.name).read_bytes(), path.name
        assert b"Date" not in path.read_bytes()


def test_published_points_have_their_curves_colour_and_fitted_ones_are_hollow(
    analysed: Analysed,
) -> None:
    experiment = analysed.experiment
    figure = measure.draw(
        experiment,
        experiment.measures[0],
        analysed.summaries["throughput"],
        analysed.published["throughput"],
    )
    from matplotlib.colors import to_hex

    pair = figure.axes[0]
    marks = [c for c in pair.collections if len(c.get_offsets()) > 1 or c.get_sizes().size]
    faces = [[to_hex(f) for f in m.get_facecolor()] for m in marks if len(m.get_sizes())]
    edges = {to_hex(m.get_edgecolor()[0]) for m in marks if len(m.get_sizes())}
    assert edges == {colour.lower() for colour in style.PALETTE[:2]}
    assert [] in faces, "no hollow markers"
    assert pair.get_ylim()[0] == 0
    assert [int(tick.get_text()) for tick in pair.get_xticklabels()] == analysed.core_counts
    assert pair.get_ylabel() == "Throughput (messages/s/core)"


def figure_of(
    analysed: Analysed, band: float, interval: float = 0.0, branches: bool = False
) -> Figure:
    """A line at 100, a sensitivity band above, an interval around it, perhaps two branches."""
    rows = [
        columns("a", variation)
        | {
            "cores": cores,
            "mean": 100.0 * factor,
            "low": 100.0 * (factor - interval),
            "high": 100.0 * (factor + interval),
            "fast": 120.0 if branches and cores == 48 else None,
            "slow": 80.0 if branches and cores == 48 else None,
            "fast_share": 0.75 if branches and cores == 48 else None,
        }
        for variation, factor in (
            (BASE, 1.0),
            (Variation("sensitivity", {"hold": 110.0}, 1.1), 1 + band),
        )
        for cores in (1, 4, 16, 48)
    ]
    summary = pl.DataFrame(rows)
    experiment = analysed.experiment.model_copy(
        update={"curves": [analysed.experiment.curves[0].model_copy(update={"id": "a"})]}
    )
    paper = analysed.published["throughput"].clear()
    return measure.draw(experiment, experiment.measures[0], summary, paper)


def legend_of(analysed: Analysed, band: float, interval: float = 0.0) -> list[str]:
    """Entries under a figure."""
    figure = figure_of(analysed, band, interval)
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_a_bistable_point_is_drawn_as_two_branches_as_large_as_their_shares(
    analysed: Analysed,
) -> None:
    figure = figure_of(analysed, 0.1, branches=True)
    (pair,) = figure.axes
    (squares,) = [m for m in pair.collections if len(m.get_sizes()) == 2]
    assert np.asarray(squares.get_offsets()).tolist() == [[48, 120], [48, 80]]
    assert squares.get_sizes()[0] == pytest.approx(3 * squares.get_sizes()[1])
    assert pair.lines[0].get_ydata()[-1] == 120
    key = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "two branches, size: share of runs" in key


def test_the_legend_names_a_band_only_where_it_shows(analysed: Analysed) -> None:
    assert legend_of(analysed, 0.1) == ["simulated, mean", "sensitivity"]
    assert legend_of(analysed, 0.002) == ["simulated, mean"]
    assert legend_of(analysed, 0.1, 0.2) == ["simulated, mean", "95 % confidence"]


@given(st.lists(st.floats(0, 100), min_size=1, max_size=8))
def test_labels_never_overlap_and_stay_inside(wanted: list[float]) -> None:
    placed = canvas.spread(wanted, 10.0, 5.0, 95.0)
    ordered = sorted(placed)
    assert all(b - a >= 10.0 - 1e-6 for a, b in zip(ordered, ordered[1:], strict=False))
    assert [wanted[i] for i in sorted(range(len(placed)), key=lambda i: placed[i])] == sorted(
        wanted
    )


def test_lonely_labels_stay_where_they_belong() -> None:
    assert canvas.spread([10.0, 50.0], 10.0, 0.0, 100.0) == [10.0, 50.0]


@pytest.mark.parametrize("name", FIGURES)
def test_an_inline_figure_keeps_its_ids_to_itself(results: Path, name: str) -> None:
    text = (results / "paper/osdi10/fig04_exim/figures" / f"{name}.svg").read_text()
    inline = canvas.inline(text, "fig-x", "what it shows")
    assert inline.startswith('<svg role="img" aria-label="what it shows"')
    assert "http" not in inline
    assert 'id="fig-x-' in inline
    for reference in inline.split('href="#')[1:]:
        assert reference.startswith("fig-x-")


def test_no_two_curves_of_an_experiment_look_alike() -> None:
    for name in experiments():
        experiment = load_experiment(name)
        if not experiment.measures:
            continue  # views draw such curves by group
        curves = [curve.id for curve in experiment.curves]
        colours, dashes = style.colour_of(curves), style.dashes_of(curves)
        looks = {(colours[curve], dashes[curve]) for curve in curves}
        assert len(looks) == len(curves), name


def test_ten_curves_have_ten_colours_and_those_beyond_the_eighth_are_dashed() -> None:
    curves = [f"c{i}" for i in range(10)]
    assert len(set(style.colour_of(curves).values())) == 10
    assert [style.dashes_of(curves)[c] != "-" for c in curves] == [False] * 8 + [True] * 2


def test_thirty_areas_differ() -> None:
    fills = style.fill_of([f"a{i}" for i in range(30)])
    assert len({tuple(fill.values()) for fill in fills.values()}) == 30


def test_labels_in_a_curves_colour_can_be_read_on_white() -> None:
    for colour in (*style.PALETTE, style.GUIDE, "#F0E442"):
        assert style.contrast(to_rgb(style.text_colour(colour))) >= style.CONTRAST
    assert style.text_colour("#0072B2") == "#0072b2", "dark enough as it is"
    assert style.contrast((1.0, 1.0, 1.0)) == pytest.approx(1)
    assert style.contrast((0.0, 0.0, 0.0)) == pytest.approx(21)


def test_large_values_are_labelled_with_a_power_of_ten() -> None:
    figure, pair = plt.subplots()
    canvas.value_axis(pair, "Cycles", 3e9)
    assert pair.get_ylabel() == "Cycles, × 10⁹"
    plt.close(figure)
