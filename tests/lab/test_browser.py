"""A browser goes through the lab: from the first page to an experiment that Snakemake runs.

Every test ends with what no page may do: write an error to its console, or ask any other host.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from lab import state
from lab.runs import curve_of
from sim.config.compose import compose
from sim.config.errors import ConfigError
from tests.lab.browser import Browser, Page
from tests.lab.conftest import ROOT, WORDS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DRAWN = "document.querySelector('#chart-curves svg path')"
IDLE = "document.documentElement.dataset.busy === 'no'"
LEVELS = ("full", "quick", "sketch", "smoke")


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    """A tab with the lab's first page, drawn."""
    found = opened(chromium, address)
    yield found
    assert found.logged == []
    host = urlsplit(address).netloc
    elsewhere = [one for one in found.requests if urlsplit(one).netloc not in (host, "")]
    assert elsewhere == []
    assert all(urlsplit(one).scheme in ("http", "ws", "data", "blob") for one in found.requests)
    found.close()


def opened(chromium: Browser, address: str) -> Page:
    found = chromium.tab()
    found.size(1400, 900)
    found.open(address)
    found.wait(DRAWN)
    return found


def shown(page: Page) -> state.State:
    """The state that the address of a page says."""
    return state.read(page.ask("location.search"), LEVELS)


def test_from_the_first_page_to_an_experiment_that_snakemake_runs(
    page: Page, own: Path, tmp_path: Path
) -> None:
    # The first page shows what the command line asked for, and its address says so.
    assert shown(page) == state.State((WORDS,), level="smoke")
    assert "token" not in page.ask("location.href")
    page.wait(IDLE)
    assert page.ask("document.querySelectorAll('#gains tbody tr').length") > 5
    assert page.ask("document.querySelectorAll('#chart-breakdown svg path').length") > 5
    # A fix of a second curve is switched on.
    page.ask("document.getElementById('add-curve').click()")
    page.wait("document.querySelectorAll('.curves li').length === 2")
    page.ask("document.getElementById('for-kernel.fix.dentry_lock').click()")
    page.wait("location.search.includes('dentry_lock')")
    expected = (*WORDS, "kernel.fix.dentry_lock=true")
    assert shown(page).curves == (WORDS, expected)
    page.wait(IDLE)
    said = page.ask("document.getElementById('legend-curves').textContent")
    assert "linux_stock, dentry_lock=true" in said
    # It is saved, and Snakemake runs it.
    page.ask("document.getElementById('save').click()")
    page.type("from_the_page")
    page.press("Enter")
    page.wait("document.getElementById('dialog-title').textContent.startsWith('Saved as')")
    file = own / "experiment/lab/from_the_page.yaml"
    curves = yaml.safe_load(file.read_text())["curves"]
    assert [curve["overrides"] for curve in curves] == [
        [word for word in words if not word.startswith("cores=")] for words in (WORDS, expected)
    ]
    settings = ['experiments=["lab/from_the_page"]', f'config_dirs=["{own}"]', "name=page"]
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"),
         "--profile", str(ROOT / "profiles/default"), "--directory", str(tmp_path),
         "--cores", "1", "results/page/lab/from_the_page/claims.json", "--config", *settings],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    written = sorted(path.name for path in tmp_path.rglob("curve_?.parquet"))
    assert written == ["curve_1.parquet", "curve_2.parquet"]
    assert list(tmp_path.rglob("figures/*throughput_per_core*.svg"))
    page.press("Escape")


def test_a_wrong_value_has_the_command_lines_message_and_changes_nothing(page: Page) -> None:
    before = page.ask("location.search")
    for text in ("hardware.coherence.hop_cycels=200", "kernel=linux_stok", "cores=[49]", "'"):
        page.ask("document.getElementById('words').focus()")
        page.ask("document.getElementById('words').value = ''")
        page.type(text)
        page.press("Enter")
        with pytest.raises(ConfigError) as raised:
            words = state.words_of(text)
            compose([*(word for word in WORDS if word.split("=")[0] != text.split("=")[0]), *words])
        message = json.dumps(str(raised.value))
        page.wait(f"document.getElementById('words-refused').textContent === {message}")
    assert page.ask("location.search") == before
    page.ask("document.getElementById('words').value = 'hardware.coherence.hop_cycles=200'")
    page.press("Enter")
    page.wait("location.search.includes('hop_cycles%3D200')")
    page.wait("document.getElementById('words-refused').hidden")
    assert page.ask("document.getElementById('for-hardware.coherence.hop_cycles').value") == "200"


