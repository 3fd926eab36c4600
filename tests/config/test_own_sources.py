"""A number that a file changes has that file's source, not the one of the file it builds on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from sim.__main__ import main
from sim.config.compose import compose
from sim.config.errors import ConfigError
from sim.config.files import choices, unchanging
from sim.config.keys import SOURCED

HOLD = "objects.vfsmount_table.hold_cycles"


def child(folder: Path, of: Any = "linux_pk", **content: Any) -> list[str]:
    """A user's kernel; what chooses it."""
    file = folder / "kernel/child.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(yaml.safe_dump({"defaults": [of], "name": "child"} | content))
    return ["kernel=child", "workload=exim"]


def hold(cycles: int) -> dict[str, Any]:
    """A kernel whose mount table's lock is held so long."""
    return {"vfsmount_table": {"hold_cycles": cycles}}


def test_a_changed_number_without_a_source_says_which_file_changed_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = child(tmp_path, objects=hold(99))
    file = str(tmp_path / "kernel/child.yaml")
    source = compose(chosen, [tmp_path]).kernel.sources[HOLD]
    assert (source.kind, source.where, source.fitted_on) == ("override", file, "")
    assert main(["describe", "--config-dir", str(tmp_path), f"kernel.{HOLD}", *chosen]) == 0
    said = capsys.readouterr().out
    assert f"source   override: {file}" in said and "fitted" not in said


@pytest.mark.parametrize("key", [HOLD, "objects.vfsmount_table", "objects"])
def test_the_childs_own_source_is_that_of_its_number(key: str, tmp_path: Path) -> None:
    own = {"kind": "measured", "where": "on my own machine"}
    chosen = child(tmp_path, objects=hold(99), sources={key: own})
    out = tmp_path / "x.parquet"
    asked = [*chosen, "run=smoke", "cores=[1]", f"out={out}"]
    assert main(["run", "--config-dir", str(tmp_path), *asked]) == 0
    written = json.loads(out.with_suffix(".config.json").read_text())["config"]["kernel"]
    assert written["sources"][HOLD] == own | {"fitted_on": ""}
    assert written["sources"]["objects.file_append.hold_cycles"]["kind"] == "calibrated"


def test_a_number_that_is_not_changed_keeps_its_source(tmp_path: Path) -> None:
    before = compose(["kernel=linux_pk"]).kernel
    chosen = child(tmp_path, objects=hold(before.objects.vfsmount_table.hold_cycles))  # type: ignore[union-attr]
    assert compose(chosen, [tmp_path]).kernel.sources[HOLD] == before.sources[HOLD]


def test_the_last_of_several_files_counts(tmp_path: Path) -> None:
    child(tmp_path, objects=hold(99), sources={HOLD: {"kind": "measured", "where": "by child"}})
    grandchild = tmp_path / "kernel/grandchild.yaml"
    content = {"defaults": ["child", "_self_"], "name": "grandchild", "objects": hold(98)}
    grandchild.write_text(yaml.safe_dump(content))
    source = compose(["kernel=grandchild"], [tmp_path]).kernel.sources[HOLD]
    assert source.where == str(grandchild)


def test_a_wrong_number_is_reported_against_the_file_that_has_it(tmp_path: Path) -> None:
    file = tmp_path / "kernel/child.yaml"
    with pytest.raises(ConfigError) as refusal:
        compose(child(tmp_path, objects=hold(-1)), [tmp_path])
    assert str(refusal.value).startswith(f"{file}: {HOLD}: -1 is out of range")


@unchanging()
def test_no_file_of_the_project_changes_a_number_and_leaves_its_source_to_another() -> None:
    for group in SOURCED:
        for name in choices(group):
            try:
                config = compose([f"{group}={name}"])
            except ConfigError:  # not a part of the default run
                continue
            sources = getattr(config, group).sources
            assert [key for key, source in sources.items() if source.kind == "override"] == []
