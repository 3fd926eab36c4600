"""A state and the address of its page say the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from lab import state
from lab.state import MEASURES, MOST_CURVES, State
from sim.config.errors import ConfigError

LEVELS = ("full", "quick", "sketch", "smoke")
words = some.lists(
    some.text(some.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30), max_size=5
)
states = some.builds(
    State,
    some.lists(words.map(tuple), min_size=1, max_size=MOST_CURVES).map(tuple),
    measure=some.sampled_from(MEASURES),
    level=some.sampled_from(LEVELS),
    at=some.none() | some.integers(0, 4096),
)


@settings(max_examples=40)
@given(states, some.integers(0, MOST_CURVES - 1))
def test_an_address_gives_back_the_state_that_it_was_made_of(made: State, selected: int) -> None:
    made = replace(made, selected=selected % len(made.curves))
    assert state.read(made.query, LEVELS) == made
    assert state.read(f"?{made.query}", LEVELS) == made


def test_an_empty_address_is_a_plain_run() -> None:
    assert state.read("", LEVELS) == State()


def test_a_curve_in_an_address_is_what_is_typed_on_the_command_line() -> None:
    found = state.read("curve=kernel%3Dlinux_stock+'cores%3D[1,+8]'", LEVELS)
    assert found.curves == (("kernel=linux_stock", "cores=[1, 8]"),)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("curves=x", "address: curves: unknown key\n  did you mean curve?"),
        ("measure=throughputs", "did you mean throughput?"),
        ("level=quik", "did you mean quick?"),
        ("selected=1", "no whole number from 0 to 0"),
        ("selected=-1", "no whole number from 0 to 0"),
        ("at=many", "no whole number from 0 to 4096"),
        ("curve='", "not words of a command line"),
        ("&".join(["curve="] * 11), "allowed: at most 10"),
        ("curve=" + "+".join(["a"] * 101), "101 words"),
        ("curve=" + "a" * 20_000, "allowed: at most 16,384"),
    ],
)
def test_an_address_that_says_something_else_is_refused(query: str, told: str) -> None:
    with pytest.raises(ConfigError) as raised:
        state.read(query, LEVELS)
    assert told in str(raised.value)


def test_curves_are_added_up_to_a_bound_and_removed_down_to_one() -> None:
    now = State()
    for number in range(MOST_CURVES - 1):
        now = now.with_curve([f"run.seed={number}"])
        assert now.words == (f"run.seed={number}",)
    with pytest.raises(ConfigError, match="at most 10"):
        now.with_curve([])
    for _ in range(MOST_CURVES + 2):
        now = now.without_curve(len(now.curves) - 1)
    assert now.curves == ((),)
    assert now.selected == 0


def test_another_curve_stays_selected_when_one_is_removed() -> None:
    now = replace(State((("a=1",), ("b=1",), ("c=1",))), selected=1)
    assert now.without_curve(0).words == ("b=1",)
    assert now.without_curve(2).words == ("b=1",)
    assert now.without_curve(1).words == ("c=1",)
    assert now.without_curve(7) == now
