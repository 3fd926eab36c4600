"""Kernels of one's own join published figures, and disturb nothing of what is there."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from analysis.draw import style
from analysis.workflow.invocation import checked
from sim.command.request import read
from sim.config.errors import ConfigError
from sim.experiment.plan import load_experiment, plan, plan_curve

OPENING, EXIM, SUMMARY = "micro/open_close", "osdi10/fig04_exim", "osdi10/fig03_summary"
MINE = "linux_mine"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a kernel of one's own."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "kernel").mkdir()
    content = {
        "defaults": ["linux_pk", "_self_"],
        "name": MINE,
        "objects": {"directory": {"sharing": "owned"}},
    }
    (folder / "kernel" / f"{MINE}.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    return folder


@pytest.mark.parametrize("name", [OPENING, EXIM, "osdi10/fig07_postgres_ro"])
def test_what_was_there_stays_as_it_was(own: Path, name: str) -> None:
    before, after = load_experiment(name), load_experiment(name, [own], [MINE])
    assert after.joined
    assert [c for c in after.curves if c.id not in after.joined] == before.curves
    for part in ("claims", "measures", "what_if", "sensitivity", "axes", "toggles"):
        assert getattr(after, part) == getattr(before, part)
    colours = style.colours_of(after)
    assert {c.id: colours[c.id] for c in before.curves} == style.colours_of(before)
    assert not {colours[c] for c in after.joined} & {colours[c.id] for c in before.curves}


def test_a_curve_runs_as_those_beside_it_on_its_own_kernel(own: Path) -> None:
    planned = {c.id: c for c in plan(EXIM, ["run=smoke"], [own], [MINE]).curves}
    mine, pk = planned[MINE].config, planned["pk"].config
    assert mine.kernel.name == MINE
    assert mine.kernel.objects.directory.sharing == "owned"
    assert mine.workload == pk.workload
    assert (mine.hardware, mine.run, mine.core_counts) == (pk.hardware, pk.run, pk.core_counts)
    assert planned["pk"] == plan_curve(EXIM, "pk", ["run=smoke"], [own])


def test_the_command_of_an_added_curve_plans_that_curve(own: Path) -> None:
    for name in (OPENING, "osdi10/fig07_postgres_ro"):
        curves = plan(name, (), [own], [MINE]).curves
        for curve in curves:
            asked = read("run", curve.overrides)
            assert (asked.also == (MINE,)) == (MINE in curve.id)
            again = plan_curve(
                name, asked.selected["curve"], asked.overrides, asked.config_dirs, asked.also
            )
            assert again == curve


def test_each_setting_of_the_workload_has_a_curve_named_by_what_it_alone_has(own: Path) -> None:
    joined = load_experiment("osdi10/fig07_postgres_ro", [own], [MINE])
    labels = [curve.label for curve in joined.curves if curve.id in joined.joined]
    assert labels == [f"{MINE}, modified=false", f"{MINE}, modified=true"]


def test_a_figure_of_reused_results_takes_those_of_the_added_curves(own: Path) -> None:
    summary = load_experiment(SUMMARY, [own], [MINE])
    added = [curve for curve in summary.curves if curve.id in summary.joined]
    assert [c.case for c in added] == list(dict.fromkeys(c.case for c in summary.curves))
    assert {curve.design for curve in added} == {MINE}
    assert f"{EXIM}/{MINE}" in {curve.of for curve in added}


@pytest.mark.parametrize(
    ("name", "kernel", "said"),
    [
        (OPENING, "linux_pkk", "did you mean linux_pk?"),
        (OPENING, "linux_pk", "it is among their kernels"),
        ("micro/memory_scan", MINE, "depend on nothing of a kernel"),
        ("today/brk1", "linux_stock", "cannot run them"),
    ],
)
def test_a_kernel_that_joins_nothing_is_refused(
    own: Path, name: str, kernel: str, said: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        plan(name, (), [own], [kernel])
    assert f"also=[{kernel}]" in str(raised.value)
    assert said in str(raised.value)


def test_kernels_need_an_experiment(own: Path) -> None:
    with pytest.raises(ConfigError, match="add experiment=NAME"):
        _ = read("run", [f"also=[{MINE}]"]).also
    with pytest.raises(ConfigError, match=r"write also=\[NAME,NAME\]"):
        _ = read("run", [f"experiment={EXIM}", "also=[]"]).also


def test_a_refused_kernel_is_told_how_to_join() -> None:
    with pytest.raises(ConfigError, match=r"also=\[linux_pk_messages\]"):
        plan(OPENING, ["kernel=linux_pk_messages"])


def test_a_workflow_runs_them_under_a_name_of_its_own(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = {"experiments": [OPENING], "also": [MINE], "config_dirs": [str(own)]}
    with pytest.raises(ConfigError, match="kernels of your own need a name"):
        checked({**config, "config_dirs": []})
    asked = checked({**config, "name": "mine"})
    assert f"results/mine/{OPENING}/{MINE}.parquet" in asked.points("mine", OPENING)
    assert f"--also={MINE}" in asked.folders
    node = checked({**config, "name": "mine"}, node=True)
    assert node.curve(OPENING, MINE) == asked.curve(OPENING, MINE)
