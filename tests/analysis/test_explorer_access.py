"""Everybody reads every page: by keyboard, on paper, on a telephone, with help, and at once."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from axe_core_python.selenium import Axe
from browsing import Browser, Visit, ask, find, find_all, media, open_page, screen, wait
from exim import PAGE
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from analysis.report.site import TABS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LARGEST_PAGE, LARGEST_INDEX = 1_500_000, 3_000_000
GUIDELINES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
KINDS = ("answer", "calibration", "claims", "comparison", "index", "limitations", "sources")
PAINT_MILLISECONDS = 1000
PAPER = 695
"""Width of a printed page of A4 between its margins, in pixels."""


def test_a_keyboard_goes_from_the_skip_link_through_navigation_to_the_tabs(
    browser: Browser, visit: Visit
) -> None:
    visit(PAGE)
    passed = []
    for _ in range(25):
        ActionChains(browser).send_keys(Keys.TAB).perform()
        active = browser.switch_to.active_element
        passed.append(active.get_attribute("id") or active.text or active.tag_name)
    assert passed[0] == "Skip to the content"
    order = [
        passed.index(name) for name in ("OSDI'10", "Claims", "search", "tab-chart", "panel-chart")
    ]
    assert order == sorted(order)
    assert "tab-data" not in passed  # the arrow keys lead there
    assert "Exim, Figure 4" not in passed  # in a closed menu


def breaches(browser: Browser, rules: dict[str, object]) -> dict[str, list[str]]:
    """What breaks the guidelines for access, with the elements that do."""
    found = Axe().run(browser, options=rules)
    return {one["id"]: [node["html"] for node in one["nodes"]] for one in found["violations"]}


def test_every_page_keeps_the_guidelines_for_access_light_and_dark(
    browser: Browser, visit: Visit, explorers: Path
) -> None:
    pages = sorted(explorers.glob("*.html"))
    assert {page.stem for page in pages} > set(KINDS)
    for page in pages:
        visit(page.name)
        browser.execute_script(
            "document.querySelectorAll('details').forEach(one => one.open = true);"
            "document.querySelectorAll('.panel').forEach(one => one.classList.add('open'))"
        )
        assert breaches(browser, {"runOnly": GUIDELINES}) == {}, page.name
        media(browser, theme="dark")  # which changes colours alone
        try:
            assert breaches(browser, {"runOnly": ["color-contrast"]}) == {}, page.name
        finally:
            media(browser)


def test_the_check_for_access_sees_what_is_wrong(browser: Browser) -> None:
    browser.get("data:text/html,<html><body><img src='data:,'><p style='color:%23eee'>faint</p>")
    found = breaches(browser, {"runOnly": GUIDELINES})
    assert {"image-alt", "color-contrast", "html-has-lang"} <= set(found)


def test_no_page_has_an_id_twice(explorers: Path) -> None:
    for page in explorers.glob("*.html"):
        ids = Counter(re.findall(r'\sid="([^"]+)"', page.read_text()))
        assert [name for name, count in ids.items() if count > 1] == [], page.name


def test_every_page_is_painted_within_a_second(
    browser: Browser, visit: Visit, explorers: Path
) -> None:
    """At the best of a few attempts: other tests may want this machine's cores, too."""
    for page in explorers.glob("*.html"):
        assert any(painted(browser, page) < PAINT_MILLISECONDS for _ in range(5)), page.name


def painted(browser: Browser, page: Path) -> float:
    """Milliseconds until a page shows something."""
    open_page(browser, page)
    seen = "performance.getEntriesByName('first-contentful-paint')"
    wait(lambda: ask(browser, f"{seen}.length"))
    return float(ask(browser, f"{seen}[0].startTime"))


DARKEST = """
const lightness = colour => {
  const [red, green, blue, alpha = 1] = colour.match(/[\\d.]+/g).map(Number);
  return alpha && Math.min(red, green, blue);
};
return [...document.querySelectorAll('main, main *')].filter(e => {
  if (!e.checkVisibility() || e.closest('defs, text')) return false;
  const style = getComputedStyle(e);
  const drawn = e instanceof SVGElement ? [style.fill, style.stroke] : [style.backgroundColor];
  return drawn.some(c => c.startsWith('rgb') && lightness(c) > 240);
}).map(e => e.outerHTML.slice(0, 100))"""


def test_a_dark_page_has_no_white_on_it(browser: Browser, visit: Visit, explorers: Path) -> None:
    media(browser, theme="dark")
    try:
        for page in explorers.glob("*.html"):
            visit(page.name)
            assert browser.execute_script(DARKEST) == [], page.name
    finally:
        media(browser)


def test_a_telephone_shows_the_collapse(browser: Browser, visit: Visit) -> None:
    screen(browser, 390, 844, phone=True)
    visit(PAGE)
    assert browser.execute_script("return document.documentElement.scrollWidth") == 390
    ends = browser.execute_script(
        "return [...document.querySelectorAll('[data-chart=figure] .mark-symbol path')]"
        ".map(point => point.getBoundingClientRect().right)"
    )
    assert ends and max(ends) <= 390
    axis = find(browser, "[data-chart=figure] .role-axis-label").text
    assert "48" in axis


def test_print_shows_every_part_in_the_order_of_the_tabs(browser: Browser, visit: Visit) -> None:
    visit(PAGE)
    media(browser, "print")
    try:
        parts = [find(browser, f"#panel-{tab}") for tab, _ in TABS]
        tops = [part.rect["y"] for part in parts]
        assert all(part.is_displayed() for part in parts) and tops == sorted(tops)
        for asked in ("nav", ".tabs", ".sieve", ".toolbar select", ".toggles input"):
            assert not any(one.is_displayed() for one in find_all(browser, asked)), asked
    finally:
        media(browser)


def test_print_shows_no_row_that_the_filter_hides(browser: Browser, visit: Visit) -> None:
    visit("claims.html#claims.rows=collapses")
    media(browser, "print")
    try:
        rows = find_all(browser, ".claims tbody tr")
        shown = [row.text for row in rows if row.is_displayed()]
        assert 0 < len(shown) < len(rows) and all("collapses" in text for text in shown)
    finally:
        media(browser)


def test_no_table_is_wider_than_the_paper(browser: Browser, explorers: Path, visit: Visit) -> None:
    media(browser, "print")
    screen(browser, PAPER, 1000)
    try:
        for page in sorted(explorers.glob("*.html")):
            visit(page.name)
            wide = browser.execute_script(
                "return [...document.querySelectorAll('main table')]"
                ".filter(t => t.scrollWidth > t.parentNode.clientWidth)"
                ".map(t => t.caption.textContent)"
            )
            assert not wide, page.name
    finally:
        media(browser)


def test_no_page_is_too_large(explorers: Path) -> None:
    for page in explorers.glob("*.html"):
        most = LARGEST_INDEX if page.name == "index.html" else LARGEST_PAGE
        assert page.stat().st_size <= most, page.name
