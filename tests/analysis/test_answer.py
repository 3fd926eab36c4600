"""The answer's sentences carry the numbers of their claims, or say that these do not bear them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError

from analysis.report import answer
from sim.config.errors import ConfigError
from sim.experiment.answer import Answer, Sentence, cited, load, sentences
from sim.experiment.plan import experiments, load_experiment


def test_every_sentence_stands_on_a_claim_that_exists() -> None:
    known = experiments()
    for sentence in sentences(load()):
        assert all(cited(place) for place in sentence.cites)
        assert sentence.row is None or sentence.stated() > 0
        name, claim = sentence.source
        if not claim:
            continue
        assert name in known
        assert claim in {one.id for one in load_experiment(name).claims}, sentence.claim
    for part in load().parts:
        assert all(answer.title(name) for name in part.background)
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


SCALARS = "linux_osdi10/scalars.csv: L1 latency"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"text": "It is fast.", "claim": "x/y/c"}, "exactly one of"),
        ({"text": "It is 3 times as fast."}, "a number needs a claim, or a row"),
        ({"text": "It is {value} times as fast."}, "a number needs a claim, or a row"),
        ({"text": "It takes {value} cycles.", "row": SCALARS}, "needs its section"),
        ({"text": "It is {value}.", "row": SCALARS, "claim": "x/y/c"}, "one source"),
    ],
)
def test_a_number_has_one_source_and_a_source_has_a_number(
    fields: dict[str, str], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        Sentence.model_validate(fields)


def test_a_section_that_a_paper_does_not_have_is_refused() -> None:
    assert cited("sosp09 2.4") == ("SOSP'09, section 2.4", "Messages cost less than shared memory")
    with pytest.raises(ConfigError, match="SOSP'09 has no section 9"):
        cited("sosp09 9")


def test_a_papers_number_is_said_as_its_table_has_it() -> None:
    stated = {"text": "A hit takes {value} cycles.", "row": SCALARS, "cites": ["osdi10 5.1"]}
    with pytest.raises(ConfigError, match="no such quantity"):
        Sentence.model_validate(stated | {"row": "linux_osdi10/scalars.csv: L4"}).stated()
    claimed = {"text": "It is {value} times as fast.", "claim": "x/y/c"}
    whole = asked(claimed["text"])
    whole.parts[0].sentences[:0] = [Sentence.model_validate(stated | {"cites": ["osdi10 5.2"]})]
    (part,) = answer.paragraphs(whole, [page("reproduced", 38.0)])
    assert part.sentences[0].text == "A hit takes 3 cycles."
    assert (part.sentences[0].words, part.sentences[0].stop) == ("A hit takes 3 cycles", ".")
    assert part.sentences[0].cites == (("OSDI'10, section 5.2", "Exim"),)
    assert answer.paragraphs(whole, []) == []  # the argument of another run


def test_pages_of_the_background_lead_back_to_the_parts_that_they_explain() -> None:
    whole = asked("It is {value} times as fast.")
    whole.parts[0].background.append("locks")
    shown = answer.paragraphs(whole, [page("reproduced", 38.0)])
    assert shown[0].background == [("background-locks.html", "Locks")]
    assert answer.background(whole, shown)["background-locks.html"].parts == ["H"]
