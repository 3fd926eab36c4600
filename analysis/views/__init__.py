"""Views: tables and figures that compare an experiment's curves as wholes.

Each kind of view is a module with the same four functions: `table` (its numbers), `draw` (its
figure), `finding` (what it shows, in words) and `cells` (the table as a reader sees it).
"""

from __future__ import annotations

from types import ModuleType

import polars as pl
from matplotlib.figure import Figure

from analysis.read.results import Results
from analysis.views import (
    assumptions,
    bottlenecks,
    crossover,
    fits,
    growth,
    ratio,
    relative,
    toggled,
    topology,
    what_if,
)
from sim.experiment.file import Experiment
from sim.experiment.references import Roots
from sim.experiment.views import View

KINDS: dict[str, ModuleType] = {
    "assumptions": assumptions,
    "bottlenecks": bottlenecks,
    "crossover": crossover,
    "fits": fits,
    "growth": growth,
    "ratio": ratio,
    "relative": relative,
    "toggles": toggled,
    "topology": topology,
    "what_if": what_if,
}


def tables(experiment: Experiment, results: Results, references: Roots) -> dict[str, pl.DataFrame]:
    """Table of every view of an experiment, by the view's id."""
    return {
        view.id: KINDS[view.kind].table(view, experiment, results, references)
        for view in experiment.views
    }


def draw(view: View, experiment: Experiment, table: pl.DataFrame) -> Figure:
    """Figure of a view."""
    figure: Figure = KINDS[view.kind].draw(view, experiment, table)
    return figure


def finding(view: View, experiment: Experiment, table: pl.DataFrame) -> str:
    """What a view shows, in words."""
    return str(KINDS[view.kind].finding(view, experiment, table))


def cells(
    view: View, experiment: Experiment, table: pl.DataFrame
) -> tuple[list[str], list[list[str]], list[bool]]:
    """Header, rows and numeric columns of a view's table as a reader sees it."""
    header, rows, numeric = KINDS[view.kind].cells(view, experiment, table)
    return header, rows, numeric
