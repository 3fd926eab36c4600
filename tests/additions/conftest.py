"""A copy of the project to which a user has added everything that its pages say can be added."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.documentation.blocks import ROOT, Command, blocks, commands
from tests.documentation.conftest import Copy, copied
from tests.documentation.following import done, ran
from tests.warm_python import WarmPython

ADDED = Path(__file__).parent / "added"
HOW_TO = sorted((ROOT / "docs/how-to").glob("add-*.md"))
IMPORTS = {
    "mine": "reference/core_to_core/aws_graviton3.csv --clock-ghz 2.6",
    "box": "tests/machine_import/data/v2.xml --clock-ghz 2.0",
}
"""Machines that a user imports: as README.md does, and from hwloc's XML."""


@pytest.fixture(scope="session")
def followed(tmp_path_factory: pytest.TempPathFactory, python: WarmPython) -> Copy:
    """A copy in which every how-to was followed, with machines, experiments, and a reference."""
    copy = copied(tmp_path_factory.mktemp("followed"), python)
    for page in HOW_TO:
        add(page, copy)
    for name, source in IMPORTS.items():
        line = f"python -m sim machine import {source} -o conf/hardware/{name}.yaml"
        assert not (problem := ran(Command(line, ()), copy)), problem
    shutil.copytree(ADDED, copy.folder, dirs_exist_ok=True)
    return copy


def add(page: Path, copy: Copy) -> None:
    """Add the files and changes of a page, those that its commands write to conf/ included."""
    for block in blocks(page):
        if block.skip is None and ("title" in block.options or block.language == "diff"):
            assert not (problem := done(block, None, copy)), problem
        elif block.skip is None and block.language == "console":
            for command in commands(block):
                if " -o conf/" in command.line:
                    assert not (problem := ran(Command(command.line, ()), copy)), problem
