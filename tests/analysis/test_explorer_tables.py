"""A reader looks for something: through tabs, filters, sorted tables and the search."""

from __future__ import annotations

import pytest
from browsing import Browser, Visit, address, find, find_all, settle, texts, wait
from exim import PAGE
from selenium.webdriver.common.keys import Keys

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_tabs_follow_the_arrow_keys_and_the_address(browser: Browser, visit: Visit) -> None:
    visit(PAGE)
    find(browser, "#tab-chart").send_keys(Keys.ARROW_RIGHT)
    assert find(browser, "#panel-data").is_displayed()
    assert not find(browser, "#panel-chart").is_displayed()
    assert address(browser) == "#tab=data"
    browser.refresh()
    settle(browser)
    assert find(browser, "#panel-data").is_displayed()
    visit(f"{PAGE}#claim-fails")
    assert find(browser, "#claim-fails").is_displayed()


def cores(browser: Browser) -> list[str]:
    """Core counts of the first table's rows that are shown, in their order."""
    return texts(browser, "#panel-data .table:nth-of-type(1) tbody td:nth-of-type(1)")


def test_tables_are_filtered_and_sorted_and_the_address_knows(
    browser: Browser, visit: Visit
) -> None:
    visit(f"{PAGE}#tab=data")
    head = find(browser, "#panel-data thead th:nth-of-type(2)")
    assert len(cores(browser)) == 26
    find(browser, "#panel-data thead th:nth-of-type(2) button").click()
    assert head.get_attribute("aria-sort") == "ascending" and cores(browser)[:3] == ["1", "1", "4"]
    find(browser, "#panel-data thead th:nth-of-type(2) button").click()
    assert head.get_attribute("aria-sort") == "descending" and cores(browser)[0] == "48"
    find(browser, "#panel-data .sieve input").send_keys("PK")
    assert len(cores(browser)) == 13
    table = "throughput-messages-s-core-all-points"
    assert address(browser) == f"#tab=data&{table}.sort=-cores&{table}.rows=PK"
    browser.refresh()
    settle(browser)
    assert len(cores(browser)) == 13 and cores(browser)[0] == "48"
    find(browser, "#panel-data .sieve input").send_keys(Keys.CONTROL, "a", Keys.DELETE)
    assert address(browser) == f"#tab=data&{table}.sort=-cores"


def test_one_filter_goes_through_all_claims(browser: Browser, visit: Visit) -> None:
    visit("claims.html")
    find(browser, "[data-filters]").send_keys("never")
    assert claims(browser) == ["claim-osdi10fig04_exim-fails"]
    assert len(texts(browser, "main h3")) == 1
    assert address(browser) == "#claims.rows=never"


def test_a_verdict_and_a_filter_choose_together_and_the_address_knows(
    browser: Browser, visit: Visit
) -> None:
    visit("claims.html#reproduced")
    held = claims(browser)
    find(browser, "[data-filters]").send_keys("lock")
    chosen = claims(browser)
    assert address(browser) == "#at=reproduced&claims.rows=lock"
    assert 0 < len(chosen) < len(held) and set(chosen) < set(held)
    browser.refresh()
    settle(browser)
    wait(lambda: claims(browser) == chosen)
    assert address(browser) == "#at=reproduced&claims.rows=lock"
    find(browser, "#every a").click()
    wait(lambda: address(browser) == "#at=every&claims.rows=lock")
    find(browser, "[data-filters]").send_keys(Keys.CONTROL, "a", Keys.DELETE)
    assert address(browser) == "#every"


def claims(browser: Browser) -> list[str]:
    """Ids of the claims that are shown."""
    found: list[str] = browser.execute_script(
        "return [...document.querySelectorAll('.claims tbody tr')]"
        ".filter(row => row.checkVisibility()).map(row => row.id)"
    )
    return found


def test_the_search_finds_claims_settings_and_pages(browser: Browser, visit: Visit) -> None:
    visit("index.html")
    box = find(browser, "#search")

    def found(text: str) -> list[str]:
        box.clear()
        box.send_keys(text)
        wait(lambda: browser.execute_script("return Boolean(window.searchable)"))
        return [row.text for row in find_all(browser, "#found li")]

    assert found("exim figure 4")[0] == "Exim, Figure 4 page"
    assert any("hop_cycles" in row for row in found("hop_cycles"))
    assert found("no such thing at all") == []
    assert "never collapses" in found("never collapses")[0]
    box.send_keys(Keys.ARROW_DOWN, Keys.ENTER)
    wait(lambda: PAGE in browser.current_url)
    settle(browser)
    assert find(browser, "#claim-fails").is_displayed()
