"""The fixes of an application, to add or take away: what was simulated, and how to run the rest."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from analysis.report import explained
from analysis.wording import percent, switch_of

if TYPE_CHECKING:
    from analysis.report.pages import ExperimentPage


@dataclass(frozen=True)
class Fix:
    """One switch: its key, its name, and its gain in words."""

    id: str
    name: str
    gained: str


@dataclass(frozen=True)
class Base:
    """A curve from which switches are flipped, each alone.

    on : whether a flip adds the fix
    command : shell words of a run of the curve; the flipped switches follow
    """

    curve: str
    label: str
    on: bool
    command: str
    fixes: list[Fix]


@dataclass(frozen=True)
class Fixes:
    """What a page offers to flip, at how many cores."""

    cores: int
    bases: list[Base]

    @property
    def data(self) -> dict[str, object]:
        """What the page's script needs: a command and the names of each base."""
        return {
            base.curve: {
                "label": base.label,
                "on": base.on,
                "command": base.command,
                "gains": {fix.id: fix.gained for fix in base.fixes},
            }
            for base in self.bases
        }


def of_page(page: ExperimentPage, pages: Sequence[ExperimentPage]) -> Fixes | None:
    """Switches flipped in an overview of the same paper for what this page runs; None without."""
    case = explained.case_of(page, pages)
    if not case:
        return None
    for other in pages:
        if other.experiment.paper != page.experiment.paper:
            continue
        for view in other.experiment.views:
            if view.kind == "toggles":
                table = other.artifact.views[view.id].filter(pl.col("case") == case)
                if len(table):
                    cores = int(table["cores"].max())  # type: ignore[arg-type]
                    mine = table.filter(pl.col("cores") == cores)
                    return Fixes(cores, _bases(other, mine, cores))
    return None


def _bases(page: ExperimentPage, table: pl.DataFrame, cores: int) -> list[Base]:
    """Each curve of a table of switches with what flipping does."""
    settings = {curve.id: curve for curve in page.experiment.curves}
    found = []
    for curve in table["curve"].unique(maintain_order=True).to_list():
        mine = table.filter(pl.col("curve") == curve)
        words = [*page.experiment.base, *page.experiment.overrides, *settings[curve].overrides]
        command = shlex.join(["python", "-m", "sim", "run", *words, f"cores=[1,{cores}]"])
        fixes = [
            Fix(row["toggle"], switch_of(row["toggle"]), _gained(row))
            for row in mine.iter_rows(named=True)
        ]
        on = bool(mine["on"][0])
        found.append(Base(curve, settings[curve].label, on, command, fixes))
    return found


def _gained(row: dict[str, object]) -> str:
    """Change of throughput with its interval, in words."""
    ends = [row[name] for name in ("gain", "low", "high")]
    value, low, high = (float(str(end)) if end is not None else None for end in ends)
    if value is None or low is None or high is None:
        return "nothing in the model depends on it"
    if abs(value) >= 1:
        return f"{1 + value:.2g} times ({1 + low:.2g} to {1 + high:.2g})"
    span = f"{percent(100 * low)} to {percent(100 * high)}"
    return f"{'+' if value > 0 else ''}{percent(100 * value)} ({span})"
