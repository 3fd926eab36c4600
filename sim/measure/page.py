"""The comparison as a page: one small plot per curve, and what the tables say; and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from jinja2 import Environment

from sim.measure.comparison import Row

COLUMNS = (
    *("series", "cores", "unit", "role", "measured", "half_interval", "is_noisy"),
    *("simulated", "error", "simulated_before_fit", "held", "linear", "run"),
)
ACROSS, WIDTH, HEIGHT = 4, 3.0, 2.3
"""Plots in a row, and inches of each."""
TEMPLATE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{{ title }}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem }
figure { margin: 0; overflow-x: auto }
</style>
</head>
<body>
<h1>{{ title }}</h1>
<figure>{{ drawing|safe }}</figure>
<p>Dots: measured, with 95 % intervals; open where other programs ran. Line: simulated, fitted;
dotted: as it was written, before the fit. Crosses: what the fit has seen.</p>
{% for heading, sentences in sections %}
<h2>{{ heading }}</h2>
<ul>
{% for sentence in sentences %}
<li>{{ sentence }}</li>
{% endfor %}
</ul>
{% endfor %}
</body>
</html>
"""


def csv_of(rows: Sequence[Row]) -> str:
    """CSV of all points, a header first."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        record = row.record
        measured = [record.value, record.half_interval]
        simulated = [row.simulated, row.judged, row.imported, row.held, row.linear]
        writer.writerow(
            [
                *(record.series, record.cores, record.unit, row.role, *map(_cell, measured)),
                int(record.is_noisy),
                *map(_cell, simulated),
                " ".join(record.run),
            ]
        )
    return text.getvalue()


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def curves(rows: Sequence[Row]) -> str:
    """Plots of all series, as SVG."""
    import matplotlib
    from matplotlib.figure import Figure

    by_series: dict[str, list[Row]] = {}
    for row in rows:
        by_series.setdefault(row.record.series, []).append(row)
    down = max(1, -(-len(by_series) // ACROSS))
    figure = Figure(figsize=(ACROSS * WIDTH, down * HEIGHT), layout="constrained")
    axes = figure.subplots(down, ACROSS, squeeze=False).ravel()
    for axis, (series, points) in zip(axes, by_series.items(), strict=False):
        _draw(axis, series, points)
    for axis in axes[len(by_series) :]:
        axis.set_visible(False)
    text = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "corescale", "svg.fonttype": "none"}):
        figure.savefig(text, format="svg", metadata={"Date": None})
    drawing = text.getvalue()
    return drawing[drawing.index("<svg") :]


def _draw(axis: object, series: str, points: Sequence[Row]) -> None:
    """One series: dots for what was measured, lines for what was simulated."""
    from matplotlib.axes import Axes
    from matplotlib.ticker import MaxNLocator

    assert isinstance(axis, Axes)
    cores = [row.record.cores for row in points]
    axis.plot(cores, [row.simulated for row in points], color="C0", marker=".")
    axis.plot(cores, [row.imported for row in points], color="C0", linestyle=":", alpha=0.7)
    for row in points:
        record = row.record
        axis.errorbar(
            record.cores,
            record.value,
            yerr=record.half_interval or 0.0,
            fmt="x" if row.role == "fitted" else "o",
            color="C1",
            markerfacecolor="none" if record.is_noisy else "C1",
        )
    axis.set_title(f"{series}, {points[0].record.unit}", fontsize=9)
    axis.set_ylim(bottom=0)
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.tick_params(labelsize=8)


def html(title: str, drawing: str, sections: Sequence[tuple[str, Sequence[str]]]) -> str:
    """The page; everything but the drawing is escaped."""
    template = Environment(autoescape=True).from_string(TEMPLATE)
    return template.render(title=title, drawing=drawing, sections=sections)
