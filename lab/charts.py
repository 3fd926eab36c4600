"""Vega-Lite specifications of the page's charts; the page draws them in its own colours.

Colours are the figures' (analysis.draw.style), a kernel's its own everywhere. Each is given twice:
as it is, and lightened as far as a dark page needs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analysis.draw import style

Spec = dict[str, Any]
Rows = list[dict[str, Any]]

FIRST = ("linux_stock", "linux_pk", "barrelfish")
"""Kernels of the papers' figures, in the order in which those give colours."""
DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [12, 3], [1, 3], [4, 6], [10, 2, 2, 2, 2, 2])
SHAPES = ("cross", "diamond", "square", "triangle-up", "triangle-down")
"""Of published points, one for each series."""


def colours_of(kernels: Sequence[str], known: Sequence[str]) -> list[str]:
    """The colour of each curve: that of its kernel.

    Args:
        kernels: of the curves.
        known: every kernel that there is.
    """
    order = [*FIRST, *(name for name in known if name not in FIRST)]
    places = {name: index for index, name in enumerate(order)}
    return [style.PALETTE[places.get(name, 0) % len(style.PALETTE)] for name in kernels]


def dashes_of(kernels: Sequence[str]) -> list[list[int]]:
    """The dashes of each curve, which tell apart those of one kernel."""
    return [DASHES[kernels[:index].count(name) % len(DASHES)] for index, name in enumerate(kernels)]


def ranges(colours: Sequence[str]) -> dict[str, list[str]]:
    """Colours for a light page and for a dark one."""
    return {"light": list(colours), "dark": [style.on_dark(colour) for colour in colours]}


def curves(rows: Rows, published: Rows, names: Sequence[str], dashes: Any, title: str) -> Spec:
    """Curves with their intervals, and published points as crosses beside them.

    The colours of the names are put in by the page.
    """
    colour = {
        "field": "curve",
        "type": "nominal",
        "scale": {"domain": list(names), "range": []},
        "legend": None,
    }
    dash = {
        "field": "curve",
        "type": "nominal",
        "scale": {"domain": list(names), "range": list(dashes)},
        "legend": None,
    }
    x = {"field": "cores", "type": "quantitative", "title": "Active cores"}
    y: Spec = {"field": "mean", "type": "quantitative", "title": title}
    told = [
        {"field": "curve", "type": "nominal", "title": "curve"},
        {"field": "cores", "type": "quantitative", "title": "cores"},
        {"field": "mean", "type": "quantitative", "title": title, "format": ".4~g"},
        {"field": "low", "type": "quantitative", "title": "95 % from", "format": ".4~g"},
        {"field": "high", "type": "quantitative", "title": "to", "format": ".4~g"},
        {"field": "level", "type": "nominal", "title": "run"},
        {"field": "remark", "type": "nominal", "title": "remark"},
    ]
    filled = {"condition": {"test": "datum.level == 'sketch'", "value": 0.35}, "value": 1}
    layers: list[Spec] = [
        {
            "mark": {"type": "line", "strokeWidth": 2},
            "encoding": {"x": x, "y": y, "color": colour, "strokeDash": dash},
        },
        {
            "mark": {"type": "rule", "strokeWidth": 1.5},
            "encoding": {
                "x": x,
                "y": {"field": "low", "type": "quantitative"},
                "y2": {"field": "high"},
                "color": colour,
            },
        },
        {
            "mark": {"type": "point", "filled": True, "size": 55},
            "encoding": {"x": x, "y": y, "color": colour, "opacity": filled, "tooltip": told},
        },
    ]
    if published:
        layers.append(_published(published, x, colour, title))
    return {"data": {"values": rows}, "layer": layers}


def _published(rows: Rows, x: Spec, colour: Spec, title: str) -> Spec:
    series = list(dict.fromkeys(row["series"] for row in rows))
    shape = {
        "field": "series",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": series, "range": [SHAPES[i % len(SHAPES)] for i in range(len(series))]},
    }
    return {
        "data": {"values": rows},
        "mark": {"type": "point", "filled": False, "size": 80, "strokeWidth": 1.5},
        "encoding": {
            "x": x,
            "y": {"field": "value", "type": "quantitative", "title": title},
            "color": colour,
            "shape": shape,
            "tooltip": [
                {"field": "series", "type": "nominal", "title": "published"},
                {"field": "cores", "type": "quantitative", "title": "cores"},
                {"field": "value", "type": "quantitative", "title": title, "format": ".4~g"},
            ],
        },
    }


def breakdown(rows: Rows, labels: Sequence[str]) -> Spec:
    """Where cycles go at each core count: bars of percent, one colour per contribution."""
    return {
        "data": {"values": rows},
        "mark": {"type": "bar", "stroke": None},
        "encoding": {
            "x": {
                "field": "cores",
                "type": "ordinal",
                "title": "Active cores",
                "axis": {"labelAngle": 0},
            },
            "y": {
                "field": "percent",
                "type": "quantitative",
                "title": "Share of all cycles (%)",
                "scale": {"domain": [0, 100], "nice": False},
            },
            "color": {
                "field": "label",
                "type": "nominal",
                "scale": {"domain": list(labels), "range": []},
                "legend": None,
            },
            "order": {"field": "rank", "type": "quantitative"},
            "tooltip": [
                {"field": "label", "type": "nominal", "title": "object: cause"},
                {"field": "cores", "type": "ordinal", "title": "cores"},
                {
                    "field": "percent",
                    "type": "quantitative",
                    "title": "share of cycles (%)",
                    "format": ".1f",
                },
            ],
        },
    }
