"""Whoever follows a page gets what it says: files fit, commands run, output is as shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.documentation.blocks import (
    LANGUAGES,
    OPTIONS,
    PAGES,
    ROOT,
    blocks,
    commands,
    missing,
)
from tests.documentation.conftest import Copy
from tests.documentation.following import follow


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def pages(changes_code: bool) -> list[Path]:
    """Pages with something to run, by whether they change the code."""
    return [
        page
        for page in PAGES
        if (found := [block for block in blocks(page) if block.skip is None])
        and any(block.changes_code for block in found) == changes_code
    ]


@pytest.mark.parametrize("page", pages(changes_code=False), ids=name)
def test_a_page_can_be_followed(page: Path, unchanged: Copy) -> None:
    follow(page, unchanged)


@pytest.mark.parametrize("page", pages(changes_code=True), ids=name)
def test_a_page_that_changes_the_code_can_be_followed(page: Path, changed: Copy) -> None:
    follow(page, changed)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_can_be_run_or_says_why_not(page: Path) -> None:
    for block in blocks(page):
        where = f"{name(page)}:{block.line}"
        assert block.language in LANGUAGES, f"{where}: no language that tests know"
        assert block.options.keys() <= OPTIONS, f"{where}: unknown option"
        assert block.skip is None or len(block.skip.split()) >= 3, f"{where}: skipped, but why?"


LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)")
HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """What a link to a page may end with: its headings, as they are written in addresses."""
    headings = HEADING.findall(page.read_text())
    return {re.sub(r"[^\w -]", "", one.lower()).strip().replace(" ", "-") for one in headings}


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=name)
def test_every_link_leads_somewhere_in_the_checkout(page: Path) -> None:
    for path, anchor in LINK.findall(page.read_text()):
        target = page.parent / path if path else page
        assert target.exists(), path
        assert not anchor or anchor in anchors(target), f"{path}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_number_is_shown_that_words_which_readers_do_not_see_have_made(page: Path) -> None:
    for block in blocks(page):
        if block.options.get("with"):
            rows = [line for one in commands(block) for line in one.shown if line[0].isdigit()]
            assert not rows, f"{name(page)}:{block.line}: {rows[0]!r}"


def test_a_page_that_shows_something_else_than_is_printed_is_found() -> None:
    printed = "cores  rate\n1  2,000  +-1%\n8  300  +-2%\n"
    assert missing(("1\t2,000", "8  300"), printed) is None
    assert missing(("8  300", "1  2,000"), printed) == "1  2,000"
    assert missing(("1  2,001",), printed) == "1  2,001"
