"""The answer page: the synthesis's sentences with the numbers of this run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from analysis.wording import GREEN, NOT_RUN, counted, name_of, number, percent
from sim.experiment.answer import Answer, Part, Sentence
from sim.experiment.metric import Value

if TYPE_CHECKING:
    from analysis.judge.claims import Verdict
    from analysis.report.pages import ExperimentPage, Figure


NO_LOSS = 0.01
"""Loss of throughput up to which taking a fix away costs nothing."""


@dataclass(frozen=True)
class Said:
    """A sentence of the answer, as this run lets it be said.

    holds : whether the claim holds here
    place : page and claim that it stands on
    claim : the claim's statement
    """

    text: str
    holds: bool
    place: str
    criterion: str
    claim: str = ""


@dataclass(frozen=True)
class Paragraph:
    """A heading, its sentences, and the figure beside them, if this run drew it.

    page : what is said first
    fixes : switches that cost nothing when they are taken away, as a sentence; empty without any
    is_finding : whether the first page shows its figure
    """

    heading: str
    page: list[Said]
    sentences: list[Said]
    figure: Figure | None
    fixes: Said | None = None
    is_finding: bool = False


def paragraphs(answer: Answer, pages: Sequence[ExperimentPage]) -> list[Paragraph]:
    """Parts of the answer whose experiments are among the pages."""
    by_name = {page.experiment.name: page for page in pages}
    found = []
    for part in answer.parts:
        if sentences := said_of(part.sentences, by_name):
            first, figure = said_of(part.page, by_name), _figure(part, by_name)
            idle = _fixes(part, by_name)
            found.append(Paragraph(part.heading, first, sentences, figure, idle, part.is_finding))
    return found


def in_short(answer: Answer, pages: Sequence[ExperimentPage]) -> list[Said]:
    """The answer in one paragraph, as far as the pages bear it."""
    return said_of(answer.paragraph, {page.experiment.name: page for page in pages})


def said_of(sentences: Sequence[Sentence], pages: dict[str, ExperimentPage]) -> list[Said]:
    """Those of some sentences whose experiments are among the pages."""
    return [said for one in sentences if (said := _said(one, pages)) is not None]


def _fixes(part: Part, pages: dict[str, ExperimentPage]) -> Said | None:
    """Say which switches cost nothing when each alone is taken away; None where that is unknown."""
    if part.fixes is None:
        return None
    name, _, view = part.fixes.rpartition("/")
    page = pages.get(name)
    table = None if page is None else page.artifact.views.get(view)
    if page is None or table is None:
        return None
    known = table.filter(~pl.col("on") & pl.col("gain").is_not_null())
    worst = known.group_by("toggle", maintain_order=True).agg(pl.col("gain").min())
    idle = [
        name_of(toggle.rpartition(".")[2]) for toggle, gain in worst.iter_rows() if gain >= -NO_LOSS
    ]
    if not idle:
        return None
    cores = counted(int(known["cores"][0]))
    text = (
        f"Of {len(worst)} fixes that were taken away one at a time, {len(idle)} cost at most "
        f"{percent(100 * NO_LOSS, 0)} of throughput in any application at {cores}: "
        f"{', '.join(idle)}."
    )
    return Said(text, True, f"{page.file}#figure-{view}", "", page.experiment.title)


def _said(sentence: Sentence, pages: dict[str, ExperimentPage]) -> Said | None:
    name, claim = sentence.source
    page = pages.get(name)
    verdict = None if page is None else _verdict(page, claim)
    if page is None or verdict is None or verdict.value is None or verdict.verdict == NOT_RUN:
        return None
    return Said(
        filled(sentence.text, verdict.value),
        verdict.verdict in GREEN,
        f"{page.file}#claim-{verdict.id}",
        verdict.criterion,
        verdict.statement,
    )


def _verdict(page: ExperimentPage, claim: str) -> Verdict | None:
    return next((verdict for verdict in page.verdicts if verdict.id == claim), None)


def _figure(part: Part, pages: dict[str, ExperimentPage]) -> Figure | None:
    if part.figure is None:
        return None
    name, _, figure = part.figure.rpartition("/")
    page = pages.get(name)
    if page is None:
        return None
    sections = [*page.sections, *page.views]
    return next((s.figure for s in sections if s.figure.id == figure), None)


def filled(text: str, value: Value) -> str:
    """Put a claim's value into its sentence, rounded to two or three digits."""
    if isinstance(value, str):
        return text.replace("{value}", value)
    forms = {
        "{value}": _shown(value),
        "{percent}": percent(100 * value, 0 if abs(value) >= 0.0995 else 1),
        "{more}": percent(100 * (value - 1), 0),
        "{loss}": percent(-100 * value, 0),
    }
    for form, shown in forms.items():
        text = text.replace(form, shown)
    return text


def _shown(value: float) -> str:
    """A ratio in two digits, and in three where it is nearly 1."""
    return f"{value:.2f}" if 0.9 < value < 1.1 else number(float(f"{value:.2g}"))
