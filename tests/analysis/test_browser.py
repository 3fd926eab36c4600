"""A browser shows the report: no errors, nothing missing, and no page wider than the screen.

What a test asks of a page, a script in a copy of it answers: it sends the answer to the page around
it, whose frame is as wide as a telephone or a desktop screen. What a page does when it is used is
tested in test_explorer.py.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from analysis.draw import canvas, style
from sim.experiment import papers

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDTHS = {"phone": 360, "desktop": 1280}
HEIGHT = 900
QUESTION = """<script>addEventListener("load", () => parent.postMessage(JSON.stringify({
  wide: document.documentElement.scrollWidth, screen: document.documentElement.clientWidth,
  missing: [...document.images].filter(i => !i.naturalWidth).length,
  blank: [...document.querySelectorAll("svg")].filter(
    s => s.checkVisibility() && !s.getBoundingClientRect().width).length,
  figures: document.querySelectorAll("svg").length,
  small: [...document.querySelectorAll("figure:not(.live) svg")].filter(
    s => s.checkVisibility() && s.getBoundingClientRect().width < s.viewBox.baseVal.width).length,
  cut: [...document.querySelectorAll(".table:has(> .stacked)")].filter(
    t => t.scrollWidth > t.clientWidth).length,
  beyond: [...document.querySelectorAll(".claims .verdict, .source")].filter(v => {
    const box = v.getBoundingClientRect();
    return box.height && box.right > document.documentElement.clientWidth;
  }).length,
  lines: new Set([...document.querySelectorAll("nav > *")].map(
    item => Math.round(item.getBoundingClientRect().bottom / 24))).size}), "*"))</script>"""
AROUND = """<!doctype html><title>-</title><body style="margin:0">
<script>addEventListener("message", e => document.title = e.data)</script>
<iframe src="{page}" style="border:0;width:{width}px;height:{height}px"></iframe>"""

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def browse(tmp_path: Path, page: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Load a page in a headless browser; its console goes to standard error."""
    command = next(found for name in BROWSERS if (found := shutil.which(name)))
    quiet = ["--headless", "--disable-gpu", "--no-sandbox", "--hide-scrollbars"]
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    logged = ["--enable-logging=stderr", "--v=0"]
    whole = [command, *quiet, profile, *logged, *arguments, page.as_uri()]
    return subprocess.run(whole, capture_output=True, text=True, timeout=60, check=True)


def console(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in done.stderr.splitlines() if ":CONSOLE" in line]


def ask(tmp_path: Path, page: Path, width: int) -> tuple[dict[str, int], list[str]]:
    """Answer of a page shown at a width, and what it wrote to the console."""
    copy = page.with_name(f"asked-{page.name}")
    around = tmp_path / "around.html"
    around.write_text(AROUND.format(page=copy.as_uri(), width=width, height=HEIGHT))
    copy.write_text(page.read_text() + QUESTION)
    try:
        done = browse(tmp_path, around, "--window-size=1400,1000", "--dump-dom")
    finally:
        copy.unlink()
    title = re.search(r"<title>(.*?)</title>", done.stdout)
    assert title, done.stdout[:300]
    return json.loads(html.unescape(title[1])), console(done)


def pages(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.glob("*.html") if not path.name.startswith("asked-"))
    assert len(found) >= 4
    return found


@pytest.mark.parametrize("screen", WIDTHS)
def test_pages_show_whole_without_errors(
    report: Path, sweep: Path, tmp_path: Path, screen: str
) -> None:
    for page in (*pages(report), sweep / "comparison.html"):
        answer, said = ask(tmp_path, page, WIDTHS[screen])
        assert said == [], page.name
        assert answer["screen"] == WIDTHS[screen]
        assert answer["wide"] <= answer["screen"], (page.name, answer)
        assert answer["missing"] == answer["blank"] == 0, (page.name, answer)
        assert answer["small"] == 0, f"{page.name}: a point of a figure is less than a pixel"
        assert answer["cut"] == 0, f"{page.name}: a table that stacks its cells is cut"
        assert answer["beyond"] == 0, f"{page.name}: a verdict or a source is beyond the screen"


