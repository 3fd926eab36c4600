"""A reader uses the report: points, types, moves the slider, and finds the answer in two clicks.

One browser opens a copy of the report's folder, alone, from a file. Whatever a test does, nothing
may be asked of a network and nothing may be written to the console.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import synthetic
from axe_core_python.selenium import Axe
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from analysis.artifact import files as artifacts
from analysis.report import site
from analysis.report.pages import Run
from sim.experiment.file import Experiment
from sim.experiment.variation import Variation

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EXIM = "osdi10-fig04_exim.html"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LARGEST_PAGE, LARGEST_INDEX = 1_500_000, 3_000_000
GUIDELINES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
LOCK, DENTRY = "kernel.fix.vfsmount_table", "kernel.fix.dentry_lock"
MEASURES = [
    {
        "id": "throughput",
        "column": "throughput_per_core",
        "label": "Throughput (messages/s/core)",
        "reference": "linux_osdi10/fig04_exim.csv",
        "series": {"stock": "Stock", "pk": "PK"},
    },
    {
        "id": "system",
        "column": "system_us",
        "label": "System time (us/message)",
        "reference": "linux_osdi10/fig04_exim.csv",
        "series": {"pk": "PK system time"},
    },
]
FAILING = {
    "id": "fails",
    "statement": "Stock never collapses",
    "metric": {
        "kind": "ratio_of_points",
        "curve": "stock",
        "column": "throughput",
        "cores": 48,
        "over_cores": 36,
    },
    "expect": {"above": 0.9},
    "why": "the mount table's lock saturates",
}
COMMON: dict[str, Any] = {"paper": "osdi10", "speedup": False, "breakdown": False}


def exim() -> Experiment:
    plain = synthetic.experiment()
    kept = [claim.model_dump(exclude_none=True) for claim in plain.claims if claim.metric]
    kept[1]["metric"]["cores"] = 48
    return synthetic.experiment(
        subject="Exim",
        measures=MEASURES,
        what_if=[{"curves": ["stock", "pk"], "cores": 48, "free": ["vfsmount_table"]}],
        views=[{"kind": "what_if", "id": "what_if", "title": "Costs", "cores": 48}],
        claims=[*kept, FAILING],
    )


def fixes() -> Experiment:
    curves = [
        {"id": f"exim_{name}", "case": "exim", "design": name, "group": "Exim", "label": label}
        | {"overrides": ["workload=exim", f"kernel=linux_{name}"]}
        for name, label in (("stock", "Stock"), ("pk", "PK"))
    ]
    view = {"kind": "toggles", "id": "fixes", "title": "Fixes"}
    return Experiment.model_validate(
        COMMON
        | {"name": "osdi10/fig01_fixes", "artifact": "Figure 1", "title": "Fixes"}
        | {"curves": curves, "toggles": [LOCK, DENTRY], "views": [view]}
    )


def summary() -> Experiment:
    curves = [
        {"id": f"exim_{name}", "case": "exim", "design": name, "group": "Exim", "label": label}
        | {"of": f"osdi10/fig04_exim/{name}"}
        for name, label in (("stock", "Stock"), ("pk", "PK"))
    ]
    view = {"kind": "ratio", "id": "summary", "title": "Summary", "column": "throughput"}
    return Experiment.model_validate(
        COMMON
        | {"name": "osdi10/fig03_summary", "artifact": "Figure 3", "title": "Summary"}
        | {"curves": curves}
        | {"views": [view | {"cores": 48, "over_cores": 1, "label": "48 over 1"}]}
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report's folder, copied alone to another place."""
    root = tmp_path_factory.mktemp("results") / "paper"
    freed = Variation("what_if", {"free": "vfsmount_table"})
    one, two, three = exim(), fixes(), summary()
    own = [
        synthetic.write(root / one.name, curve, changed=[(freed, times)])
        for curve, times in (("stock", 3.2), ("pk", 1.0))
    ]
    flipped = [
        synthetic.write(
            root / two.name,
            f"exim_{curve}",
            variants=False,
            changed=[(Variation("toggle", {LOCK: on}), times)]
            + [(Variation("toggle", {DENTRY: on}), 1.01)],
        )
        for curve, on, times in (("stock", True, 3.2), ("pk", False, 0.3))
    ]
    for experiment, files in ((one, own), (two, flipped), (three, own)):
        artifacts.write(experiment, files, root / experiment.name)
    limitations = root.parent / "limitations.md"
    limitations.write_text("# Limits\n\n## What a model leaves out\n\nMuch.\n")
    written = site.write(Run(root), [one, two, three], limitations).parent
    alone = tmp_path_factory.mktemp("alone") / "report"
    shutil.copytree(written, alone)
    shutil.rmtree(root)
    return alone


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    """A browser as large as a desktop's window, which notes what it says and asks for."""
    driver = shutil.which("chromedriver")
    if driver is None:
        pytest.skip("needs chromedriver on PATH")
    options = Options()
    options.binary_location = next(found for name in BROWSERS if (found := shutil.which(name)))
    for argument in ("headless=new", "no-sandbox", "disable-gpu", "window-size=1400,900"):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    opened = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield opened
    finally:
        opened.quit()


