"""A reader questions a chart: points at it, leaves out series, moves the slider, flips fixes."""

from __future__ import annotations

import pytest
from browsing import Browser, Visit, address, find, find_all, settle, wait
from exim import DENTRY, LOCK, PAGE
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def lines(browser: Browser) -> int:
    return len(find_all(browser, "[data-chart=figure] .mark-line path"))


def test_pointing_at_a_line_shows_its_values(browser: Browser, visit: Visit) -> None:
    visit(PAGE)
    points = find_all(browser, "[data-chart=figure] .mark-symbol path")
    ActionChains(browser).move_to_element(points[-1]).perform()
    wait(lambda: find_all(browser, "#vg-tooltip-element.visible"))
    said = find(browser, "#vg-tooltip-element").text
    assert "published" in said and "cores" in said and "value" in said


def test_series_can_be_left_out_and_the_address_knows(browser: Browser, visit: Visit) -> None:
    visit(PAGE)
    assert lines(browser) == 3  # of four: the paper does not show Stock's system time
    find(browser, "[data-series=figure] input[value=Stock]").click()
    wait(lambda: lines(browser) == 2)
    assert address(browser) == "#figure.series=PK|PK,+system+time"
    browser.refresh()
    settle(browser)
    assert lines(browser) == 2
    find(browser, "[data-series=figure] input[value=Stock]").click()
    wait(lambda: lines(browser) == 3)
    assert address(browser) == ""
    for box in find_all(browser, "[data-series=figure] input:checked"):
        box.click()
    chart = find(browser, "[data-chart=figure] .canvas")
    wait(lambda: chart.text == "No series is chosen.")


def test_a_logarithmic_scale_moves_the_lines(browser: Browser, visit: Visit) -> None:
    visit(PAGE)
    shape = "return document.querySelector('[data-chart=figure] .mark-line path').getAttribute('d')"
    linear = browser.execute_script(shape)
    visit(f"{PAGE}#figure.scale=log")
    assert find(browser, "[data-scale=figure]").get_property("value") == "log"
    assert browser.execute_script(shape) != linear


def test_the_slider_drives_the_account(browser: Browser, visit: Visit) -> None:
    visit(PAGE)

    def shown() -> set[str]:
        bars = find_all(browser, "[data-chart=account] .mark-rect path")
        labels = [str(bar.get_attribute("aria-label")) for bar in bars]
        return {part.strip() for label in labels for part in label.split(";") if "cores" in part}

    assert shown() == {"cores: 48"}
    find(browser, "#cores").send_keys(Keys.ARROW_LEFT)
    wait(lambda: shown() == {"cores: 44"})
    assert find(browser, "output[for=cores]").text == "44"
    assert find(browser, "#cores").get_attribute("aria-valuetext") == "44 cores"
    assert address(browser) == "#cores=44"
    browser.refresh()
    settle(browser)
    wait(lambda: shown() == {"cores: 44"})


def test_one_fix_was_simulated_and_of_two_the_command_is_shown(
    browser: Browser, visit: Visit
) -> None:
    visit(PAGE)
    output = find(browser, "[data-base=exim_stock] output")
    assert output.text == "Stock as it is."
    find(browser, f"[data-base=exim_stock] input[value='{LOCK}']").click()
    assert output.text.startswith("Simulated: 3.2 times (3.")
    find(browser, f"[data-base=exim_stock] input[value='{DENTRY}']").click()
    assert output.text.endswith(f"'cores=[1,48]' {DENTRY}=true {LOCK}=true")
    assert "python -m sim run workload=exim kernel=linux_stock" in output.text
    assert address(browser) == f"#fix.exim_stock={DENTRY}|{LOCK}"
