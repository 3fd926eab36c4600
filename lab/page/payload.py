"""What a page is sent as results come in: charts, the ranked gains, numbers, and how far all is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from htmltools import Tag, TagList, tags

from analysis.draw import style
from analysis.read.breakdown import OTHER
from analysis.wording import label_of, name_of, number, switch_of
from lab import charts, view
from lab.plan import Plan
from lab.published import Library
from lab.runs import in_common, labels
from lab.state import SKETCH
from lab.store import Store
from lab.view import Gain
from sim.command.explain import around
from sim.config.files import choices

SIGNS = dict(zip(charts.SHAPES, "✚◇□△▽", strict=True))


def payload(plan: Plan, store: Store, library: Library) -> dict[str, Any]:
    """All that a page shows of a state's results, as far as they are there."""
    kernels = [curve.config.kernel.name for curve in plan.curves]
    known = list(choices("kernel", plan.folders))
    colours = charts.ranges(charts.colours_of(kernels, known))
    dashes = charts.dashes_of(kernels)
    rows, units = view.curve_rows(plan, store)
    published = view.published_rows(plan, library)
    title = view.title_of(plan.state.measure, units)
    names = labels(plan.curves)
    parts = view.breakdown_rows(plan, store)
    shown = [row["label"] for row in sorted(parts, key=lambda row: row["rank"])]
    causes = list(dict.fromkeys(shown))
    return {
        "curves": charts.curves(rows, published, names, dashes, title),
        "curve_colours": colours,
        "breakdown": charts.breakdown(parts, causes),
        "breakdown_colours": charts.ranges(_colours(causes)),
        "common": in_common(plan.curves),
        "of": names[plan.state.selected],
        "at": plan.at,
        "legend-curves": str(legend_of_curves(names, colours, dashes, published)),
        "legend-breakdown": str(legend(causes, charts.ranges(_colours(causes)))),
        "gains": str(gains_table(view.gains(plan, store), plan, view.unexplained(plan, store))),
        "numbers": str(numbers_table(rows, published, title)),
        "failures": list(view.failures(plan, store)),
        "progress": [step.__dict__ for step in view.progress(plan, store)],
    }


def legend(names: Sequence[str], colours: dict[str, list[str]]) -> Tag:
    """What the colours of areas stand for."""
    entries = [
        tags.li(tags.span(class_="swatch", style=f"--light:{light};--dark:{dark}"), name)
        for name, light, dark in zip(names, colours["light"], colours["dark"], strict=True)
    ]
    return tags.ul(*entries, class_="legend")


def legend_of_curves(
    names: Sequence[str],
    colours: dict[str, list[str]],
    dashes: Sequence[Sequence[int]],
    published: Sequence[dict[str, Any]],
) -> Tag:
    """What lines and points stand for; published series have the colour of their curve."""
    pairs = list(zip(colours["light"], colours["dark"], strict=True))
    entries = [
        tags.li(_line(f"--light:{light};--dark:{dark}", dash), name)
        for name, (light, dark), dash in zip(names, pairs, dashes, strict=True)
    ]
    series = dict.fromkeys((row["series"], row["curve"]) for row in published)
    for place, (name, curve) in enumerate(series):
        light, dark = pairs[names.index(curve)]
        sign = SIGNS[charts.SHAPES[place % len(charts.SHAPES)]]
        style = f"--light:{light};--dark:{dark}"
        entries.append(
            tags.li(tags.span(sign, class_="sign", style=style, aria_hidden="true"), name)
        )
    return tags.ul(*entries, class_="legend")


def _line(style: str, dash: Sequence[int]) -> Tag:
    """A piece of a curve's line."""
    line = Tag("line", x1="0", y1="6", x2="28", y2="6", stroke_dasharray=" ".join(map(str, dash)))
    return Tag("svg", line, class_="piece", viewBox="0 0 28 12", style=style, aria_hidden="true")


def _colours(causes: Sequence[str]) -> list[str]:
    """Colours of contributions: the palette's, and grey for the rest of them."""
    named = [cause for cause in causes if cause != OTHER]
    found = style.colour_of(named)
    return [found.get(cause, style.OTHER) for cause in causes]


def gains_table(gains: Sequence[Gain], plan: Plan, reason: str) -> Tag:
    """The ranked gains, each with its interval, its object's share, and a button that adds it."""
    if not gains:
        waits = "Gains are looked for once the curve is there."
        return tags.p(reason or waits, class_="hint")
    most = max((abs(one.gain.value) for one in gains if one.gain is not None), default=1.0)
    head = ("change", "gain", "95 %", "cycles", "")
    return tags.table(
        tags.caption(
            "Gain in throughput by one change at a time, ranked by the lower ends of the 95 % "
            "intervals, and the share of the cycles that the freed object takes"
        ),
        tags.thead(tags.tr(*(tags.th(text, scope="col") for text in head))),
        tags.tbody(*(_gain_row(one, index, most or 1.0) for index, one in enumerate(gains))),
        class_="gains",
    )


def _gain_row(one: Gain, index: int, most: float) -> Tag:
    words = " ".join(one.change.words)
    share = "" if one.share is None else f"{one.share:.1%}"
    if one.gain is None:
        cells = [tags.td(one.reason, colspan="2", class_="reason")]
    else:
        width = f"width:{100 * abs(one.gain.value) / most:.0f}%"
        kind = "bar loss" if one.gain.value < 0 else "bar"
        text = tags.span(f"{one.gain.value:+z.1%}", class_="value")
        bar = tags.span(tags.span(style=width, class_=kind), class_="track", aria_hidden="true")
        cells = [
            tags.td(text, bar, class_="gain"),
            tags.td(around(one.gain).replace("+-", "±"), class_="number"),
        ]
    button = tags.button(
        "add",
        type="button",
        id=f"gain-{index}",
        data_do="add",
        data_text=words,
        aria_label=f"Add a curve with {words}",
        class_="small",
    )
    return tags.tr(
        tags.th(_said(one), scope="row", title=words),
        *cells,
        tags.td(share, class_="number"),
        tags.td(button),
        class_="rough" if one.level == SKETCH else None,
    )


def _said(one: Gain) -> str:
    """A change in few words: `mount table free of cost`, `with parallel accept`."""
    if one.change.freed:
        return f"{label_of(one.change.freed)} free of cost"
    key, _, value = one.change.words[0].partition("=")
    *_, group, name = key.split(".")
    if group == "fix":
        return f"{'with' if value == 'true' else 'without'} {switch_of(name)}"
    return f"{name_of(name)} {group}: {value}"


def numbers_table(
    rows: Sequence[dict[str, Any]], published: Sequence[dict[str, Any]], title: str
) -> TagList:
    """The points as numbers, for whoever reads rather than looks."""
    head = ("curve", "cores", title, "95 % interval", "run", "remark")
    body = [
        tags.tr(
            tags.td(row["curve"]),
            tags.td(row["cores"], class_="number"),
            tags.td(number(row["mean"]), class_="number"),
            tags.td(f"{number(row['low'])} to {number(row['high'])}", class_="number"),
            tags.td(row["level"]),
            tags.td(row["remark"]),
        )
        for row in rows
    ]
    body += [
        tags.tr(
            tags.td(row["series"]),
            tags.td(number(row["cores"]), class_="number"),
            tags.td(number(row["value"]), class_="number"),
            tags.td(""),
            tags.td("published"),
            tags.td(""),
        )
        for row in published
    ]
    heading = tags.thead(tags.tr(*(tags.th(text, scope="col") for text in head)))
    return TagList(tags.table(heading, tags.tbody(*body), class_="numbers"))
