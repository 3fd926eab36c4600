"""Configurations that nobody thought of, run with every access to an array checked.

`make soak` runs ten thousand others (tests/soak/test_random_runs.py).
"""

from __future__ import annotations

from tests.fuzz.random_runs import check, outcomes, statuses, worker

CASES = 120


def test_permitted_configurations_run_within_bounds_and_their_accounts_add_up() -> None:
    cases = outcomes(0, CASES)
    for case in cases:
        check(case)
    assert statuses(cases)["finished"] > 0.8 * CASES


def test_an_access_beyond_an_array_is_noticed() -> None:
    done = worker("beyond")
    assert "IndexError" in done.stderr
