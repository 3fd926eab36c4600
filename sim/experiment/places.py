"""Where curves stand in views: their keys are checked, so that no figure is joined by its words.

A curve's `case` says what it runs (an application, say) and its `design` on what. Views compare the
designs of one case. `group` and `label` are how figures call the two, and decide nothing. That the
cases and designs that a view names are those of curves is checked with all other names
(`sim.experiment.named`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.config.errors import show

if TYPE_CHECKING:
    from sim.experiment.file import Curve


def require(curves: Sequence[Curve]) -> None:
    """Check that each case, design and place of curves is one, where they meet in a view.

    Raises:
        ValueError: a key has two names, or two curves have one place.
    """
    _require_one_name(curves)
    _require_one_curve(curves)


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
