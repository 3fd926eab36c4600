"""A column of results against any setting: a line for each combination of others, a panel each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import polars as pl
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.draw import canvas, style
from analysis.read import sweep
from analysis.read.sweep import CORES, CURVE, FILE, Point
from sim.config.errors import show
from sim.config.keys import unit_of
from sim.experiment.columns import POINTS

COLUMNS = 3
PANEL = (3.1, 2.7)  # inches
ALPHA = 0.22
LETTERS, MARK = 13, 8
"""Letters of a key in an inch, and how many take the place of a mark."""


@dataclass(frozen=True)
class Layout:
    """What a figure of a sweep shows where.

    Attributes
    ----------
    column : of the results, on the vertical axis
    x : setting on the horizontal axis
    by : settings that tell lines apart
    panels : settings that tell panels apart
    added : settings among `by` that nobody named, but that differ
    """

    column: str
    x: str
    by: tuple[str, ...]
    panels: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


def layout(
    points: Sequence[Point], column: str, x: str, by: Sequence[str], panels: Sequence[str]
) -> Layout:
    """Lay out all points: what differs and is named nowhere tells lines apart, too."""
    named = {x, *by, *panels}
    added = [key for key in sweep.varying(points) if key not in named]
    lines = [*by, *added]
    for place in (CURVE, FILE):
        cells = [_cell(point, [x, *lines, *panels]) for point in points]
        if len(set(cells)) < len(cells):
            lines.append(place)
    return Layout(column, x, tuple(lines), tuple(panels), tuple(added) if by or panels else ())


def _cell(point: Point, keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(show(point.settings.get(key)) for key in keys)


@dataclass(frozen=True)
class Line:
    """One line of a panel: points in ascending order, or in that of the results if x is no number.

    `places` are where they stand, `ticks` what the axis says there; none for numbers.
    """

    label: str
    places: list[float]
    points: list[Point]


def lines_of(points: Sequence[Point], plan: Layout) -> tuple[dict[str, list[Line]], list[str]]:
    """Lines of each panel by its title, and what the axis says at whole numbers; none: numbers."""
    values = list(dict.fromkeys(point.settings.get(plan.x) for point in map(_hashable, points)))
    numeric = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
    ticks = [] if numeric else [show(value).strip("'") for value in values]
    panels: dict[str, dict[str, list[tuple[float, Point]]]] = {}
    keys = (*plan.panels, *plan.by)
    for point in sorted(map(_hashable, points), key=lambda point: _rank(point, keys)):
        value: Any = point.settings.get(plan.x)
        place = float(value) if numeric else float(values.index(value))
        title = sweep.label(point, plan.panels) if plan.panels else ""
        lines = panels.setdefault(title, {})
        lines.setdefault(sweep.label(point, plan.by), []).append((place, point))
    return {
        title: [
            Line(name, [p for p, _ in found], [point for _, point in found])
            for name, unsorted in lines.items()
            for found in [sorted(unsorted, key=lambda item: item[0])]
        ]
        for title, lines in panels.items()
    }, ticks


def _rank(point: Point, keys: Sequence[str]) -> list[tuple[bool, float, str]]:
    """Where a point's line stands among others: numbers by their size, before words."""
    values = [point.settings.get(key) for key in keys]
    return [
        (False, float(v), "") if isinstance(v, int | float) else (True, 0.0, str(v)) for v in values
    ]


def _hashable(point: Point) -> Point:
    """A point whose lists are texts, so that its settings can be told apart."""
    settings = {k: show(v) if isinstance(v, list) else v for k, v in point.settings.items()}
    return Point(settings, point.swept, point.unit, point.mean, point.low, point.high)


def axis_labels(points: Sequence[Point], plan: Layout) -> tuple[str, str]:
    """Both axes' labels, with units."""
    column = next(item for item in POINTS if item.name == plan.column)
    units = {point.unit for point in points}
    what = units.pop() if len(units) == 1 else "operations"
    unit = column.unit.replace("operations", what)
    words = column.name.removesuffix("_us").removesuffix("_cycles").replace("_", " ")
    of = unit_of(plan.x)
    return f"{plan.x} ({of})" if of else plan.x, f"{words} ({unit})" if unit else words