def test_a_controls_wrong_value_is_refused_where_it_stands(page: Page) -> None:
    before = page.ask("location.search")
    page.set("hardware.coherence.hop_cycles", "-1")
    page.wait("!document.getElementById('refused').hidden")
    said = page.ask("document.getElementById('refused').textContent")
    with pytest.raises(ConfigError) as raised:
        compose([*WORDS, "hardware.coherence.hop_cycles=-1"])
    assert said == str(raised.value)
    assert page.ask("location.search") == before
    page.size(390, 844)  # where the settings stand above the charts
    place = "document.getElementById('refused').getBoundingClientRect()"
    assert page.ask(f"{place}.top >= 0 && {place}.bottom <= innerHeight")


def test_the_page_is_dark_when_the_system_turns_dark(page: Page) -> None:
    page.size(1400, 900, dark=True)
    page.wait("document.documentElement.dataset.theme === 'dark'")
    page.ask("document.getElementById('theme').click()")
    page.size(1400, 900)
    page.size(1400, 900, dark=True)
    assert page.ask("document.documentElement.dataset.theme") == "light"  # as was chosen
    page.ask("localStorage.removeItem('corescale-theme')")


def test_the_address_reproduces_the_page_and_the_browsers_buttons_go_back(
    page: Page, chromium: Browser
) -> None:
    page.wait(IDLE)
    first = page.ask("location.href")
    page.ask("document.querySelector('#gains button[data-text*=\"fix.dentry_lock\"]').click()")
    page.wait("document.querySelectorAll('.curves li').length === 2")
    change_measure = (
        "document.getElementById('measure').value = 'speed_up', "
        "document.getElementById('measure').dispatchEvent(new Event('change', {bubbles: true}))"
    )
    page.ask(change_measure)
    page.wait("location.search.includes('measure=speed_up')")
    page.wait(IDLE)
    legend = "document.getElementById('legend-curves').textContent"
    gains = "document.getElementById('gains').textContent"
    again = opened(chromium, page.ask("location.href"))
    again.wait(IDLE)
    assert again.ask("location.href") == page.ask("location.href")
    assert again.ask(legend) == page.ask(legend)
    assert again.ask(gains) == page.ask(gains)
    assert again.ask("document.getElementById('measure').value") == "speed_up"
    page.ask("history.go(-2)")
    page.wait("document.querySelectorAll('.curves li').length === 1")
    assert page.ask("location.href") == first
    assert again.ask("document.querySelectorAll('.curves li').length") == 2
    assert again.logged == []
    again.close()


def test_two_tabs_do_not_disturb_each_other(page: Page, chromium: Browser, address: str) -> None:
    other = opened(chromium, page.ask("location.href"))
    before = page.ask("location.search")
    other.set("workload", "micro/lock")
    other.wait("location.search.includes('micro%2Flock')")
    other.wait(IDLE)
    page.wait(IDLE)
    assert page.ask("location.search") == before
    assert page.ask("document.getElementById('for-workload').value") == "micro/open_close"
    assert other.ask("document.getElementById('for-workload').value") == "micro/lock"
    assert other.logged == []
    other.close()


