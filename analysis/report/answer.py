"""The answer page: the synthesis's sentences with the numbers of this run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.wording import GREEN, NOT_RUN, number, percent
from sim.experiment.answer import Answer, Part, Sentence
from sim.experiment.metric import Value

if TYPE_CHECKING:
    from analysis.judge.claims import Verdict
    from analysis.report.pages import ExperimentPage, Figure


@dataclass(frozen=True)
class Said:
    """A sentence of the answer, as this run lets it be said.

    holds : whether the claim holds here
    place : page and claim that it stands on
    """

    text: str
    holds: bool
    place: str
    criterion: str


@dataclass(frozen=True)
class Paragraph:
    """A heading, its sentences, and the figure beside them, if this run drew it."""

    heading: str
    sentences: list[Said]
    figure: Figure | None


def paragraphs(answer: Answer, pages: Sequence[ExperimentPage]) -> list[Paragraph]:
    """Parts of the answer whose experiments are among the pages."""
    by_name = {page.experiment.name: page for page in pages}
    found = []
    for part in answer.parts:
        sentences = [said for one in part.sentences if (said := _said(one, by_name)) is not None]
        if sentences:
            found.append(Paragraph(part.heading, sentences, _figure(part, by_name)))
    return found


def _said(sentence: Sentence, pages: dict[str, ExperimentPage]) -> Said | None:
    name, claim = sentence.source
    page = pages.get(name)
    verdict = None if page is None else _verdict(page, claim)
    if page is None or verdict is None or verdict.value is None or verdict.verdict == NOT_RUN:
        return None
    return Said(
        filled(sentence.text, verdict.value),
        verdict.verdict in GREEN,
        page.file,
        verdict.criterion,
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