def draw(points: Sequence[Point], plan: Layout, label: str = "") -> Figure:
    """Draw all points, each line with its 95 % intervals.

    Parameters
    ----------
    label : of the vertical axis; default: the column with its unit
    """
    panels, ticks = lines_of(points, plan)
    style.apply()
    many = len(panels) > 1
    wide = min(COLUMNS, len(panels))
    rows = -(-len(panels) // wide)
    size = (PANEL[0] * wide, PANEL[1] * rows) if many else (style.WIDTH, style.HEIGHT)
    figure, grid = plt.subplots(
        rows, wide, figsize=size, layout="constrained", squeeze=False, sharex=True, sharey=True
    )
    names = list(dict.fromkeys(line.label for lines in panels.values() for line in lines))
    colours, dashes = style.colour_of(names), style.dashes_of(names)
    x_label, y_label = axis_labels(points, plan)
    y_label = label or y_label
    top = max(point.high for point in points)
    for pair, (title, lines) in zip(grid.flat, panels.items(), strict=False):
        for line in lines:
            _line(pair, line, colours[line.label], dashes[line.label])
        pair.set_title(title, fontsize=10)
        pair.set_ylim(0, 1.06 * top if top > 0 else 1.0)
        _x_axis(pair, panels, ticks, plan, x_label)
        canvas.value_axis(pair, y_label, top)
        if many:  # one label for all panels
            figure.supxlabel(pair.get_xlabel(), fontsize=10)
            figure.supylabel(pair.get_ylabel(), fontsize=10)
            pair.set(xlabel="", ylabel="")
        pair.label_outer()
    for pair in grid.flat[len(panels) :]:
        pair.set_axis_off()
    if len(names) > 1 or plan.by:
        across = max(1, int(LETTERS * wide_of(figure) / (max(map(len, names)) + MARK)))
        entries = [(name, _mark(colours[name], dashes[name])) for name in names]
        canvas.key(figure, entries, min(across, COLUMNS))
    seaborn.despine(fig=figure)
    return figure


def of_axes(table: pl.DataFrame, column: str, scale: float, label: str) -> Figure:
    """Draw a measure of an experiment whose curves have axes beside cores: every combination.

    Parameters
    ----------
    table : rows of all its curves
    scale : factor from the column's unit to the label's
    """
    scaled = table.with_columns(pl.col(column).cast(pl.Float64) * scale)
    points = sweep.of_table(scaled, column, {})
    plan = layout(points, column, CORES, [], [CURVE] if table[CURVE].n_unique() > 1 else [])
    return draw(points, plan, label)


def wide_of(figure: Figure) -> float:
    """Width of a figure in inches."""
    return float(figure.get_size_inches()[0])


def _line(pair: Axes, line: Line, colour: str, dashes: style.Dashes) -> None:
    low, high = ([getattr(p, end) for p in line.points] for end in ("low", "high"))
    pair.fill_between(line.places, low, high, color=colour, alpha=ALPHA, linewidth=0)
    means = [point.mean for point in line.points]
    pair.plot(line.places, means, color=colour, linestyle=dashes, marker=".")


def _x_axis(
    pair: Axes, panels: dict[str, list[Line]], ticks: list[str], plan: Layout, label: str
) -> None:
    places = [place for lines in panels.values() for line in lines for place in line.places]
    if ticks:
        pair.set_xticks(range(len(ticks)), ticks, rotation=0 if len(ticks) < 4 else 30)
        pair.set_xlabel(label)
    elif plan.x == CORES:
        canvas.core_axis(pair, [round(place) for place in places], label)
    else:
        pair.set_xlabel(label)


def _mark(colour: str, dashes: style.Dashes) -> Line2D:
    mark = canvas.line_mark(colour)
    mark.set(linestyle=dashes)
    return mark
