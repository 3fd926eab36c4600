"""A browser shows the report: no errors, nothing missing, and no page wider than the screen.

One browser opens every page once on a telephone and once on a desktop, and a script answers what is
asked of it. What a page does when it is used is tested in test_explorer_*.py.
"""

from __future__ import annotations

import io
from pathlib import Path

import browsing
import matplotlib.image
import numpy as np
import pytest
from browsing import Browser, Visit, ask, open_page, screen, texts

from analysis.draw import canvas, style
from sim.experiment import papers
from tests.project_files import of_the_project

WIDTHS = {"phone": 360, "desktop": 1280}
HEIGHT = 900
QUESTION = """(() => {
  const all = selector => [...document.querySelectorAll(selector)];
  const wide = document.documentElement.clientWidth;
  return {
    wide: document.documentElement.scrollWidth, screen: wide,
    missing: [...document.images].filter(i => !i.naturalWidth).length,
    blank: all("svg").filter(s => s.checkVisibility() && !s.getBoundingClientRect().width).length,
    small: all("figure:not(.live) svg").filter(
      s => s.checkVisibility() && s.getBoundingClientRect().width < s.viewBox.baseVal.width).length,
    cut: all(".table:has(> .stacked)").filter(t => t.scrollWidth > t.clientWidth).length,
    beyond: all(".claims .verdict, .source").filter(v => {
      const box = v.getBoundingClientRect();
      return box.height && box.right > wide;
    }).length,
    lines: all("nav > *").reduce(([count, end], item) => {
      const box = item.getBoundingClientRect();
      return box.top >= end ? [count + 1, box.bottom] : [count, end];
    }, [0, -1])[0],
  };
})()"""

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def show(browser: Browser, width: str) -> None:
    """Show what is opened next on a screen."""
    screen(browser, WIDTHS[width], HEIGHT, phone=width == "phone")


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_show_whole_without_errors(
    browser: Browser, visit: Visit, explorers: Path, width: str
) -> None:
    show(browser, width)
    for page in explorers.glob("*.html"):
        visit(page.name)
        answer = ask(browser, QUESTION)
        assert browsing.said(browser) == [], page.name
        assert answer["screen"] == WIDTHS[width]
        assert answer["wide"] <= answer["screen"], (page.name, answer)
        assert answer["missing"] == answer["blank"] == 0, (page.name, answer)
        assert answer["small"] == 0, f"{page.name}: a point of a figure is less than a pixel"
        assert answer["cut"] == 0, f"{page.name}: a table that stacks its cells is cut"
        assert answer["beyond"] == 0, f"{page.name}: a verdict or a source is beyond the screen"
        if width == "desktop":
            seen = matplotlib.image.imread(io.BytesIO(browser.get_screenshot_as_png()))
            assert seen.shape[1] == WIDTHS[width]
            colours = np.unique((255 * seen[::3, ::3, :3]).astype(int) @ [1, 256, 65536])
            assert len(colours) > 10, page.name


def test_the_navigation_takes_one_line(browser: Browser, visit: Visit) -> None:
    """However many papers and pages there are: each paper's pages are in a menu."""
    more = [papers.load(name).short for name in of_the_project(papers.names())]
    for width in WIDTHS:
        show(browser, width)
        visit("index.html")
        browser.execute_script(
            "const menu = document.querySelector('details.menu');"
            "const copies = arguments[0].map(name => {"
            "  const copy = menu.cloneNode(true);"
            "  copy.querySelector('summary').textContent = name; return copy; });"
            "menu.replaceWith(...copies);",
            more,
        )
        answer = ask(browser, QUESTION)
        assert answer["wide"] <= answer["screen"]
        assert answer["lines"] == 1 or width == "phone"


@pytest.mark.parametrize("width", WIDTHS)
def test_a_wide_figure_is_as_legible_as_others(browser: Browser, visit: Visit, width: str) -> None:
    figure, _ = canvas.axes(width=2 * style.WIDTH)
    drawn = canvas.inline(canvas.svg(figure, "wide"), "fig-wide", "wide")
    shown = f'<figure><div class="canvas">{drawn}</div></figure>'
    show(browser, width)
    visit("limitations.html")
    add = "document.querySelector('main').insertAdjacentHTML('beforeend', arguments[0])"
    browser.execute_script(add, shown)
    answer = ask(browser, QUESTION)
    assert answer["wide"] <= answer["screen"]
    assert answer["small"] == 0


def test_a_verdicts_anchor_leaves_only_its_claims(browser: Browser, visit: Visit) -> None:
    shown = {}
    for anchor in ("every", "reproduced", "not-reproduced", "fitted"):
        visit(f"claims.html#{anchor}")
        shown[anchor] = len(texts(browser, ".claims tbody tr"))
    assert shown == {"every": 3, "reproduced": 2, "not-reproduced": 1, "fitted": 1}


def test_the_check_sees_errors_requests_missing_images_and_wide_pages(
    browser: Browser, tmp_path: Path
) -> None:
    page = tmp_path / "bad.html"
    page.write_text(
        "<!doctype html><html data-ready><body><img src='http://127.0.0.1:1/none.png'>"
        "<div style='width:2000px'>wide</div>"
        "<figure><svg viewBox='0 0 600 10' style='width:300px'></svg></figure>"
        "<nav><b>name</b><p>below</p></nav>"
        "<div class='table' style='width:50px;overflow:auto'><div class='stacked' "
        "style='width:99px'>cut</div></div>"
        "<div class='claims' style='margin-left:300px'>"
        "<b class='verdict'>reproduced, too far</b></div>"
        "<script>console.error('no')</script></body></html>"
    )
    screen(browser, WIDTHS["phone"], HEIGHT)
    browsing.said(browser), browsing.asked_elsewhere(browser)
    open_page(browser, page)
    answer = ask(browser, QUESTION)
    assert answer["missing"] == 1
    assert answer["wide"] >= 2000
    assert answer["small"] == answer["cut"] == answer["beyond"] == 1
    assert answer["lines"] == 2
    assert any('"no"' in line for line in browsing.said(browser))
    assert browsing.asked_elsewhere(browser) == ["http://127.0.0.1:1/none.png"]
