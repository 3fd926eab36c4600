"""Charts that answer to a pointer: Vega-Lite specifications, and the same as static SVG.

A specification holds its data under names, so that the page's script can leave out series or look
at another core count. What is drawn without the script is the same chart, with text as text.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import altair as alt
from markupsafe import escape

from analysis.draw import canvas, style

Spec = dict[str, Any]
Rows = list[dict[str, Any]]

WIDTH, HEIGHT = 640, 320
FONT = "system-ui, -apple-system, Segoe UI, DejaVu Sans, sans-serif"
CONFIG: dict[str, Any] = {
    "font": FONT,
    "background": None,
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelColor": style.INK,
        "titleColor": style.INK,
        "gridColor": "#E4E4E4",
        "domainColor": style.INK,
        "tickColor": style.INK,
    },
    "axisX": {"grid": False},
    "legend": {"labelFontSize": 12, "titleFontSize": 12, "labelLimit": 400},
    "header": {"labelFontSize": 12},
}
TICK = "datum.value >= 1e4 ? format(datum.value, '~s') : format(datum.value, ',.4~g')"
"""How axes write a value: with k and M where it is long."""
DASHES: tuple[list[int], ...] = ([], [6, 3], [2, 2], [8, 3, 2, 3])


@dataclass(frozen=True)
class Series:
    """One line of a chart: what it is called and how it looks.

    shown : whether it is on before a reader chooses
    """

    name: str
    colour: str
    dash: list[int]
    shown: bool = True

    @property
    def dashes(self) -> str:
        """The line's dashes as SVG has them."""
        return " ".join(map(str, self.dash)) or "none"


@dataclass(frozen=True)
class Chart:
    """One chart of a page, with what its toolbar offers.

    logarithmic : whether its axis of values is before a reader chooses; `spec` is linear
    """

    id: str
    title: str
    spec: Spec
    svg: str
    caption: str = ""
    series: Sequence[Series] = ()
    logarithmic: bool = False


def static(spec: Spec, title: str, width: int = WIDTH) -> str:
    """A specification as an SVG element, without what only a pointer finds.

    Parameters
    ----------
    title : what it shows, for those who cannot see it
    """
    import vl_convert

    drawn: str = vl_convert.vegalite_to_svg({**_seen(spec), "width": width})
    start = f'<svg role="img" aria-label="{escape(title)}"'
    plain = re.sub(r'^<svg xmlns="[^"]*" xmlns:xlink="[^"]*" version="[^"]*"', "", drawn)
    return start + plain


def _seen(part: Spec) -> Spec:
    """A specification without marks that cannot be seen, and without tooltips."""
    kept = dict(part)
    if "layer" in part:
        layers = [_seen(one) for one in part["layer"]]
        kept["layer"] = [one for one in layers if one.get("mark") != {}]
    mark = part.get("mark", {})
    if isinstance(mark, dict) and mark.get("opacity") == 0:
        kept["mark"] = {}
    if "encoding" in part:
        kept["encoding"] = {k: v for k, v in part["encoding"].items() if k != "tooltip"}
    return kept


def lines(
    axes: Sequence[tuple[str, Sequence[str]]],
    series: Sequence[Series],
    simulated: Rows,
    published: Rows,
) -> Spec:
    """Simulated lines with their intervals over published points, against cores.

    Parameters
    ----------
    axes : of values, left and right: its title, and the series on it
    simulated : series, cores, value, low, high
    published : series, cores, value, low, high, role
    """
    given: dict[str, Any] = {
        DOMAIN: [one.name for one in series],
        COLOURS: [one.colour for one in series],
        LOOKS: [one.dash or [1, 0] for one in series],
        TICKS: _ticks([row["cores"] for row in (*simulated, *published)]),
    }
    for place, (title, names) in enumerate(axes):
        given |= {f"{TITLE}{place}": title, f"{NAMES}{place}": list(names)}
    data = {"simulated": simulated, "published": published}
    spec = _finished(_filled(_lines(len(axes)), given), data)
    return only(spec, [one.name for one in series])


