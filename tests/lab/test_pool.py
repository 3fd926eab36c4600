"""Workers: the latest wish counts, no tab waits for another, and what dies is said."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from lab.jobs import Failure, Job
from lab.pool import Pool
from lab.store import Store
from tests.lab.workers import NEVER, sleepy

PATIENCE_SECONDS = 60
Told = list[tuple[Any, Any]]


def job(name: str, cores: int = 1) -> Job:
    return Job(("point", name, cores), (name,))


def with_pool(size: int, test: Callable[[Pool, Store, Told], Awaitable[None]]) -> None:
    """Run a test with workers that do nothing but answer."""

    async def run() -> None:
        store, told = Store(), []
        pool = Pool(
            size, store, lambda tab, key: told.append((tab, key)), sleepy, 0.05, "tests.lab.workers"
        )
        pool.start()
        try:
            await asyncio.wait_for(test(pool, store, told), PATIENCE_SECONDS)
        finally:
            await pool.stop()

    asyncio.run(run())


async def until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.01)


def test_jobs_are_done_in_order_and_their_tab_is_told() -> None:
    async def test(pool: Pool, store: Store, told: Told) -> None:
        jobs = [job("a"), job("b"), job("c")]
        assert not pool.is_ready
        pool.want("tab", jobs)
        await until(lambda: len(told) == 3)
        assert pool.is_ready
        assert told == [("tab", one.key) for one in jobs]
        assert store.get(jobs[1].key) == Failure("b")

    with_pool(1, test)


def test_a_later_wish_ends_the_job_of_an_earlier_one() -> None:
    async def test(pool: Pool, store: Store, told: Told) -> None:
        endless = job("endless", NEVER)
        pool.want("tab", [endless, job("never begun")])
        await until(lambda: pool.running == [endless])
        pool.want("tab", [job("new")])
        await until(lambda: len(told) == 1)
        assert told == [("tab", job("new").key)]
        assert endless.key not in store
        assert job("never begun").key not in store

    with_pool(1, test)


def test_a_job_that_is_still_wanted_goes_on() -> None:
    async def test(pool: Pool, store: Store, told: Told) -> None:
        endless = job("endless", NEVER)
        pool.want("tab", [endless])
        await until(lambda: pool.running == [endless])
        pool.want("tab", [job("other"), endless])
        await asyncio.sleep(0.3)  # six times the grace
        assert pool.running == [endless]
        assert not told

    with_pool(1, test)


def test_a_tab_does_not_end_what_another_wants() -> None:
    async def test(pool: Pool, store: Store, told: Told) -> None:
        endless = job("endless", NEVER)
        pool.want("one", [endless])
        pool.want("other", [endless])
        await until(lambda: pool.running == [endless])
        pool.want("one", [])
        await asyncio.sleep(0.3)
        assert pool.running == [endless]

    with_pool(1, test)


def test_tabs_take_turns() -> None:
    async def test(pool: Pool, store: Store, told: Told) -> None:
        pool.want("long", [job(f"long {number}") for number in range(20)])
        pool.want("short", [job("short 1"), job("short 2")])
        await until(lambda: len(told) == 22)
        served = [tab for tab, _ in told]
        assert set(served[:5]) == {"long", "short"}
        assert served.index("short") <= 2

    with_pool(1, test)


def test_what_two_tabs_want_is_done_once_and_told_to_both() -> None:
    async def test(pool: Pool, store: Store, told: Told) -> None:
        pool.want("one", [job("same")])
        pool.want("other", [job("same")])
        await until(lambda: len(told) == 2)
        assert sorted(tab for tab, _ in told) == ["one", "other"]
        await asyncio.sleep(0.1)
        assert len(told) == 2

    with_pool(2, test)


def test_a_worker_that_dies_is_an_answer_and_is_replaced() -> None:
    async def test(pool: Pool, store: Store, told: Told) -> None:
        fatal = job("fatal", 13)
        pool.want("tab", [fatal, job("next")])
        await until(lambda: len(told) == 2)
        found = store.get(fatal.key)
        assert isinstance(found, Failure)
        assert found.text.startswith("fatal: its process was killed")
        assert store.get(job("next").key) == Failure("next")

    with_pool(1, test)


def test_a_tab_that_is_about_to_change_its_mind_gets_nothing_more_until_it_has() -> None:
    async def test(pool: Pool, store: Store, told: Told) -> None:
        pool.pause("tab")
        pool._wishes["tab"] = (job("old"),)
        pool.want("other", [job("others go on")])
        await until(lambda: len(told) == 1)
        await asyncio.sleep(0.1)
        assert told == [("other", job("others go on").key)]
        pool.resume("tab")
        await until(lambda: len(told) == 2)
        pool.pause("tab")
        pool.want("tab", [job("new")])
        await until(lambda: len(told) == 3)
        assert told[1:] == [("tab", job("old").key), ("tab", job("new").key)]

    with_pool(1, test)
