"""The answer page: the synthesis's sentences with the numbers of this run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from analysis.read.made_from import BACKGROUND
from analysis.report import prose
from analysis.wording import GREEN, NOT_RUN, counted, number, percent, switch_of
from sim.experiment.answer import Answer, Part, Sentence, cited
from sim.experiment.metric import Value

if TYPE_CHECKING:
    from markupsafe import Markup

    from analysis.judge.claims import Verdict
    from analysis.report.pages import ExperimentPage, Figure


NO_LOSS = 0.01
"""Loss of throughput up to which taking a fix away costs nothing."""


@dataclass(frozen=True)
class Said:
    """A sentence of the answer, as this run lets it be said.

    holds : whether the claim holds here
    place : page and claim that it stands on; empty where it has no number of this run
    claim : the claim's statement
    cites : places in papers, each with the section's name
    begins : whether it begins a paragraph
    """

    text: str
    holds: bool
    place: str
    criterion: str
    claim: str = ""
    cites: tuple[tuple[str, str], ...] = ()
    begins: bool = False

    @property
    def stop(self) -> str:
        """What it ends with, which stands behind its citation."""
        return self.text[-1:] if self.text.endswith((".", ",", ";", ":")) else ""

    @property
    def words(self) -> str:
        """The sentence without that."""
        return self.text.removesuffix(self.stop)


@dataclass(frozen=True)
class Background:
    """A page of docs/background in the report, and the parts of the answer that refer to it."""

    title: str
    text: Markup
    parts: list[str]

    @staticmethod
    def file(name: str) -> str:
        """Its file in the report."""
        return f"background-{name}.html"


@dataclass(frozen=True)
class Paragraph:
    """A heading, its sentences, and the figure beside them, if this run drew it.

    page : what is said first
    conditions : without which it does not hold
    background : pages that explain it, each with its file and title
    fixes : switches that cost nothing when they are taken away, as a sentence; empty without any
    is_finding : whether the first page shows its figure
    """

    heading: str
    page: list[Said]
    sentences: list[Said]
    figure: Figure | None
    fixes: Said | None = None
    is_finding: bool = False
    conditions: list[Said] = field(default_factory=list)
    background: list[tuple[str, str]] = field(default_factory=list)


def paragraphs(answer: Answer, pages: Sequence[ExperimentPage]) -> list[Paragraph]:
    """Parts of the answer whose experiments are among the pages."""
    by_name = {page.experiment.name: page for page in pages}
    found = []
    for part in answer.parts:
        if sentences := said_of(part.sentences, by_name):
            first, figure = said_of(part.page, by_name), _figure(part, by_name)
            idle = _fixes(part, by_name)
            found.append(
                Paragraph(
                    *(part.heading, first, sentences, figure, idle, part.is_finding),
                    said_of(part.conditions, by_name) if part.conditions else [],
                    [(Background.file(name), title(name)) for name in part.background],
                )
            )
    return found


def background(answer: Answer, shown: Sequence[Paragraph]) -> dict[str, Background]:
    """Pages that explain the parts that are shown, by their files in the report."""
    headings: dict[str, list[str]] = {}
    for part in answer.parts:
        if part.heading in {one.heading for one in shown}:
            for name in part.background:
                headings.setdefault(name, []).append(part.heading)
    return {
        Background.file(name): Background(title(name), prose.render(source(name)), parts)
        for name, parts in headings.items()
    }


def source(name: str) -> str:
    """A page of docs/background, as it is written."""
    return (BACKGROUND / f"{name}.md").read_text(encoding="utf-8")


def title(name: str) -> str:
    """The heading of a page of docs/background."""
    return source(name).partition("\n")[0].removeprefix("#").strip()


def in_short(answer: Answer, pages: Sequence[ExperimentPage]) -> list[Said]:
    """The answer in one paragraph, as far as the pages bear it."""
    return said_of(answer.paragraph, {page.experiment.name: page for page in pages})


def said_of(sentences: Sequence[Sentence], pages: dict[str, ExperimentPage]) -> list[Said]:
    """Those of some sentences whose experiments are among the pages.

    What stands on no claim is said beside what does; alone it would be the argument of another run.
    """
    found = [(one, said) for one in sentences if (said := _said(one, pages)) is not None]
    if any(one.claim for one in sentences) and not any(one.claim for one, _ in found):
        return []
    return [said for _, said in found]


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
    idle = [switch_of(toggle) for toggle, gain in worst.iter_rows() if gain >= -NO_LOSS]
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
    cites = tuple(cited(place) for place in sentence.cites)
    if sentence.claim is None:
        stated = number(sentence.stated()) if sentence.row else ""
        text = sentence.text.replace("{value}", stated)
        return Said(text, True, "", "", cites=cites, begins=sentence.begins)
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
        cites,
        sentence.begins,
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