def only(spec: Spec, names: Sequence[str]) -> Spec:
    """A specification of lines with some series only, and without marks that have no rows left.

    Vega looks for the extent of every mark's rows, and complains where there are none.
    """
    kept = {
        name: [row for row in rows if row["series"] in names]
        for name, rows in spec["datasets"].items()
    }
    sides = []
    for side in spec["layer"]:
        mine = set(side["layer"][0]["transform"][0]["filter"]["oneOf"])
        marks = [
            mark
            for mark in side["layer"]
            if any(row["series"] in mine for row in kept[mark["data"]["name"]])
        ]
        sides += [{**side, "layer": marks}] if marks else []
    return {**spec, "datasets": kept, "layer": sides}


def spans_decades(spec: Spec) -> bool:
    """Whether series that share the one axis of a specification of lines are decades apart."""
    if len(spec["layer"]) != 1:
        return False  # as in the paper's figure, each quantity has an axis
    values: dict[str, list[float]] = {}
    for row in (row for rows in spec["datasets"].values() for row in rows):
        values.setdefault(row["series"], []).append(row["value"] or 0.0)
    return canvas.spans_decades(values.values())


def logarithmic(spec: Spec) -> Spec:
    """A specification of lines with a logarithmic axis of values; the page's script does the same.

    What is not above 0 has no place on it. From two decades on it has powers of ten and no others.
    """
    kept = {
        name: [_raised(row) for row in rows if (row["value"] or 0) > 0]
        for name, rows in spec["datasets"].items()
    }
    values = [row["value"] for rows in kept.values() for row in rows]
    decades = math.log10(max(values) / min(values)) if values else 0.0

    def change(found: Spec) -> None:
        if found.get("field") == "value" and "scale" in found:
            found["scale"] = {"type": "log", "nice": True}
        if "labelExpr" in found and decades > 2:
            found["tickCount"] = decades

    return {**_changed(spec, change), "datasets": kept}


def _raised(row: dict[str, Any]) -> dict[str, Any]:
    """A row whose ends are above 0."""
    ends = {end: row[end] if (row[end] or 0) > 0 else row["value"] for end in ("low", "high")}
    return {**row, **ends}


def with_legend(spec: Spec, title: str, ticks: Sequence[str]) -> Spec:
    """A specification of lines against something else than cores, with a legend of its own.

    Parameters
    ----------
    title : of the horizontal axis
    ticks : what stands at 0, 1, ... on it; none: the numbers themselves
    """
    words = f"{json.dumps(list(ticks))}[datum.value]" if ticks else None
    axis = {"title": title} | (
        {"values": list(range(len(ticks))), "labelExpr": words} if ticks else {}
    )

    def change(found: Spec) -> None:
        if found.get("field") == "cores" and "axis" in found:
            found["axis"] = axis if ticks or title != "cores" else found["axis"]
        if found.get("field") == "cores" and "axis" not in found:
            found["title"] = title
        if found.get("field") == "series" and "scale" in found and "legend" in found:
            found["legend"] = {"title": None, "orient": "bottom", "columns": 1, "labelLimit": 0}
        if isinstance(found.get("mark"), dict) and found["mark"].get("opacity") == 0:
            found["mark"] = {"type": "point", "filled": True, "opacity": 1, "size": 36}

    return {**_changed(spec, change), "datasets": spec["datasets"]}


def _changed(part: Any, change: Callable[[Spec], None]) -> Any:
    """A copy of a specification without its rows, each mapping changed after those within it."""
    if isinstance(part, list):
        return [_changed(item, change) for item in part]
    if not isinstance(part, dict):
        return part
    found = {key: _changed(item, change) for key, item in part.items() if key != "datasets"}
    change(found)
    return found


DOMAIN, COLOURS, LOOKS, TICKS, TITLE, NAMES = "$domain", "$colours", "$looks", "$ticks", "$t", "$n"
"""Places of a specification that each chart fills: Altair takes 0.1 s for one, so it makes two."""


@cache
def _lines(sides: int) -> Spec:
    """The specification of lines on one or two axes of values, its places not filled."""
    whole = alt.layer(*(_side(place) for place in range(sides)), height=HEIGHT)
    if sides > 1:
        whole = whole.resolve_scale(y="independent")
    return dict(whole.to_dict(validate=False))


