"""The synthesis's answer: sentences, each of which stands on a claim of an experiment.

`conf/answer.yaml` holds the words, in three levels; the numbers come from results. A sentence whose
claim does not hold in the results says so instead of being said.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, model_validator

from sim.config.files import CONF, display, load_yaml
from sim.config.validation import validate
from sim.settings import Settings

FILE = CONF / "answer.yaml"
Reference = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+/[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$")]
FORMATS = ("{value}", "{percent}", "{more}", "{loss}")


class Sentence(Settings):
    """One statement and the claim that it stands on."""

    text: Annotated[str, Field(min_length=1, max_length=1000)] = Field(
        description="the statement, with one of {value}, {percent} (of 1), {more} (percent above "
        "1) and {loss} (percent of a negative gain)"
    )
    claim: Reference = Field(description="paper/experiment/claim")

    @model_validator(mode="after")
    def _carries_its_number(self) -> Sentence:
        if sum(self.text.count(form) for form in FORMATS) != 1:
            raise ValueError(f"text: needs exactly one of {', '.join(FORMATS)}")
        return self

    @property
    def source(self) -> tuple[str, str]:
        """Experiment and claim."""
        experiment, _, claim = self.claim.rpartition("/")
        return experiment, claim


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
    page: list[Sentence] = Field(default_factory=list, description="what is said of it first")
    sentences: Annotated[list[Sentence], Field(min_length=1)]


class Answer(Settings):
    """A question, and an answer in parts."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    question: Annotated[str, Field(min_length=1, max_length=2000)]
    paragraph: list[Sentence] = Field(default_factory=list, description="the whole, in short")
    parts: Annotated[list[Part], Field(min_length=1)]
    caveat: Annotated[str, Field(min_length=1, max_length=2000)] = Field(
        description="what the answer does not rest on measurements for"
    )


def sentences(answer: Answer) -> Iterator[Sentence]:
    """Every sentence of the answer, at whatever level."""
    yield from answer.paragraph
    for part in answer.parts:
        yield from (*part.page, *part.sentences)


def load() -> Answer:
    """Read and check `conf/answer.yaml`.

    Raises:
        ConfigError: if it cannot be read, or says something unknown.
    """
    return validate(Answer, load_yaml(FILE), lambda key: f"{display(FILE)}: {key}")
