"""A figure of results that belong to no experiment: what `plot` was asked for, and the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from analysis.draw import canvas
from analysis.draw import sweep as drawn
from analysis.read import sweep
from analysis.read.tidy import ResultsError
from sim.config.errors import message
from sim.drafts import check_writable, refused, write_text

FORMATS = ("png", "svg", "pdf")
PAGE = ".html"


class Asked(NamedTuple):
    """Settings on the axis, of lines and of panels, as they were typed; and the column."""

    x: str
    by: Sequence[str]
    panels: Sequence[str]
    column: str


def write(files: Sequence[Path], asked: Asked, target: Path) -> Iterator[str]:
    """Draw results into a file; returns what a reader should know about the figure.

    Raises
    ------
    ResultsError : a file of results cannot be used, or nothing is called so
    ConfigError : the figure cannot be written there
    """
    kind = target.suffix.removeprefix(".")
    if kind not in FORMATS and target.suffix != PAGE:
        allowed = ", ".join(f"NAME.{name}" for name in (*FORMATS, "html"))
        raise ResultsError(
            message(f"-o {target}", "not the name of a figure", f"allowed: {allowed}")
        )
    check_writable([target], f"-o {target}")
    points = sweep.read(files, asked.column)
    x = sweep.named(asked.x, points, "--x")
    by = [sweep.named(key, points, "--by") for key in asked.by]
    panels = [sweep.named(key, points, "--panel") for key in asked.panels]
    plan = drawn.layout(points, asked.column, x, by, panels)
    with refused(f"-o {target}"):
        if target.suffix == PAGE:
            from analysis.report.sweep_page import page

            write_text(target, page(points, plan))
        else:
            canvas.save(drawn.draw(points, plan), target.parent, target.stem, [kind])
    if plan.added:
        yield f"these differ, too, and have lines of their own: {', '.join(plan.added)}"
