"""The three questions of a reader, each answered within two clicks from the first page."""

from __future__ import annotations

import pytest
from browsing import Browser, Visit, find, find_all, in_sight, settle

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_what_limits_exim_and_what_fixing_it_would_gain(browser: Browser, visit: Visit) -> None:
    visit("index.html")
    row = find(browser, ".grid tbody tr")
    assert "waiting for the lock of the mount table, 70 % of the cycles" in row.text
    assert "3.2 times as fast" in row.text
    find(browser, ".grid tbody th a").click()
    settle(browser)
    first = find(browser, ".said p")
    assert first.text.startswith(
        "At 48 cores Stock spends 70 % of its cycles waiting for the lock of the mount table; "
        "without that cost it would be 3.2 times as fast"
    )
    assert first.text.endswith("The paper says the same.")
    assert in_sight(browser, first)


def test_which_claims_fail_and_why(browser: Browser, visit: Visit) -> None:
    visit("index.html")
    find(browser, ".score a").click()
    settle(browser)
    shown = [row for row in find_all(browser, ".claims tbody tr") if row.is_displayed()]
    assert len(shown) == 1 and "Stock never collapses" in shown[0].text
    assert "Why: the mount table's lock saturates" in shown[0].text
    assert in_sight(browser, shown[0])


def test_how_to_rerun_a_figure(browser: Browser, visit: Visit) -> None:
    visit("index.html")
    find(browser, ".grid tbody th a").click()
    settle(browser)
    find(browser, "#tab-rerun").click()
    command = next(
        element
        for element in find_all(browser, "#panel-rerun pre")
        if "python -m sim run experiment=osdi10/fig04_exim" in element.text
    )
    assert in_sight(browser, command)
    assert "engine" in find(browser, "#panel-rerun").text
