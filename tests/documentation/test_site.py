"""The documentation is built without a warning, shows the program as it is, and loads nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sim.config.files import choices
from tests.documentation.blocks import ROOT, blocks
from tests.project_files import of_the_project

LOADING = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "link": "href",
    "source": "src",
    "video": "src",
    "audio": "src",
    "object": "data",
    "embed": "src",
}
"""Elements that make a browser load what their attribute names."""

NOT_LOADED = {"canonical", "next", "prev", "alternate", "author", "license"}
"""Relations of `link` that only name something."""


class Loaded(HTMLParser):
    """Addresses that a page makes a browser load."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        if tag == "link" and set((named.get("rel") or "").split()) <= NOT_LOADED:
            return
        self.found.append(named.get(LOADING.get(tag, "")) or "")


def elsewhere(text: str, suffix: str) -> list[str]:
    """Addresses outside the site that a file of it loads."""
    if suffix == ".css":
        found = re.findall(r"url\(\s*['\"]?([^)'\"]+)|@import\s+['\"]([^'\"]+)", text)
        addresses = [first or second for first, second in found]
    else:
        page = Loaded()
        page.feed(text)
        addresses = page.found
    return [address for address in addresses if re.match(r"(https?:)?//", address)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documentation") / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir"]
    done = subprocess.run(
        [*command, str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_a_page_that_loads_something_is_found() -> None:
    assert elsewhere('<script src="https://cdn.example/x.js"></script>', ".html")
    assert elsewhere('<link rel="preconnect" href="//fonts.example">', ".html")
    assert elsewhere("a { background: url(https://img.example/x.png) }", ".css")
    assert not elsewhere('<a href="https://example.org">read</a><img src="x.png">', ".html")
    assert not elsewhere('<link rel="canonical" href="https://example.org">', ".html")


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    pages = [*site.rglob("*.html"), *site.rglob("*.css")]
    assert len(pages) > 25
    found = {
        path.relative_to(site).as_posix(): addresses
        for path in pages
        if (addresses := elsewhere(path.read_text(), path.suffix))
    }
    assert not found


def test_the_reference_has_every_key_that_the_program_describes(site: Path) -> None:
    page = (site / "reference/settings.html").read_text()
    said = subprocess.run(
        [sys.executable, "-m", "sim", "describe", "hardware"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    keys = re.findall(r"hardware\.[a-z0-9_.]+", said.stdout)
    assert len(keys) > 40
    assert [key for key in keys if f"<code>{key}</code>" not in page] == []
    workloads = of_the_project(choices("workload"))
    assert [name for name in workloads if f"workload={name}" not in page] == []


def test_what_blocks_say_to_the_tests_is_not_shown(site: Path) -> None:
    pages = {path: path.read_text() for path in site.rglob("*.html")}
    assert [path for path, text in pages.items() if "skip=&quot;" in text or 'skip="' in text] == []
    home = (site / "index.html").read_text()
    assert home.count('<div class="highlight">') == len(blocks(ROOT / "README.md")) > 5
    lock = (site / "how-to/add-a-lock.html").read_text()
    assert "sim/sync/package_ticket_lock.py" in lock and "PackageTicketLock" in lock


def test_a_notebook_is_a_page_with_what_it_printed_and_plotted(site: Path) -> None:
    page = (site / "notebooks/lock_collapse.html").read_text()
    assert "lock_collapse-0.png" in page
    assert (site / "notebooks/lock_collapse-0.png").read_bytes().startswith(b"\x89PNG")
