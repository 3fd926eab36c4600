"""What the tests take for the project's own files is what git tracks."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from sim.config.files import choices
from tests import project_files as module
from tests.project_files import COMMAND, LIST, in_folder, of_the_project, tracked


def test_the_list_for_checkouts_without_git_says_what_git_says() -> None:
    known = tracked()
    if known is None:
        pytest.skip("needs git and a git checkout to compare the list with")
    assert LIST.read_text().splitlines() == known, f"not in step; write it: {COMMAND}"


def test_all_that_is_listed_is_there() -> None:
    root = LIST.parents[1]
    assert [name for name in LIST.read_text().splitlines() if not (root / name).is_file()] == []


@pytest.mark.parametrize("git", [True, False])
def test_what_a_user_adds_is_not_the_projects(
    git: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if git and shutil.which("git") is None:
        pytest.skip("no git on PATH")
    (tmp_path / "conf/run").mkdir(parents=True)
    (tmp_path / "tests").mkdir()
    ours, theirs = (tmp_path / f"conf/run/{name}.yaml" for name in ("quick", "mine"))
    ours.write_text("name: quick\n")
    listed = tmp_path / "tests/project_files.txt"
    listed.write_text("" if git else "conf/run/quick.yaml\nconf/run/gone.yaml\n")
    if git:
        subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
        subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    theirs.write_text("name: mine\n")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "LIST", listed)
    module.project_files.cache_clear()
    try:
        assert in_folder("conf", ".yaml") == [ours]
        assert of_the_project({"quick": ours, "mine": theirs}) == ["quick"]
    finally:
        module.project_files.cache_clear()


def test_every_group_has_choices_of_the_project() -> None:
    for group in ("hardware", "kernel", "kernel/fix", "workload", "run", "experiment"):
        assert of_the_project(choices(group))