@pytest.fixture
def visit(browser: webdriver.Chrome, folder: Path) -> Iterator[Callable[..., None]]:
    """Open a page and wait until its script is done; in the end nothing was said or asked for."""
    screen(browser, 1400, 900)
    browser.get_log("browser"), browser.get_log("performance")

    def open_page(place: str) -> None:
        browser.get("about:blank")
        browser.get((folder / "index.html").as_uri().replace("index.html", place))
        settle(browser)

    yield open_page
    assert browser.get_log("browser") == []
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            address = message["params"]["request"]["url"]
            assert address.startswith(("file:", "data:", "about:", "blob:")), address


def settle(browser: webdriver.Chrome) -> None:
    wait(lambda: browser.execute_script("return 'ready' in document.documentElement.dataset"))


def wait(true: Callable[[], object]) -> None:
    """Wait until something is true; what takes a minute never comes true."""
    for _ in range(1200):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come true")


def screen(browser: webdriver.Chrome, width: int, height: int, phone: bool = False) -> None:
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def theme(browser: webdriver.Chrome, name: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": name}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def find(browser: webdriver.Chrome, selector: str) -> WebElement:
    return browser.find_element(By.CSS_SELECTOR, selector)


def find_all(browser: webdriver.Chrome, selector: str) -> list[WebElement]:
    return browser.find_elements(By.CSS_SELECTOR, selector)


def address(browser: webdriver.Chrome) -> str:
    return str(browser.execute_script("return decodeURIComponent(location.hash)"))


def lines(browser: webdriver.Chrome) -> int:
    return len(find_all(browser, "[data-chart=figure] .mark-line path"))


def in_sight(browser: webdriver.Chrome, element: WebElement) -> bool:
    """Whether the whole element is in the window, without scrolling any further."""
    return bool(
        browser.execute_script(
            "const b = arguments[0].getBoundingClientRect();"
            "return b.height > 0 && b.top >= 0 && b.bottom <= innerHeight",
            element,
        )
    )


# --- the three questions -----------------------------------------------------------------------


def test_what_limits_exim_and_what_fixing_it_would_gain(
    browser: webdriver.Chrome, visit: Callable[..., None]
) -> None:
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


def test_which_claims_fail_and_why(browser: webdriver.Chrome, visit: Callable[..., None]) -> None:
    visit("index.html")
    find(browser, ".score a").click()
    settle(browser)
    shown = [row for row in find_all(browser, ".claims tbody tr") if row.is_displayed()]
    assert len(shown) == 1 and "Stock never collapses" in shown[0].text
    assert "Why: the mount table's lock saturates" in shown[0].text
    assert in_sight(browser, shown[0])


def test_how_to_rerun_a_figure(browser: webdriver.Chrome, visit: Callable[..., None]) -> None:
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


# --- what a page does ---------------------------------------------------------------------------


def test_pointing_at_a_line_shows_its_values(
    browser: webdriver.Chrome, visit: Callable[..., None]
) -> None:
    visit(EXIM)
    points = find_all(browser, "[data-chart=figure] .mark-symbol path")
    ActionChains(browser).move_to_element(points[-1]).perform()
    wait(lambda: find_all(browser, "#vg-tooltip-element.visible"))
    said = find(browser, "#vg-tooltip-element").text
    assert "published" in said and "cores" in said and "value" in said


def test_series_can_be_left_out_and_the_address_knows(
    browser: webdriver.Chrome, visit: Callable[..., None]
) -> None:
    visit(EXIM)
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


def test_a_logarithmic_scale_moves_the_lines(
    browser: webdriver.Chrome, visit: Callable[..., None]
) -> None:
    visit(EXIM)
    shape = "return document.querySelector('[data-chart=figure] .mark-line path').getAttribute('d')"
    linear = browser.execute_script(shape)
    visit(f"{EXIM}#figure.scale=log")
    assert find(browser, "[data-scale=figure]").get_property("value") == "log"
    assert browser.execute_script(shape) != linear


def test_the_slider_drives_the_account(
    browser: webdriver.Chrome, visit: Callable[..., None]
) -> None:
    visit(EXIM)

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
    browser: webdriver.Chrome, visit: Callable[..., None]
) -> None:
    visit(EXIM)
    output = find(browser, "[data-base=exim_stock] output")
    assert output.text == "Stock as it is."
    find(browser, f"[data-base=exim_stock] input[value='{LOCK}']").click()
    assert output.text.startswith("Simulated: 3.2 times (3.")
    find(browser, f"[data-base=exim_stock] input[value='{DENTRY}']").click()
    assert output.text.endswith(f"'cores=[1,48]' {DENTRY}=true {LOCK}=true")
    assert "python -m sim run workload=exim kernel=linux_stock" in output.text
    assert address(browser) == f"#fix.exim_stock={DENTRY}|{LOCK}"


