"""The answer's sentences carry the numbers of their claims, or say that these do not bear them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError

from analysis.report import answer
from sim.experiment.answer import Answer, Sentence, load, sentences
from sim.experiment.plan import experiments, load_experiment


def test_every_sentence_stands_on_a_claim_that_exists() -> None:
    known = experiments()
    for sentence in sentences(load()):
        name, claim = sentence.source
        assert name in known
        assert claim in {one.id for one in load_experiment(name).claims}, sentence.claim
    for part in load().parts:
        for place in filter(None, (part.figure, part.fixes)):
            name, _, figure = place.rpartition("/")
            asked = load_experiment(name)
            assert figure in {view.id for view in asked.views} | {m.id for m in asked.measures}


def page(verdict: str, value: float) -> Any:
    claim = SimpleNamespace(
        id="c", value=value, verdict=verdict, criterion="above 2", statement="It is."
    )
    settings = SimpleNamespace(name="x/y")
    return SimpleNamespace(
        experiment=settings, verdicts=[claim], file="x-y.html", sections=[], views=[]
    )


def asked(text: str) -> Answer:
    sentence = {"text": text, "claim": "x/y/c"}
    parts = [{"heading": "H", "sentences": [sentence]}]
    return Answer.model_validate({"title": "T", "question": "Q", "parts": parts, "caveat": "C"})


def test_a_sentence_carries_its_number() -> None:
    (part,) = answer.paragraphs(asked("It is {value} times as fast."), [page("reproduced", 38.254)])
    assert part.sentences[0].text == "It is 38 times as fast."
    assert part.sentences[0].holds


def test_a_sentence_whose_claim_fails_is_not_said() -> None:
    (part,) = answer.paragraphs(
        asked("It is {value} times as fast."), [page("not reproduced", 1.5)]
    )
    assert not part.sentences[0].holds
    assert part.sentences[0].criterion == "above 2"


def test_without_its_experiment_nothing_is_said() -> None:
    assert answer.paragraphs(asked("It is {value}."), []) == []


@pytest.mark.parametrize(
    ("text", "value", "shown"),
    [
        ("{percent}", 0.0141, "1.4 %"),
        ("{more}", 1.18, "18 %"),
        ("{loss}", -0.9422, "94 %"),
        ("{value}", 0.99871, "1.00"),
    ],
)
def test_numbers_are_rounded_as_a_reader_wants_them(text: str, value: float, shown: str) -> None:
    assert answer.filled(text, value) == shown


def test_a_sentence_without_a_number_is_refused() -> None:
    with pytest.raises(ValidationError, match="exactly one of"):
        Sentence(text="It is fast.", claim="x/y/c")
