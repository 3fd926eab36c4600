"""What limits a curve, what fixing it would gain and what the paper says, as sentences.

Results and claims in, words out: nothing here knows an application. What the paper says stands in
claims whose published value is an object's name; they may be those of another experiment that
shows the same curve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from analysis.read import limits
from analysis.read.limits import Limit
from analysis.wording import GREEN, counted, faster, percent, thing_of, waiting_of

if TYPE_CHECKING:
    from analysis.report.pages import ExperimentPage


@dataclass(frozen=True)
class Stated:
    """What a paper says limits a curve.

    thing : object of the account that it names
    claim : where the report judges it
    """

    thing: str
    section: str
    why: str
    claim: str


@dataclass(frozen=True)
class Explained:
    """What limits one curve, in words.

    limit : what costs most beyond the work of one core
    stated : what the paper says; None where it does not say
    others : what else costs more than on one core
    """

    label: str
    curve: str
    limit: Limit
    stated: Stated | None
    others: tuple[Limit, ...] = ()

    @property
    def agrees(self) -> bool | None:
        """Whether model and paper name the same object; None where the paper names none."""
        return None if self.stated is None else self.stated.thing == self.limit.thing

    @property
    def what(self) -> str:
        """What limits it, short: object and share."""
        share = percent(100 * self.limit.share, 0)
        return f"{waiting_of(self.limit.thing, self.limit.cause)}, {share} of the cycles"

    @property
    def gained(self) -> str:
        """What fixing it would gain, short."""
        one = self.limit
        if one.gain is None or one.is_work:
            return f"{faster(one.gain_of_excess)} if nothing else changed"
        return "no more than noise" if one.gain.holds(0.0) else faster(*one.gain)

    @property
    def spends(self) -> str:
        """The sentence's first half: where the cycles go."""
        one = self.limit
        share = percent(100 * one.share, 0)
        doing = waiting_of(one.thing, one.cause)
        return f"At {counted(one.cores)} {self.label} spends {share} of its cycles {doing}"

    @property
    def would(self) -> str:
        """The sentence's second half: what would be gained."""
        one = self.limit
        if one.gain is None or one.is_work:
            times = faster(one.gain_of_excess)
            return f"without that cost it would be {times} if nothing else changed."
        if one.gain.holds(0.0):
            ends = f"{1 + one.gain.low:.2f} to {1 + one.gain.high:.2f} times"
            return f"taking that cost away changes its throughput by no more than noise ({ends})."
        work = ", with the work of one core that is part of it," if one.includes_work else ""
        return f"without that cost{work} it would be {faster(*one.gain)}."

    @property
    def paper(self) -> str:
        """What the paper says, beside it."""
        if self.stated is None:
            return ""
        if self.agrees:
            return "The paper says the same."
        named = thing_of(self.stated.thing)
        if self.stated.why:
            return f"The paper says {named}; the model disagrees: {self.stated.why}."
        here = next((one for one in self.others if one.thing == self.stated.thing), None)
        beside = f", here {percent(100 * here.share, 0)} of the cycles" if here else ""
        return f"The paper names {named}{beside}."

    @property
    def sentence(self) -> str:
        """The whole answer."""
        return f"{self.spends}; {self.would} {self.paper}".strip()


def roles(page: ExperimentPage, pages: Sequence[ExperimentPage]) -> dict[str, str]:
    """Curves that stand for the kernels of a page, by label: Stock and PK, say.

    Those that an overview of the same paper takes from it by its designs; else those whose objects
    were freed; else all.
    """
    own = page.labels
    found: dict[str, str] = {}
    for other in pages:
        if other.experiment.paper == page.experiment.paper:
            for curve in other.experiment.curves:
                if curve.source[0] == page.experiment.name and curve.case:
                    found.setdefault(curve.label, curve.source[1])
    if len(found) < 2:
        freed = [name for asked in page.experiment.what_if for name in asked.curves]
        found = {own[name]: name for name in freed or own}
    return found


def case_of(page: ExperimentPage, pages: Sequence[ExperimentPage]) -> str:
    """What a page's curves run, as overviews of the same paper call it; empty without one."""
    for other in pages:
        if other.experiment.paper == page.experiment.paper:
            for curve in other.experiment.curves:
                if curve.source[0] == page.experiment.name and curve.case:
                    return str(curve.case)
    return ""


def stated(
    page: ExperimentPage, curve: str, cores: int, pages: Sequence[ExperimentPage]
) -> Stated | None:
    """What the paper says limits a curve: of an overview first, which says it of all."""
    found = []
    for other in pages:
        if other.experiment.paper != page.experiment.paper:
            continue
        mine = {
            one.id
            for one in other.experiment.curves
            if (other is page and one.id == curve) or one.source == (page.experiment.name, curve)
        }
        found += [(other is page, said) for said in _named(other, mine, cores)]
    return min(found, key=lambda item: item[0])[1] if found else None


def _named(page: ExperimentPage, curves: set[str], cores: int) -> list[Stated]:
    """Claims of a page that say what limits one of some curves, at so many cores."""
    verdicts = {verdict.id: verdict for verdict in page.verdicts}
    return [
        Stated(
            str(claim.published),
            claim.section,
            verdicts[claim.id].why if verdicts[claim.id].verdict not in GREEN else "",
            f"{page.file}#claim-{claim.id}",
        )
        for claim in page.experiment.claims
        if claim.metric is not None
        and claim.metric.gives_a_name
        and not claim.unpublished
        and isinstance(claim.published, str)
        and getattr(claim.metric, "curve", None) in curves
        and getattr(claim.metric, "cores", None) == cores
    ]


def of_page(page: ExperimentPage, pages: Sequence[ExperimentPage]) -> list[Explained]:
    """Say of each kernel of a page what limits it; nothing where the account does not say."""
    if not page.experiment.breakdown or page.artifact.paper.judged != "reproduction":
        return []
    what_if = freed(page)
    found = []
    for label, curve in roles(page, pages).items():
        of = limits.of_curve(page.artifact.shares, what_if, curve)
        if of:
            paper = stated(page, curve, of[0].cores, pages)
            found.append(Explained(label, curve, of[0], paper, tuple(of[1:])))
    return found


MOST = 4
"""Curves up to which a page says of each what limits it."""


def shown(page: ExperimentPage, pages: Sequence[ExperimentPage]) -> list[Explained]:
    """What the page itself says: nothing where it compares many mechanisms of one thing."""
    found = of_page(page, pages)
    return found if len(found) <= MOST and page.experiment.what_if else []


def freed(page: ExperimentPage) -> pl.DataFrame | None:
    """Gains of all objects of a page that were freed; None without such runs."""
    tables = [
        page.artifact.views[view.id] for view in page.experiment.views if view.kind == "what_if"
    ]
    return pl.concat(tables) if tables else None
