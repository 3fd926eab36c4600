"""The event queue gives events in the order of time, and of core number at equal times."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from sim.engine.isa import CORE_BITS
from sim.engine.records import NEVER
from sim.engine.tournament import empty_tree, put, schedule

LATEST = (NEVER >> CORE_BITS) - 1  # at the next cycle, the key of core 8191 would be NEVER


@njit
def set_event(tree: np.ndarray, core: int, time: int) -> None:
    schedule(tree, core, time)


@njit
def remove_event(tree: np.ndarray, core: int) -> None:
    put(tree, core, NEVER)


def winner(tree: np.ndarray) -> tuple[int, int] | None:
    key = int(tree[1])
    return None if key == NEVER else (key >> CORE_BITS, key & ((1 << CORE_BITS) - 1))


@settings(max_examples=200)
@given(st.data())
def test_the_winner_is_always_the_earliest_event_of_the_lowest_core(data: st.DataObject) -> None:
    cores = data.draw(st.integers(1, 70))
    tree, events = empty_tree(cores), dict[int, int]()
    times = st.one_of(st.none(), st.integers(0, 5), st.integers(0, LATEST))
    for core, time in data.draw(st.lists(st.tuples(st.integers(0, cores - 1), times))):
        if time is None:
            remove_event(tree, core)
            events.pop(core, None)
        else:
            set_event(tree, core, time)
            events[core] = time
        assert winner(tree) == min(((t, c) for c, t in events.items()), default=None)


@pytest.mark.parametrize("cores", [1, 2, 3, 48, 1 << CORE_BITS])
def test_an_empty_queue_has_no_winner_and_its_last_core_can_win(cores: int) -> None:
    tree = empty_tree(cores)
    assert winner(tree) is None
    set_event(tree, cores - 1, LATEST)
    assert winner(tree) == (LATEST, cores - 1)
    remove_event(tree, cores - 1)
    assert winner(tree) is None


def test_events_taken_one_by_one_come_out_sorted() -> None:
    times = np.random.default_rng(1).integers(0, 40, 100).tolist()
    tree = empty_tree(len(times))
    for core, time in enumerate(times):
        set_event(tree, core, time)
    taken = []
    while (event := winner(tree)) is not None:
        taken.append(event)
        remove_event(tree, event[1])
    assert taken == sorted((time, core) for core, time in enumerate(times))