def _filled(part: Any, given: Mapping[str, Any]) -> Any:
    """A specification with its places filled."""
    if isinstance(part, dict):
        return {key: _filled(item, given) for key, item in part.items()}
    if isinstance(part, list):
        if len(part) == 1 and isinstance(part[0], str) and part[0] in given:
            return given[part[0]]  # a list of one place stands for a whole list
        return [_filled(item, given) for item in part]
    return given.get(part, part) if isinstance(part, str) else part


def _ticks(cores: Sequence[float]) -> list[int]:
    """Core counts that an axis names: all, or as many as do not touch, the first and the last."""
    counts = sorted({round(count) for count in cores})
    if not counts:
        return []
    apart = (counts[-1] - counts[0]) / 20
    shown = counts[:1]
    for count in counts[1:-1]:
        if count - shown[-1] >= apart and counts[-1] - count >= apart:
            shown.append(count)
    return [*shown, *counts[-1:]] if len(counts) > 1 else shown


def _side(place: int) -> alt.LayerChart | alt.FacetChart:
    """All marks that belong to one axis of values."""
    by_series = {"field": "series", "type": "nominal", "legend": None}
    colour, dash = (
        {**by_series, "scale": {"domain": [DOMAIN], "range": [name]}} for name in (COLOURS, LOOKS)
    )
    wanted = alt.FieldOneOfPredicate(field="series", oneOf=[f"{NAMES}{place}"])
    title, left = f"{TITLE}{place}", place == 0
    axis = alt.Axis(title=title, orient="left" if left else "right", grid=left, labelExpr=TICK)
    value = alt.Y("value:Q", axis=axis, scale=alt.Scale(zero=True))
    cores = alt.X(
        "cores:Q", axis=alt.Axis(title="cores", values=[TICKS]), scale=alt.Scale(nice=False)
    )
    ends = {"y": alt.Y("low:Q", axis=axis), "y2": alt.Y2("high:Q")}
    tips = [
        alt.Tooltip("kind:N", title=" "),
        alt.Tooltip("series:N", title="series"),
        alt.Tooltip("cores:Q"),
        alt.Tooltip("value:Q", format=",.4~g", title="value"),
        alt.Tooltip("low:Q", format=",.4~g", title="from"),
        alt.Tooltip("high:Q", format=",.4~g", title="to"),
    ]
    simulated = alt.Chart(alt.NamedData("simulated")).transform_filter(wanted)
    published = alt.Chart(alt.NamedData("published")).transform_filter(wanted)
    marks = [
        simulated.mark_area(opacity=0.25).encode(x=cores, color=colour, **ends),
        simulated.mark_line(strokeWidth=2).encode(x=cores, y=value, color=colour, strokeDash=dash),
        simulated.mark_point(opacity=0, size=160).encode(
            x=cores, y=value, color=colour, tooltip=tips
        ),
        published.mark_rule().encode(x=cores, color=colour, **ends),
        published.mark_point(size=45, strokeWidth=1.5).encode(
            x=cores,
            y=value,
            color=colour,
            fill={
                "condition": {"test": "datum.role == 'calibrated'", "value": "transparent"},
                **colour,
            },
            tooltip=[*tips, alt.Tooltip("role:N")],
        ),
    ]
    return alt.layer(*marks)


def bars(
    title: str, order: Sequence[str], colours: Mapping[str, str], simulated: Rows, published: Rows
) -> Spec:
    """One bar per row where there are few core counts, published values as marks on them."""
    name = alt.Y("name:N", sort=list(order), axis=alt.Axis(title=None, labelLimit=400, grid=False))
    value = alt.X("value:Q", axis=alt.Axis(title=title, labelExpr=TICK), scale=alt.Scale(zero=True))
    tips = [
        alt.Tooltip("kind:N", title=" "),
        alt.Tooltip("name:N", title="curve"),
        alt.Tooltip("value:Q", format=",.4~g"),
    ]
    ours = (
        alt.Chart(alt.NamedData("simulated"))
        .mark_bar(opacity=0.75)
        .encode(
            y=name,
            x=value,
            color=alt.Color(
                "name:N",
                legend=None,
                scale=alt.Scale(domain=list(colours), range=list(colours.values())),
            ),
            tooltip=tips,
        )
    )
    theirs = (
        alt.Chart(alt.NamedData("published"))
        .mark_point(shape="diamond", size=90, filled=True, color=style.INK)
        .encode(y=name, x=value, tooltip=tips)
    )
    marks = (ours, theirs) if published else (ours,)
    whole = alt.layer(*marks, height=26 * len(order))
    return _finished(
        whole.to_dict(validate=False), {"simulated": simulated, "published": published}
    )


