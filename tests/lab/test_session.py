"""A tab: acts make states or are refused, and nothing else brings it to a halt."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from lab import session
from lab.pool import Pool
from lab.published import Library
from lab.session import Lab, Tab, first_state
from lab.state import State
from lab.store import Store
from sim.config.errors import ConfigError
from tests.lab.workers import sleepy

WORDS = ("workload=micro/lock", "cores=[1,2]")
Sent = list[tuple[str, Any]]


def with_tab(test: Callable[[Tab, Sent, Pool], Awaitable[None]]) -> None:
    """Run a test with a tab whose workers answer nothing of use."""

    async def run() -> None:
        store, sent = Store(), []

        async def send(name: str, content: Any) -> None:
            sent.append((name, content))

        pool = Pool(1, store, lambda *_: tab.told(), sleepy, 0.05, "tests.lab.workers")
        with TemporaryDirectory() as own:  # not the project's conf/, whatever is saved
            lab = Lab(pool, store, Library([]), (Path(own),), State((WORDS,), level="smoke"))
            tab = Tab(lab, send)
            await act(tab, sent, pool)

    async def act(tab: Tab, sent: Sent, pool: Pool) -> None:
        try:
            await tab.open("")
            await asyncio.wait_for(test(tab, sent, pool), 60)
        finally:
            tab.close()
            await pool.stop()

    asyncio.run(run())


async def until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.01)


def test_acts_make_the_states_that_they_ask_for() -> None:
    async def test(tab: Tab, sent: Sent, pool: Pool) -> None:
        async def words(**said: Any) -> tuple[str, ...]:
            answer = await tab.act(said)
            assert answer == {"query": tab.plan.state.query, "told": ""}
            return tab.plan.state.words

        mcs = "workload.lock=mcs"
        assert await words(do="set", key="workload.lock", value="mcs") == (*WORDS, mcs)
        assert await words(do="words", text="run=sketch run.seed=2") == (*WORDS, mcs, "run.seed=2")
        assert tab.plan.state.level == "sketch"
        assert await words(do="drop", word="run.seed=2") == (*WORDS, mcs)
        assert await words(do="add", text="workload.lock=clh") == (*WORDS, "workload.lock=clh")
        assert await words(do="select", number=0) == (*WORDS, mcs)
        await words(do="look", measure="throughput", at="1")
        assert (tab.plan.state.measure, tab.plan.at) == ("throughput", 1)
        assert await words(do="remove", number=0) == (*WORDS, "workload.lock=clh")
        assert await words(do="go", query="curve=workload%3Dmicro/lock") == WORDS[:1]
        assert tab.plan.state.level == "quick"

    with_tab(test)


REFUSED = (
    ({"do": "set", "key": "workload.lock", "value": "msc"}, "did you mean mcs?"),
    ({"do": "words", "text": "run=quik"}, "run=quik: no run called 'quik'\n  did you mean quick"),
    ({"do": "words", "text": "cores=[99]"}, "99 is more than the 48 cores"),
    ({"do": "look", "measure": "speed"}, "no measure called 'speed'"),
    ({"do": "go", "query": "curve='"}, "not words of a command line"),
    ({"do": "save", "name": "../x"}, "no name of an experiment"),
    ({"do": "nothing"}, "no such act"),
    ({}, "no such act"),
)


def test_what_is_refused_changes_nothing() -> None:
    async def test(tab: Tab, sent: Sent, pool: Pool) -> None:
        before = tab.plan.state
        for said, told in REFUSED:
            answer = await tab.act(said)
            assert told in answer["refused"], said
            assert tab.plan.state == before, said

    with_tab(test)


def test_acts_of_a_page_that_is_not_ours_do_no_harm() -> None:
    async def test(tab: Tab, sent: Sent, pool: Pool) -> None:
        keys = ("key", "value", "text", "word", "number", "query", "name", "measure", "level")
        for odd in ({"a": [7]}, "x"):
            for do in session.ACTS:
                await tab.act({"do": do, **dict.fromkeys(keys, odd)})
                assert len(tab.plan.curves) >= 1

    with_tab(test)


def test_what_a_choice_leaves_out_and_what_changes_nothing_is_told() -> None:
    async def test(tab: Tab, sent: Sent, pool: Pool) -> None:
        answer = await tab.act({"do": "set", "key": "workload.lock", "value": "mcs"})
        assert answer["told"] == ""
        answer = await tab.act({"do": "set", "key": "workload", "value": "micro/unmap"})
        assert answer["told"] == "workload.lock=mcs: left out, this run does not have it"
        answer = await tab.act({"do": "words", "text": "kernel.locks.mutex=queued"})
        line = "kernel.locks.mutex: micro/unmap does not depend on it; its own keys: "
        assert answer["told"].startswith(line)

    with_tab(test)


def test_a_fault_in_drawing_is_told_and_the_next_state_is_drawn(monkeypatch) -> None:
    async def test(tab: Tab, sent: Sent, pool: Pool) -> None:
        await until(lambda: any(name == "results" for name, _ in sent))
        whole = session.payload

        def broken(*_: Any) -> dict[str, Any]:
            raise ZeroDivisionError("drawing")

        monkeypatch.setattr(session, "payload", broken)
        await tab.act({"do": "words", "text": "run.seed=2"})
        await until(lambda: any(name == "refused" for name, _ in sent))
        assert "ZeroDivisionError: drawing" in next(c["text"] for n, c in sent if n == "refused")
        monkeypatch.setattr(session, "payload", whole)
        sent.clear()
        await tab.act({"do": "words", "text": "run.seed=3"})
        await until(lambda: any(name == "results" for name, _ in sent))

    with_tab(test)


def test_a_tab_that_is_closed_wants_nothing() -> None:
    async def test(tab: Tab, sent: Sent, pool: Pool) -> None:
        pool.start()
        await until(lambda: bool(pool.running) or len(sent) > 3)
        tab.close()
        await until(lambda: not pool.running)
        assert not list(pool._wanted())

    with_tab(test)


def test_the_words_after_the_verb_are_the_first_curve() -> None:
    assert first_state([*WORDS, "run=full"], ["full", "quick"]) == State((WORDS,), level="full")
    assert first_state([], ["quick"]) == State()
    with pytest.raises(ConfigError, match="did you mean quick"):
        first_state(["run=quik"], ["quick"])
