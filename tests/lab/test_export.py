"""What leaves the lab is what it shows: command lines, and experiments within conf/experiment."""

from __future__ import annotations

import shlex
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import yaml

from lab import export
from lab.plan import Plan, plan
from lab.runs import digest
from lab.state import State
from sim.command import request
from sim.config.compose import compose
from sim.config.errors import ConfigError
from sim.experiment.plan import load_experiment
from sim.experiment.plan import plan as planned

CURVES = (
    ("kernel=linux_stock", "kernel.fix.dentry_lock=true"),
    ("kernel=linux_stock", "cores=[1,2]"),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "own").mkdir()
    return tmp_path / "own"


def shown(folder: Path, curves: tuple[tuple[str, ...], ...] = CURVES, level: str = "full") -> Plan:
    return replace(composed(curves, level), folders=(folder,))


@cache
def composed(curves: tuple[tuple[str, ...], ...], level: str) -> Plan:
    """The plan of some curves; a folder of the user's own that is empty changes nothing in it."""
    return plan(State(curves, level=level, measure="throughput"), [])


def test_commands_run_what_is_shown(folder: Path) -> None:
    made = shown(folder)
    *runs, explained = export.commands(made).splitlines()
    for line, curve in zip(runs, made.curves, strict=True):
        program, verb, *words = shlex.split(line)
        assert (program, verb) == ("corescale", "run")
        asked = request.read("run", words)
        config = compose(asked.overrides, asked.config_dirs)
        assert digest(config) == digest(curve.configs["full"])
        assert tuple(config.core_counts) == curve.cores
        assert asked.config_dirs == [folder]
    words = shlex.split(explained)
    assert words[:2] == ["corescale", "explain"]
    assert "cores=[48]" in words and "run=full" in words


def test_a_saved_experiment_plans_the_curves_that_are_shown(folder: Path) -> None:
    made = shown(folder)
    name, path = export.save(made, "mine")
    assert name == "lab/mine"
    assert path == folder / "experiment/lab/mine.yaml"
    assert path.read_text().startswith("# Saved by `corescale lab`.\n")
    curves = planned(name, [], [folder]).curves
    for curve, mine in zip(made.curves, curves, strict=True):
        assert digest(mine.config) == digest(curve.configs["full"])
        assert tuple(mine.config.core_counts) == curve.cores
    saved = load_experiment(name, [folder])
    assert saved.on_request
    assert saved.measures[0].column == "throughput"


def test_curves_of_the_same_cores_share_an_axis(folder: Path) -> None:
    made = shown(folder, (("cores=[1,2]",), ("kernel=linux_stock", "cores=[1,2]")), "quick")
    _, path = export.save(made, "mine")
    content = yaml.safe_load(path.read_text())
    assert content["axes"] == {"cores": [1, 2]}
    assert [curve["overrides"] for curve in content["curves"]] == [[], ["kernel=linux_stock"]]
    assert "overrides" not in content


NO_NAMES = (
    "", "/", "../x", "..", "lab/../../x", "lab/..", "/etc/x", "a/b/c", "lab/.x", "x\0", "a b",
    "lab/x\n", "~/x", "ä", "x" * 101,
)  # fmt: skip


def test_a_name_that_no_experiment_can_have_is_refused(folder: Path) -> None:
    made = shown(folder)
    for name in NO_NAMES:
        with pytest.raises(ConfigError, match="no name of an experiment"):
            export.save(made, name)
    assert list(folder.rglob("*")) == []


def test_nothing_is_replaced_unless_that_is_said(folder: Path) -> None:
    _, path = export.save(shown(folder), "mine")
    before = path.read_text()
    other = shown(folder, (("kernel=linux_stock",),))
    with pytest.raises(ConfigError, match=r"is there already\n  save again to replace it"):
        export.save(other, "mine")
    assert path.read_text() == before
    export.save(other, "mine", replace=True)
    assert len(load_experiment("lab/mine", [folder]).curves) == 1


def test_what_is_not_the_labs_is_never_replaced(folder: Path) -> None:
    with pytest.raises(ConfigError, match="not the lab's"):
        export.save(shown(folder), "osdi10/fig04_exim", replace=True)
    assert list(folder.rglob("*.yaml")) == []
    own = folder / "experiment/lab/own.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("name: lab/own\n")
    with pytest.raises(ConfigError, match="not the lab's"):
        export.save(shown(folder), "own", replace=True)
    assert own.read_text() == "name: lab/own\n"


def test_a_file_that_cannot_be_planned_does_not_stay(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, path = export.save(shown(folder), "mine")
    before = path.read_text()

    def refuse(*_: object) -> None:
        raise ConfigError("no plan")

    monkeypatch.setattr(export, "planned", refuse)
    with pytest.raises(ConfigError, match="no plan"):
        export.save(shown(folder), "mine", replace=True)
    assert path.read_text() == before
    with pytest.raises(ConfigError, match="no plan"):
        export.save(shown(folder), "new")
    assert not (path.parent / "new.yaml").exists()
    assert [file.name for file in path.parent.iterdir()] == ["mine.yaml"]


def test_a_folder_that_cannot_be_written_is_said(folder: Path) -> None:
    (folder / "experiment").write_text("a file")
    with pytest.raises(ConfigError):
        export.save(shown(folder), "mine")


def test_snakemake_is_told_where_the_experiment_is(folder: Path) -> None:
    words = shlex.split(export.how_to_run("lab/mine", [folder]))
    assert words[:3] == ["snakemake", "--cores", "all"]
    assert 'experiments=["lab/mine"]' in words
    assert f'config_dirs=["{folder}"]' in words
    assert words[-1] == "name=mine"
