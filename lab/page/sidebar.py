"""The page's controls as HTML, written from what a curve can be set to.

Every element that can have the focus has an id of its own, so that it keeps the focus when the
controls are written anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from htmltools import Tag, TagList, tags

from analysis.draw import style
from analysis.wording import name_of, switch_of
from lab import charts
from lab.controls import HOP, Control, Section, choosers, sections
from lab.plan import Plan
from lab.runs import key_of, labels
from lab.state import MEASURES
from lab.view import TITLES
from sim.config.files import CHOICE_GROUPS, choices

OPEN = ("fixes", "locks")
"""Sections that are open at first."""
NAMES = {"workload": "Workload", "kernel": "Kernel", "hardware": "Machine", "cores": "Cores"}
NAMES |= {"order": "Order of the cores", HOP: "Cost of a hop"}


def sidebar(plan: Plan, levels: Sequence[str]) -> dict[str, Any]:
    """Everything on the page that a state alone decides, results apart."""
    known = list(choices("kernel", plan.folders))
    chosen = choosers(plan.curve, plan.folders)
    colours = charts.colours_of([curve.config.kernel.name for curve in plan.curves], known)
    return {
        "curves": str(_curves(plan, colours)),
        "controls": str(
            TagList(
                *(_row(control, f"for-{control.key}") for control in chosen),
                _words(plan),
                *(_section(section) for section in sections(plan.curve, plan.folders)),
            )
        ),
        "looks": str(_looks(plan, levels)),
        "cores": str(_cores(plan)),
    }


def _curves(plan: Plan, colours: Sequence[str]) -> Tag:
    """The curves as a list: one is selected, each can be removed."""
    rows = []
    for number, (name, colour) in enumerate(zip(labels(plan.curves), colours, strict=True)):
        chosen = number == plan.state.selected
        pick = tags.button(
            tags.span(class_="swatch", style=f"--light:{colour};--dark:{style.on_dark(colour)}"),
            tags.span(name),
            type="button",
            id=f"curve-{number}",
            data_do="select",
            data_number=str(number),
            aria_pressed=str(chosen).lower(),
            class_="pick",
        )
        drop = tags.button(
            "×",
            type="button",
            id=f"remove-{number}",
            data_do="remove",
            data_number=str(number),
            aria_label=f"Remove {name}",
            class_="quiet",
        )
        rows.append(tags.li(pick, drop if len(plan.curves) > 1 else None))
    add = tags.button("Add a curve like this", type="button", id="add-curve", data_do="add")
    return tags.div(tags.ul(*rows, class_="curves"), add)


def _row(control: Control, name: str) -> Tag:
    """One setting: its name, its control, its unit."""
    label = NAMES.get(control.key) or _short(control.key)
    what = control.meaning or next(
        (one.meaning for one in control.options if one.value == control.value), ""
    )
    said = f"{control.key}: {what}" if what else control.key
    classes = "row changed" if control.is_changed else "row"
    if control.kind == "switch":
        box = tags.input(
            type="checkbox",
            id=name,
            data_key=control.key,
            checked="" if control.value == "true" else None,
        )
        return tags.label(box, tags.span(label), class_=f"{classes} switch", title=said)
    unit = tags.span(control.unit, class_="unit") if control.unit else None
    heading = tags.label(label, unit, for_=name)
    return tags.div(heading, _input(control, name), class_=classes, title=said)


def _input(control: Control, name: str) -> Tag:
    """A list of choices, or a field."""
    if control.kind == "choice":
        options = [
            tags.option(
                one.value or one.meaning,
                value=one.value,
                title=one.meaning or None,
                selected="" if one.value == control.value else None,
            )
            for one in control.options
        ]
        return tags.select(*options, id=name, data_key=control.key)
    return tags.input(
        # A number's own field would swallow what is no number, before anyone can say why.
        type="text",
        inputmode="decimal" if control.kind == "number" else None,
        id=name,
        data_key=control.key,
        value=control.value,
        autocomplete="off",
        spellcheck="false",
        placeholder=control.plain or None,
    )


def _short(key: str) -> str:
    """A setting's name without what its section says already."""
    parts = key.split(".")
    if key.startswith("kernel.fix."):
        return switch_of(key)
    if key.startswith("kernel.objects."):
        return name_of(" · ".join(parts[2:]))
    return name_of(" · ".join(parts[2:] or parts[1:]))


def _section(section: Section) -> Tag:
    count = tags.span(f"{section.changed} changed", class_="count") if section.changed else None
    rows = [_row(control, f"for-{control.key}") for control in section.controls]
    return tags.details(
        tags.summary(section.title, count, id=f"summary-of-{section.name}"),
        tags.div(*rows, class_="rows"),
        id=f"section-{section.name}",
        open="" if section.name in OPEN else None,
    )


def _words(plan: Plan) -> Tag:
    """A field for words of the command line, and those that the curve has."""
    own = [word for word in plan.state.words if key_of(word) not in CHOICE_GROUPS]
    chips = [
        tags.li(
            tags.code(word),
            tags.button(
                "×",
                type="button",
                id=f"drop-{number}",
                data_do="drop",
                data_word=word,
                aria_label=f"Leave out {word}",
                class_="quiet",
            ),
        )
        for number, word in enumerate(own)
    ]
    field = tags.input(
        type="text",
        id="words",
        data_words="",
        placeholder="hardware.coherence.hop_cycles=200",
        aria_describedby="words-refused",
        autocomplete="off",
        spellcheck="false",
    )
    return tags.div(
        tags.label("Any override, as on the command line", for_="words"),
        field,
        tags.pre(id="words-refused", class_="refused", role="alert", hidden=""),
        tags.ul(*chips, class_="chips") if chips else None,
        class_="row words",
    )


def _looks(plan: Plan, levels: Sequence[str]) -> TagList:
    """What is drawn, and how far it is sharpened."""
    now = plan.state
    measures = [(one, TITLES[one]) for one in MEASURES]
    return TagList(
        tags.label("Show", for_="measure"),
        _select("measure", measures, now.measure),
        tags.label("Sharpen to", for_="level"),
        _select("level", [(one, f"run={one}") for one in levels], now.level),
    )


def _cores(plan: Plan) -> TagList:
    """At which of the curve's core counts gains are looked for."""
    counts = [(str(cores), str(cores)) for cores in plan.curve.cores]
    return TagList(tags.label("Gains at", for_="at"), _select("at", counts, str(plan.at)), "cores")


def _select(name: str, options: Sequence[tuple[str, str]], chosen: str) -> Tag:
    return tags.select(
        *(
            tags.option(text, value=value, selected="" if value == chosen else None)
            for value, text in options
        ),
        id=name,
        data_look=name,
    )
