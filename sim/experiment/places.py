"""Where curves stand in views: their keys are checked, so that no figure is joined by its words.

A curve's `case` says what it runs (an application, say) and its `design` on what. Views compare the
designs of one case. `group` and `label` are how figures call the two, and decide nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from sim.config.errors import show, suggestion
from sim.experiment.views import (
    BottleneckView,
    CrossoverView,
    GrowthView,
    RatioView,
    RelativeView,
    ToggleView,
    View,
)

if TYPE_CHECKING:
    from sim.experiment.file import Curve


JOINING = (RatioView, ToggleView, BottleneckView, GrowthView, CrossoverView, RelativeView)
"""Kinds of views in which cases and designs meet."""


def require(curves: Sequence[Curve], views: Sequence[View]) -> None:
    """Check the keys of an experiment's curves and those that its views name.

    Raises:
        ValueError: a key has two names, two curves have one place, or a view names no curve's key.
    """
    if any(isinstance(view, JOINING) for view in views):
        _require_one_name(curves)
        _require_one_curve(curves)
    for index, view in enumerate(views):
        where = f"views[{index}]"
        if isinstance(view, RatioView | ToggleView | BottleneckView):
            _require_published(where, view, curves)
        if isinstance(view, GrowthView):
            _require_order(where, view, curves)
        for field, design in _designs(view):
            _require_known(f"{where}.{field}", "design", design, _keys(curves, "design"))


def _keys(curves: Sequence[Curve], field: str) -> list[str]:
    """Each curve's key once, in order, but for none."""
    return [key for key in dict.fromkeys(getattr(curve, field) for curve in curves) if key]


def _require_known(where: str, what: str, key: str, known: Iterable[str]) -> None:
    """Check that some curve has a key."""
    names = list(known)
    if key not in names:
        hint = suggestion(key, names) or f"no curve has a {what}"
        raise ValueError(f"{where}: no {what} {show(key)} ({hint})")


def _require_one_name(curves: Sequence[Curve]) -> None:
    """Check that curves of one case are of one group, and those of one design have one label."""
    for key, name in (("case", "group"), ("design", "label")):
        seen: dict[str, str] = {}
        for curve in curves:
            mine, text = getattr(curve, key), getattr(curve, name)
            if seen.setdefault(mine, text) != text:
                raise ValueError(
                    f"curve {curve.id}: {name} {show(text)}, but {show(seen[mine])} of another "
                    f"curve of the same {key} {show(mine)}"
                )


def _require_one_curve(curves: Sequence[Curve]) -> None:
    """Check that no two curves are the same design of the same case."""
    seen: dict[tuple[str, str], str] = {}
    for curve in curves:
        place = (curve.case, curve.design)
        if seen.setdefault(place, curve.id) != curve.id:
            raise ValueError(
                f"curve {curve.id}: case {show(curve.case)} and design {show(curve.design)} "
                f"are those of curve {show(seen[place])}"
            )


def _require_published(
    where: str, view: RatioView | ToggleView | BottleneckView, curves: Sequence[Curve]
) -> None:
    """Check that what a table of published values is joined by are keys of curves."""
    named = {"cases": ("case", view.cases)}
    if isinstance(view, RatioView):
        named["series"] = ("design", view.series)
    for field, (what, names) in named.items():
        if bool(names) != (view.reference is not None):
            given, missing = (field, "reference") if names else ("reference", field)
            raise ValueError(f"{where}: {given} has no effect without {missing}")
        for key in names:
            _require_known(f"{where}.{field}", what, key, _keys(curves, what))


def _require_order(where: str, view: GrowthView, curves: Sequence[Curve]) -> None:
    """Check that each curve is one of the lines that a view of growth draws."""
    for curve in curves:
        if curve.design not in view.order:
            raise ValueError(
                f"{where}.order: no design {show(curve.design)}, which is that of curve "
                f"{show(curve.id)} ({suggestion(curve.design, view.order)})"
            )


def _designs(view: View) -> Iterator[tuple[str, str]]:
    """Designs that a view compares, by the field that names them."""
    if isinstance(view, GrowthView | CrossoverView | RelativeView):
        yield "over", view.over
    if isinstance(view, CrossoverView):
        yield "design", view.design