def test_tabs_follow_the_arrow_keys_and_the_address(
    browser: webdriver.Chrome, visit: Callable[..., None]
) -> None:
    visit(EXIM)
    find(browser, "#tab-chart").send_keys(Keys.ARROW_RIGHT)
    assert find(browser, "#panel-data").is_displayed()
    assert not find(browser, "#panel-chart").is_displayed()
    assert address(browser) == "#tab=data"
    browser.refresh()
    settle(browser)
    assert find(browser, "#panel-data").is_displayed()
    visit(f"{EXIM}#claim-fails")
    assert find(browser, "#claim-fails").is_displayed()


def test_tables_are_filtered_and_sorted(
    browser: webdriver.Chrome, visit: Callable[..., None]
) -> None:
    visit(f"{EXIM}#tab=data")
    table = find(browser, "#panel-data table")

    def cores() -> list[str]:
        rows = table.find_elements(By.CSS_SELECTOR, "tbody tr")
        return [
            row.find_elements(By.CSS_SELECTOR, "td")[0].text for row in rows if row.is_displayed()
        ]

    assert len(cores()) == 26
    head = table.find_elements(By.CSS_SELECTOR, "thead th")[1]
    head.find_element(By.CSS_SELECTOR, "button").click()
    assert head.get_attribute("aria-sort") == "ascending" and cores()[:3] == ["1", "1", "4"]
    head.find_element(By.CSS_SELECTOR, "button").click()
    assert head.get_attribute("aria-sort") == "descending" and cores()[0] == "48"
    find(browser, "#panel-data .sieve input").send_keys("PK")
    assert len(cores()) == 13


def test_one_filter_goes_through_all_claims(
    browser: webdriver.Chrome, visit: Callable[..., None]
) -> None:
    visit("claims.html")
    find(browser, "[data-filters]").send_keys("never")
    shown = [row for row in find_all(browser, ".claims tbody tr") if row.is_displayed()]
    assert [row.get_attribute("id") for row in shown] == ["claim-osdi10fig04_exim-fails"]
    assert sum(head.is_displayed() for head in find_all(browser, "main h3")) == 1


def test_the_search_finds_claims_settings_and_pages(
    browser: webdriver.Chrome, visit: Callable[..., None]
) -> None:
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
    wait(lambda: EXIM in browser.current_url)
    settle(browser)
    assert find(browser, "#claim-fails").is_displayed()


def test_a_keyboard_goes_from_the_skip_link_through_navigation_to_the_tabs(
    browser: webdriver.Chrome, visit: Callable[..., None]
) -> None:
    visit(EXIM)
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


# --- on every page ------------------------------------------------------------------------------


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_every_page_keeps_the_guidelines_for_access(
    browser: webdriver.Chrome, visit: Callable[..., None], folder: Path, colours: str
) -> None:
    theme(browser, colours)
    for page in sorted(folder.glob("*.html")):
        visit(page.name)
        browser.execute_script(
            "document.querySelectorAll('details').forEach(one => one.open = true);"
            "document.querySelectorAll('.panel').forEach(one => one.classList.add('open'))"
        )
        found = Axe().run(browser, options={"runOnly": GUIDELINES})
        wrong = [
            (one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]
        ]
        assert wrong == [], page.name
    theme(browser, "light")


def test_the_check_for_access_sees_what_is_wrong(browser: webdriver.Chrome) -> None:
    browser.get("data:text/html,<html><body><img src='data:,'><p style='color:%23eee'>faint</p>")
    found = Axe().run(browser, options={"runOnly": GUIDELINES})
    assert {"image-alt", "color-contrast", "html-has-lang"} <= {
        v["id"] for v in found["violations"]
    }


def test_a_telephone_shows_the_collapse(
    browser: webdriver.Chrome, visit: Callable[..., None]
) -> None:
    screen(browser, 390, 844, phone=True)
    visit(EXIM)
    assert browser.execute_script("return document.documentElement.scrollWidth") == 390
    ends = browser.execute_script(
        "return [...document.querySelectorAll('[data-chart=figure] .mark-symbol path')]"
        ".map(point => point.getBoundingClientRect().right)"
    )
    assert ends and max(ends) <= 390
    axis = find(browser, "[data-chart=figure] .role-axis-label").text
    assert "48" in axis


def test_print_shows_every_part_but_the_sources(
    browser: webdriver.Chrome, visit: Callable[..., None]
) -> None:
    visit(EXIM)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        shown = {
            p: find(browser, f"#panel-{p}").is_displayed() for p in ("data", "claims", "rerun")
        }
        assert all(shown.values())
        assert not find(browser, "#panel-sources").is_displayed()
        assert not find(browser, "nav").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_no_page_is_too_large(folder: Path) -> None:
    for page in folder.glob("*.html"):
        most = LARGEST_INDEX if page.name == "index.html" else LARGEST_PAGE
        assert page.stat().st_size <= most, page.name
