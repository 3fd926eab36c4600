"""The same as in the suite, for an hour: other configurations than those."""

from __future__ import annotations

import os

import pytest

from tests.fuzz.random_runs import check, outcomes, statuses

pytestmark = [pytest.mark.soak, pytest.mark.slow]
CASES = int(os.environ.get("CORESCALE_FUZZ", "10000"))
AT_A_TIME = 500


@pytest.mark.parametrize("first", range(1_000_000, 1_000_000 + CASES, AT_A_TIME))
def test_permitted_configurations_run_within_bounds_and_their_accounts_add_up(first: int) -> None:
    cases = outcomes(first, AT_A_TIME)
    for case in cases:
        check(case)
    assert statuses(cases)["finished"] > 0.8 * AT_A_TIME
