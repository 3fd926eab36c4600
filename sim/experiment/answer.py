"""The synthesis's answer: sentences, each of which says what it stands on.

`conf/answer.yaml` holds the words, the thesis first; the numbers come from elsewhere: from results,
by the claim that a sentence stands on, or from what a paper states, by the row of a table under
`reference/`. A sentence without either has no number. Sentences cite the sections of the papers.
One whose claim does not hold in the results says so instead of being said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, model_validator

from sim.config.errors import ConfigError, message, suggestion
from sim.config.files import CONF, display, load_yaml
from sim.config.validation import validate
from sim.experiment import papers, references
from sim.settings import Settings

FILE = CONF / "answer.yaml"
Reference = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+/[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$")]
Row = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+/[A-Za-z0-9_.-]+\.csv: \S.*$")]
Cited = Annotated[str, Field(pattern=r"^[a-z0-9]+ (abstract|\d+(\.\d+)?)$")]
Words = Annotated[str, Field(min_length=1, max_length=1000)]
FORMATS = ("{value}", "{percent}", "{more}", "{loss}")
NAMES = re.compile(r"\b(SOSP|OSDI) 20(09|10)\b|\bLinux \d+\.\d+\b")
"""Names with digits that are no numbers."""


class Sentence(Settings):
    """One statement, and what it stands on."""

    text: Words = Field(
        description="the statement; with a claim or a row one of {value}, {percent} (of 1), {more} "
        "(percent above 1) and {loss} (percent of a negative gain); else without a number"
    )
    claim: Reference | None = Field(default=None, description="paper/experiment/claim")
    row: Row | None = Field(
        default=None, description="table.csv: quantity, what a paper states under reference/"
    )
    cites: list[Cited] = Field(
        default_factory=list, description="sections that say it, such as `sosp09 2.4`"
    )
    begins: bool = Field(default=False, description="whether it begins a paragraph")

    @model_validator(mode="after")
    def _says_what_it_stands_on(self) -> Sentence:
        forms = sum(self.text.count(form) for form in FORMATS)
        if self.claim is not None and self.row is not None:
            raise ValueError("claim, row: a number has one source")
        if self.claim is None and self.row is None:
            if forms or re.search(r"\d", NAMES.sub("", self.text)):
                raise ValueError("text: a number needs a claim, or a row")
        elif forms != 1:
            raise ValueError(f"text: needs exactly one of {', '.join(FORMATS)}")
        if self.row is not None and not self.cites:
            raise ValueError("cites: a paper's number needs its section")
        return self

    @property
    def source(self) -> tuple[str, str]:
        """Experiment and claim; two empty texts without a claim."""
        experiment, _, claim = (self.claim or "").rpartition("/")
        return experiment, claim

    @property
    def table(self) -> str:
        """Name of the table that its number is in; empty without one."""
        return (self.row or "").partition(": ")[0]

    def stated(self) -> float:
        """The number that a paper states.

        Raises:
            ConfigError: the table has no such quantity.
        """
        wanted = (self.row or "").partition(": ")[2]
        origin = f"{display(FILE)}: row: {self.row}"
        table = references.read(self.table, None, origin)
        table.require_columns(("quantity", "value"), origin)
        found = {row["quantity"]: row["value"] for _, row in table.rows}
        if wanted not in found:
            raise ConfigError(message(origin, "no such quantity", suggestion(wanted, found)))
        return float(found[wanted])


class Part(Settings):
    """One part of the answer: what is said of it on the page, its evidence and its figure."""

    heading: Annotated[str, Field(min_length=1, max_length=200)]
    figure: Reference | None = Field(default=None, description="paper/experiment/figure")
    is_finding: bool = Field(
        default=False, description="whether the report's first page shows its figure"
    )
    fixes: Reference | None = Field(
        default=None, description="paper/experiment/view of switches: which cost nothing is said"
    )
    background: list[Annotated[str, Field(pattern=r"^[a-z-]+$")]] = Field(
        default_factory=list, description="pages of docs/background that explain it"
    )
    page: list[Sentence] = Field(default_factory=list, description="what is said of it first")
    conditions: list[Sentence] = Field(
        default_factory=list, description="without which it does not hold, or is not known to"
    )
    sentences: Annotated[list[Sentence], Field(min_length=1)]


class Answer(Settings):
    """A question, and an answer in parts."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    question: Annotated[str, Field(min_length=1, max_length=2000)]
    paragraph: list[Sentence] = Field(default_factory=list, description="the thesis, in short")
    parts: Annotated[list[Part], Field(min_length=1)]
    caveat: Annotated[str, Field(min_length=1, max_length=2000)] = Field(
        description="what the answer does not rest on measurements for"
    )


def sentences(answer: Answer) -> Iterator[Sentence]:
    """Every sentence of the answer, at whatever level."""
    yield from answer.paragraph
    for part in answer.parts:
        yield from (*part.page, *part.conditions, *part.sentences)


def cited(place: str) -> tuple[str, str]:
    """A cited place in words, `SOSP'09, section 2.4`, and the section's name.

    Raises:
        ConfigError: there is no such paper, or its file names no such section.
    """
    name, _, number = place.partition(" ")
    origin = f"{display(FILE)}: cites: {place}"
    paper = papers.load(name, origin=origin)
    if number not in paper.sections:
        what = f"{paper.short} has no section {number} in conf/paper/{name}.yaml"
        raise ConfigError(message(origin, what, suggestion(number, paper.sections)))
    where = number if number == "abstract" else f"section {number}"
    return f"{paper.short}, {where}", paper.sections[number]


def load() -> Answer:
    """Read and check `conf/answer.yaml`.

    Raises:
        ConfigError: if it cannot be read, or says something unknown.
    """
    return validate(Answer, load_yaml(FILE), lambda key: f"{display(FILE)}: {key}")
