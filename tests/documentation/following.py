"""Doing what a page says, block by block, in a copy of the project."""

from __future__ import annotations

import os
from pathlib import Path

import yaml

from sim.experiment.plan import plan
from tests.documentation.blocks import ROOT, Block, Command, blocks, commands, missing
from tests.documentation.conftest import Copy


def follow(page: Path, copy: Copy) -> None:
    """Do what a page says, block by block."""
    found = blocks(page)
    for block, after in zip(found, [*found[1:], None], strict=True):
        if block.skip is None and block.language != "text":
            problem = done(block, after, copy)
            assert not problem, f"{page.name}:{block.line}: {problem}"


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
