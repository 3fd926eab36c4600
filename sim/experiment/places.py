"""Where curves stand in views: their keys are checked, so that no figure is joined by its words.

A curve's `case` says what it runs (an application, say) and its `design` on what. Views compare the
designs of one case. `group` and `label` are how figures call the two, and decide nothing. That the
cases and designs that a view names are those of curves is checked with all other names
(`sim.experiment.named`).
"""

from __future__ import annotations

from collections.abc import Sequence
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
    """Check that the keys of an experiment's curves are enough for its views.

    Raises:
        ValueError: a key has two names, two curves have one place, a view lacks the cases or
            designs that its published values belong to, or does not say where a curve stands.
    """
    if any(isinstance(view, JOINING) for view in views):
        _require_one_name(curves)
        _require_one_curve(curves)
    for index, view in enumerate(views):
        where = f"views[{index}]"
        if isinstance(view, RatioView | ToggleView | BottleneckView):
            _require_published(where, view)
        if isinstance(view, GrowthView):
            _require_order(where, view, curves)


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


def _require_published(where: str, view: RatioView | ToggleView | BottleneckView) -> None:
    """Check that a table of published values comes with the keys that it is joined by."""
    named = {"cases": view.cases}
    if isinstance(view, RatioView):
        named["series"] = view.series
    for field, names in named.items():
        if bool(names) != (view.reference is not None):
            given, missing = (field, "reference") if names else ("reference", field)
            raise ValueError(f"{where}: {given} has no effect without {missing}")


def _require_order(where: str, view: GrowthView, curves: Sequence[Curve]) -> None:
    """Check that each curve is one of the lines that a view of growth draws."""
    for curve in curves:
        if curve.design not in view.order:
            raise ValueError(
                f"{where}.order: no design {show(curve.design)}, which is that of curve "
                f"{show(curve.id)} ({suggestion(curve.design, view.order)})"
            )
