"""Whoever follows a page gets what it says: files fit, commands run, output is as shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from sim.config.plan import plan
from tests.documentation.blocks import (
    LANGUAGES,
    OPTIONS,
    PAGES,
    ROOT,
    Block,
    Command,
    blocks,
    commands,
    missing,
)
from tests.documentation.conftest import Copy


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


def test_a_page_that_shows_something_else_than_is_printed_is_found() -> None:
    printed = "cores  rate\n1  2,000  +-1%\n8  300  +-2%\n"
    assert missing(("1\t2,000", "8  300"), printed) is None
    assert missing(("8  300", "1  2,000"), printed) == "1  2,000"
    assert missing(("1  2,001",), printed) == "1  2,001"


def follow(page: Path, copy: Copy) -> None:
    """Do what a page says, block by block."""
    found = blocks(page)
    for block, after in zip(found, [*found[1:], None], strict=True):
        if block.skip is None and block.language != "text":
            problem = done(block, after, copy)
            assert not problem, f"{name(page)}:{block.line}: {problem}"


def done(block: Block, after: Block | None, copy: Copy) -> str:
    """Do what one block says; returns what went wrong."""
    if "in" in block.options:
        return inserted(block, copy)
    if "title" in block.options:
        path = copy.folder / block.options["title"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text)
        return ""
    if block.language == "diff":
        (copy.folder / "page.diff").write_text(block.text)
        # Whoever has followed the page in this checkout has applied it already.
        applied = "patch --dry-run --force --reverse --fuzz=0 -p1 < page.diff"
        return ran(Command(f"{applied} || patch --fuzz=0 -p1 < page.diff", ()), copy)
    if block.language == "python":
        (copy.folder / "page.py").write_text(block.text)
        prints = after.text.splitlines() if after and after.language == "text" else ()
        return ran(Command("python page.py", tuple(prints)), copy)
    if block.language == "yaml":
        return "" if isinstance(yaml.safe_load(block.text), dict) else "not a mapping"
    return next((problem for one in commands(block) if (problem := ran(one, copy))), "")


def ran(command: Command, copy: Copy) -> str:
    """Run a command; returns what went wrong."""
    finished = (copy.run_on_a_terminal if command.on_a_terminal else copy.run)(command.line)
    if finished.returncode:
        return f"{command.line}\n{finished.stdout}{finished.stderr}"
    line = missing(command.shown, finished.stdout)
    return f"{command.line}\nprints no line {line!r}, but\n{finished.stdout}" if line else ""


def inserted(block: Block, copy: Copy) -> str:
    """Plan an experiment in whose file the block takes the place of what its keys hold."""
    experiment = yaml.safe_load((ROOT / block.options["in"]).read_text())
    experiment |= {**yaml.safe_load(block.text), "name": "of_a_test/page", "sensitivity": None}
    experiment = {key: value for key, value in experiment.items() if value and key != "claims"}
    folder = copy.folder / "page"
    file = folder / "experiment/of_a_test/page.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(experiment))
    planned = plan("of_a_test/page", config_dirs=[folder])
    os.unlink(file)
    return "" if planned.curves else "no curve is planned"