def test_the_navigation_takes_one_line(report: Path, tmp_path: Path) -> None:
    """However many papers and pages there are: each paper's pages are in a menu."""
    text = (report / "index.html").read_text()
    menu = re.search(r'<details class="menu".*?</details>', text, re.DOTALL)
    assert menu and "Figure 4" in menu[0]
    many = "".join(
        menu[0].replace(">OSDI&#39;10<", f">{html.escape(papers.load(name).short)}<")
        for name in papers.names()
    )
    page = tmp_path / "many.html"
    page.write_text(text.replace(menu[0], many))
    answer, _ = ask(tmp_path, page, WIDTHS["desktop"])
    assert answer["lines"] == 1
    answer, _ = ask(tmp_path, page, WIDTHS["phone"])
    assert answer["wide"] <= answer["screen"]


@pytest.mark.parametrize("screen", WIDTHS)
def test_a_wide_figure_is_as_legible_as_others(report: Path, tmp_path: Path, screen: str) -> None:
    text = (report / "index.html").read_text()
    figure, _ = canvas.axes(width=2 * style.WIDTH)
    drawn = canvas.inline(canvas.svg(figure, "wide"), "fig-wide", "wide")
    page = tmp_path / "wide.html"
    shown = f'<figure><div class="canvas">{drawn}</div></figure></main>'
    page.write_text(text.replace("</main>", shown))
    answer, _ = ask(tmp_path, page, WIDTHS[screen])
    assert answer["wide"] <= answer["screen"]
    assert answer["small"] == 0


def test_a_screenshot_is_not_blank_and_as_wide_as_asked(report: Path, tmp_path: Path) -> None:
    for page in pages(report):
        picture = tmp_path / f"{page.stem}.png"
        size = f"--window-size={WIDTHS['desktop']},{HEIGHT}"
        browse(tmp_path, page, size, f"--screenshot={picture}")
        pixels = matplotlib.image.imread(picture)
        assert pixels.shape[1] == WIDTHS["desktop"]
        assert len(np.unique(pixels.reshape(-1, pixels.shape[2]), axis=0)) > 10, page.name


def test_a_verdicts_anchor_leaves_only_its_claims(report: Path, tmp_path: Path) -> None:
    page = report / "claims.html"
    count = """<script>addEventListener("load", () => document.title =
      [...document.querySelectorAll(".claims tbody tr")]
      .filter(r => r.offsetHeight).length)</script>"""
    copy = tmp_path / "claims.html"
    copy.write_text(page.read_text() + count)
    shown = {}
    for anchor in ("every", "reproduced", "not-modelled", "fitted"):
        around = tmp_path / f"{anchor}.html"
        address = f"{copy.as_uri()}#{anchor}"
        around.write_text(f'<meta http-equiv="refresh" content="0;url={address}">')
        done = browse(tmp_path, around, "--virtual-time-budget=2000", "--dump-dom")
        found = re.search(r"<title>(\d+)</title>", done.stdout)
        assert found, done.stdout[:300]
        shown[anchor] = int(found[1])
    assert shown == {"every": 3, "reproduced": 2, "not-modelled": 1, "fitted": 1}


def test_the_check_sees_errors_missing_images_and_wide_pages(tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text(
        "<!doctype html><html><body><img src='none.png'><div style='width:2000px'>wide</div>"
        "<figure><svg viewBox='0 0 600 10' style='width:300px'></svg></figure>"
        "<nav><b>name</b><p>below</p></nav>"
        "<div class='table' style='width:50px;overflow:auto'><div class='stacked' "
        "style='width:99px'>cut</div></div>"
        "<div class='claims' style='margin-left:300px'>"
        "<b class='verdict'>reproduced, too far</b></div>"
        "<script>console.error('no')</script></body></html>"
    )
    answer, said = ask(tmp_path, page, 360)
    assert answer["missing"] == 1
    assert answer["wide"] >= 2000
    assert answer["small"] == answer["cut"] == answer["beyond"] == 1
    assert answer["lines"] == 2
    assert len(said) == 1
