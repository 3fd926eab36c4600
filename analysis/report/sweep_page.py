"""A sweep as one page of its own: the report's charts, with their script inside."""

from __future__ import annotations

import json
from collections.abc import Sequence

from markupsafe import escape

from analysis.draw import style
from analysis.draw import sweep as drawn
from analysis.draw.sweep import Layout, Line
from analysis.read.sweep import Point
from analysis.report import charts, scripts

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width">
<style>body {{ font-family: {font}; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }}
.chart {{ width: 100% }} h2 {{ font-size: 1rem }}</style></head>
<body><h1>{title}</h1><p>Lines are means with 95 % intervals; point at one for its values.</p>
{charts}
<script>{vega}</script>
<script>for (const [id, spec] of {specs}) vegaEmbed("#" + id, spec, {{actions: false}});</script>
</body></html>
"""


def page(points: Sequence[Point], plan: Layout) -> str:
    """The whole page as HTML; without its script the charts stand still."""
    panels, ticks = drawn.lines_of(points, plan)
    x_label, y_label = drawn.axis_labels(points, plan)
    names = list(dict.fromkeys(line.label for lines in panels.values() for line in lines))
    colours = style.colour_of(names)
    specs, figures = [], []
    for number, (title, lines) in enumerate(panels.items()):
        dashes = charts.DASHES
        mine = [
            charts.Series(name, colours[name], dashes[i // style.SOLID % len(dashes)])
            for i, name in enumerate(names)
            if any(line.label == name for line in lines)
        ]
        rows = [row for line in lines for row in _rows(line)]
        axis = (y_label, [one.name for one in mine])
        spec = charts.with_legend(charts.lines([axis], mine, rows, []), x_label, ticks)
        specs.append((f"chart{number}", spec))
        still = charts.static(spec, title or y_label)
        heading = f"<h2>{escape(title)}</h2>" if title else ""
        figures.append(f'{heading}<div class="chart" id="chart{number}">{still}</div>')
    return PAGE.format(
        title=escape(f"{plan.column} against {plan.x}"),
        font=charts.FONT,
        charts="\n".join(figures),
        vega=scripts.vega(),
        specs=json.dumps(specs).replace("<", "\\u003c"),
    )


def _rows(line: Line) -> charts.Rows:
    return [
        {
            "series": line.label,
            "cores": place,
            "value": point.mean,
            "low": point.low,
            "high": point.high,
            "kind": "simulated",
        }
        for place, point in zip(line.places, line.points, strict=True)
    ]
