"""The claims of a report: as rows, grouped by paper and section."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from analysis.judge import claims
from analysis.report.layout import figure_of
from analysis.wording import label_of
from sim.experiment.metric import Value

if TYPE_CHECKING:
    from analysis.report.pages import ExperimentPage


@dataclass(frozen=True)
class Row:
    """One claim of one experiment, ready to lay out."""

    page: ExperimentPage
    verdict: claims.Verdict
    value: str
    published: str

    @property
    def section(self) -> str:
        """Section of the paper, the claim's own or else the experiment's; empty without one."""
        return self.verdict.section or self.page.experiment.section


@dataclass(frozen=True)
class Group:
    """The claims of one section of one paper."""

    heading: str
    rows: list[Row]


def rows(pages: Sequence[ExperimentPage]) -> list[Row]:
    """Every claim of several experiments."""
    return [
        Row(page, verdict, _shown(verdict.value), _shown(verdict.published))
        for page in pages
        for verdict in page.verdicts
    ]


def grouped(listed: Sequence[Row]) -> list[tuple[str, list[Group]]]:
    """(paper, its sections in order), papers in the order of the rows."""
    papers: dict[str, list[Row]] = {}
    for row in listed:
        papers.setdefault(row.page.paper, []).append(row)
    return [
        (paper, [Group(_heading(section, group), group) for section, group in _sections(mine)])
        for paper, mine in papers.items()
    ]


def _sections(listed: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    ordered = sorted(listed, key=lambda row: _natural(row.section))
    return [(section, list(group)) for section, group in groupby(ordered, key=lambda r: r.section)]


def _heading(section: str, listed: Sequence[Row]) -> str:
    """A section's number and name."""
    return listed[0].page.artifact.paper.section(section) if section else "No section"


def _natural(section: str) -> tuple[list[int], str]:
    """Order 5.10 after 5.9, and claims without a section last."""
    return ([int(n) for n in re.findall(r"\d+", section)] or [10**6], section)


def _shown(value: Value | None) -> str:
    return label_of(value) if isinstance(value, str) else figure_of(value)