def test_a_busy_engine_does_not_keep_the_page_waiting(page: Page) -> None:
    long = "run=full run.operations=20000 run.replications=40 run.precision=0 cores=[8]"
    curve_of([*WORDS, *long.split()[1:]], ("full",), [])  # it is allowed
    page.ask("document.getElementById('words').focus()")
    page.ask(f"document.getElementById('words').value = {json.dumps(long)}")
    page.press("Enter")
    page.wait("location.search.includes('level=full')")
    page.wait("document.documentElement.dataset.busy === 'yes'")
    page.set("kernel", "linux_pk")
    page.wait("location.search.includes('kernel%3Dlinux_pk')")
    assert page.ask("document.documentElement.dataset.busy") == "yes"
    page.ask("history.go(-2)")
    page.wait(IDLE)


def test_everything_is_reached_by_the_keyboard_in_the_order_of_the_page(page: Page) -> None:
    page.wait(IDLE)
    page.ask("document.activeElement.blur(), document.body.focus(), scrollTo(0, 0)")
    expected = page.ask(
        "[...document.querySelectorAll('a[href], button, input, select, textarea, summary')]"
        ".filter(e => e.checkVisibility() && !e.disabled).map(e => e.id || e.className)"
    )
    reached = []
    for _ in expected:
        page.press("Tab")
        reached.append(page.ask("document.activeElement.id || document.activeElement.className"))
    assert reached == expected
    assert [name for name in expected if expected.count(name) > 1] == []
    assert len(expected) > 30


def test_the_focus_stays_where_it_is_while_results_come_in(page: Page) -> None:
    page.wait(IDLE)
    page.ask("document.getElementById('for-kernel.locks.spin').focus()")
    page.set("kernel.locks.spin", "mcs")
    page.wait("location.search.includes('spin%3Dmcs')")
    page.wait(IDLE)
    assert page.ask("document.activeElement.id") == "for-kernel.locks.spin"
    assert page.ask("document.getElementById('for-kernel.locks.spin').value") == "mcs"


@pytest.mark.parametrize(("width", "dark"), [(1400, False), (390, True)])
def test_no_page_is_wider_than_its_screen_and_every_control_has_a_name(
    page: Page, width: int, dark: bool
) -> None:
    page.wait(IDLE)
    page.size(width, 844, dark=dark)
    page.open(page.ask("location.href"))
    page.wait(DRAWN)
    page.wait(IDLE)
    assert page.ask("document.documentElement.dataset.theme") == ("dark" if dark else "light")
    assert page.ask("document.documentElement.scrollWidth") <= width
    nameless = page.ask(
        "[...document.querySelectorAll('button, input, select, textarea')].filter(e => "
        "!(e.labels && e.labels.length) && !e.getAttribute('aria-label') && "
        "!e.textContent.trim()).map(e => e.id)"
    )
    assert nameless == []


def test_an_address_that_says_something_wrong_is_told_so(page: Page) -> None:
    page.open(page.ask("location.origin + '/?curve=kernel%3Dlinux_stok'"))
    said = "document.getElementById('refused').textContent"
    page.wait(f"{said}.includes('did you mean linux_stock?')")
    page.wait(DRAWN)


def test_a_running_lab_answers_whoever_has_its_token(address: str) -> None:
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with opener.open(address) as answer:
        assert b"corescale" in answer.read()
        assert "token" not in answer.url
    page = address.partition("?")[0]
    for path in ("", "assets/lab.js", "vega.js", "assets/../../server.py", "lib/"):
        with pytest.raises(urllib.error.HTTPError) as raised:
            urllib.request.urlopen(f"{page}{path}")
        assert raised.value.code == 403
    with opener.open(f"{page}vega.js") as answer:
        assert b"vegaEmbed" in answer.read()
    for path in ("assets/../../server.py", "assets/%2e%2e/%2e%2e/server.py"):
        with pytest.raises(urllib.error.HTTPError) as raised:
            opener.open(f"{page}{path}")
        assert raised.value.code == 404


def test_the_test_sees_errors_and_requests(chromium: Browser) -> None:
    bad = chromium.tab()
    bad.open("data:text/html,<script src='http://127.0.0.1:1/x.js'></script><script>no()</script>")
    bad.wait("document.readyState === 'complete'")
    assert any("no is not defined" in line for line in bad.logged)
    assert "http://127.0.0.1:1/x.js" in bad.requests
