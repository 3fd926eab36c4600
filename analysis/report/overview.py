"""The first page's grid: each application and operation of a paper, and what limits it.

A row is an experiment that shows a paper's figure. Where objects were freed, it says of each kernel
what limits it and what fixing that would gain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from markupsafe import Markup

from analysis.report import charts, explained, explorer
from analysis.wording import GREEN, NOT_MODELLED, NOT_RUN, TREND_ONLY

if TYPE_CHECKING:
    from analysis.report.explained import Explained
    from analysis.report.pages import ExperimentPage

WIDTH = 150
"""Pixels of a small picture."""


@dataclass(frozen=True)
class Tile:
    """One experiment of the grid.

    picture : the paper's points and the simulated lines, small
    limits : what limits each kernel, by its label; empty where it is not told
    """

    page: ExperimentPage
    picture: Markup
    limits: dict[str, Explained]

    @property
    def verdict(self) -> str:
        """How many of its claims hold."""
        judged = [v for v in self.page.verdicts if v.verdict not in (NOT_MODELLED, NOT_RUN)]
        hold = sum(verdict.verdict in GREEN for verdict in judged)
        return f"{hold} of {len(judged)} claims hold"

    @property
    def failing(self) -> list[str]:
        """Statements of its claims that do not hold."""
        left = (*GREEN, TREND_ONLY, NOT_MODELLED, NOT_RUN)
        return [v.statement for v in self.page.verdicts if v.verdict not in left]


@dataclass(frozen=True)
class Grid:
    """Tiles of one paper, and the kernels that its columns are about; none where none is."""

    heading: str
    kernels: list[str]
    tiles: list[Tile]


def grids(pages: Sequence[ExperimentPage]) -> list[Grid]:
    """Two grids of each paper that is reproduced: what its overviews compare, and the rest."""
    found = []
    for paper, group in groupby(pages, key=lambda page: page.artifact.paper):
        if paper.judged != "reproduction" or not paper.authors:
            continue
        tiles = [_tile(page, pages) for page in group if _is_figure(page)]
        compared = [tile for tile in tiles if explained.case_of(tile.page, pages)]
        if compared:
            kernels = list(dict.fromkeys(label for tile in compared for label in tile.limits))
            found.append(Grid(f"{paper.short}: what limits each application", kernels, compared))
        rest = [tile for tile in tiles if tile not in compared]
        if rest:
            more = "further figures" if compared else "operations and programs"
            found.append(Grid(f"{paper.short}: {more}", [], rest))
    return found


def _is_figure(page: ExperimentPage) -> bool:
    """Whether a page shows lines over published ones, or values that were published."""
    return any(
        explorer.published_points(page.artifact, measure) for measure in page.experiment.measures
    )


def _tile(page: ExperimentPage, pages: Sequence[ExperimentPage]) -> Tile:
    spec = explorer.small(page.charts[0])
    svg = Markup(charts.static(spec, page.experiment.display, WIDTH)) if spec else Markup("")
    limits = {one.label: one for one in explained.of_page(page, pages)}
    return Tile(page, svg, limits if len(limits) <= explained.MOST else {})
