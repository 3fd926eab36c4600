"""Answers are kept within a bound, whatever is asked."""

from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as some

from lab.jobs import Failure
from lab.store import Store

MOST = 1000


@given(some.lists(some.tuples(some.integers(0, 9), some.integers(0, 1500)), max_size=60))
def test_the_bound_holds_and_the_size_is_that_of_what_is_held(puts: list[tuple[int, int]]) -> None:
    store = Store(MOST)
    held: dict[int, int] = {}
    for key, size in puts:
        store.put(key, bytes(size))
        held[key] = size
        assert store.size <= MOST
        assert store.size == sum(size for key, size in held.items() if key in store)


def test_what_was_looked_at_last_stays_longest() -> None:
    content = pickle.dumps(Failure("x" * 200))
    store = Store(3 * len(content))
    for key in "abc":
        store.put(key, content)
    assert store.get("a") == Failure("x" * 200)
    store.put("d", content)
    assert [key in store for key in "abcd"] == [True, False, True, True]


def test_what_is_larger_than_the_bound_is_not_kept_and_drives_nothing_out() -> None:
    store = Store(MOST)
    store.put("small", bytes(10))
    store.put("large", bytes(MOST + 1))
    assert "small" in store and "large" not in store
    assert store.get("large") is None