WORK = "work of one core"
PARTS = ("#332288", "#AA4499", "#117733", "#CC6677", "#88CCEE", "#999933", "#882255")
"""Colours of excesses, other than those of kernels (Paul Tol's muted scheme)."""


def breakdown(
    cores: int, curves: Sequence[str], parts: Sequence[tuple[str, str]], few: int, rows: Rows
) -> Spec:
    """Cycles of an operation at one core count: the work of one core, and each excess over it.

    Parameters
    ----------
    cores : shown first; the page's slider changes the parameter `cores`
    parts : name and colour, in the order in which they are stacked
    few : core count whose cost counts as work
    rows : curve, cores, part, order, cycles, share
    """
    chart = (
        alt.Chart(alt.NamedData("rows"), height=44 * len(curves))
        .add_params(alt.param("cores", value=cores))
        .transform_filter("datum.cores == cores")
        .mark_bar()
        .encode(
            y=alt.Y(
                "curve:N", sort=list(curves), axis=alt.Axis(title=None, grid=False, labelLimit=400)
            ),
            x=alt.X(
                "cycles:Q",
                stack="zero",
                axis=alt.Axis(title="cycles per operation", labelExpr=TICK, tickCount=8),
            ),
            order=alt.Order("order:Q"),
            color=alt.Color(
                "part:N",
                sort=[name for name, _ in parts],
                scale=alt.Scale(
                    domain=[name for name, _ in parts], range=[colour for _, colour in parts]
                ),
                legend=alt.Legend(title=None, orient="bottom", columns=2, symbolType="square"),
            ),
            tooltip=[
                alt.Tooltip("curve:N"),
                alt.Tooltip("part:N"),
                alt.Tooltip("cores:Q"),
                alt.Tooltip("cycles:Q", format=",.4~g", title="cycles per operation"),
                alt.Tooltip("share:Q", format=".1%", title="share of all cycles"),
            ],
        )
    )
    return _finished(chart.to_dict(validate=False), {"rows": rows})


def thumbnail(series: Sequence[Series], simulated: Rows, published: Rows) -> Spec:
    """Lines and points without axes, for an overview."""
    colour = alt.Color(
        "series:N",
        legend=None,
        scale=alt.Scale(domain=[o.name for o in series], range=[o.colour for o in series]),
    )
    cores = alt.X("cores:Q", axis=None, scale=alt.Scale(nice=False))
    value = alt.Y("value:Q", axis=None, scale=alt.Scale(zero=True))
    line = alt.Chart(alt.NamedData("simulated")).mark_line(strokeWidth=2)
    points = alt.Chart(alt.NamedData("published")).mark_point(size=12, filled=True)
    whole = alt.layer(
        *(mark.encode(x=cores, y=value, color=colour) for mark in (line, points)), height=76
    )
    return _finished(
        whole.to_dict(validate=False), {"simulated": simulated, "published": published}
    )


def _finished(spec: Spec, data: Mapping[str, Rows]) -> Spec:
    """A specification with its data and the house style."""
    kept = {
        name: [{key: _short(item) for key, item in row.items()} for row in rows]
        for name, rows in data.items()
    }
    fitted = {"type": "fit-x", "contains": "padding"}
    shared = {"config": CONFIG, "datasets": kept, "width": "container", "autosize": fitted}
    return {key: item for key, item in spec.items() if key not in ("$schema", "config")} | shared


def _short(value: Any) -> Any:
    """A number in five digits, more cannot be seen; nothing for what JSON has no number for."""
    if not isinstance(value, float):
        return value
    return float(f"{value:.5g}") if math.isfinite(value) else None
