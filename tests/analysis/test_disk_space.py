"""Whether results fit on the disk is said before the work, and only where something is written."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from analysis.workflow import disk_space
from analysis.workflow.disk_space import MB, Job, needed, refusal
from analysis.workflow.invocation import Workflow
from sim.experiment.plan import plan_all

EXIM = "osdi10/fig04_exim"
PART = ("runs", {"experiment": EXIM, "curve": "pk"})
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workflow:
    """Exim's figure, of which nothing has run."""
    monkeypatch.chdir(tmp_path)
    return workflow("run=smoke")


def workflow(*overrides: str) -> Workflow:
    (planned,) = plan_all([EXIM], overrides)
    return Workflow("small", (), [EXIM], {EXIM: planned})


def everything(asked: Workflow) -> list[Job]:
    """All jobs of a workflow, as the Snakefile names them."""
    curves: list[Job] = [
        ("runs", {"experiment": EXIM, "curve": curve.id}) for curve in asked.plans[EXIM].curves
    ]
    return [*curves, ("artifacts", {"experiment": EXIM}), ("report", {}), ("all", {})]


def with_free(monkeypatch: pytest.MonkeyPatch, count: int) -> list[Path]:
    """Let a disk have so many bytes left; returns the places that are asked about."""
    asked_about: list[Path] = []

    def usage(place: Path) -> Usage:
        asked_about.append(Path(place))
        return Usage(10**12, 10**12 - count, count)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    return asked_about


def test_too_little_is_one_line_with_the_folder_and_both_numbers(
    asked: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = everything(asked)
    size = needed(asked, jobs)
    places = with_free(monkeypatch, size - 1)
    assert refusal(asked, jobs) == (
        f"error: results/small: about {size / MB:.1f} MB would be written, and "
        f"{(size - 1) / MB:.1f} MB are free there; make room, then run it again"
    )
    assert places == [Path()]  # the nearest that is there
    Path("results").mkdir()
    refusal(asked, jobs)
    assert places[1:] == [Path("results")]
    with_free(monkeypatch, size)
    assert refusal(asked, jobs) == ""


def test_without_a_job_nothing_is_needed(asked: Workflow, monkeypatch: pytest.MonkeyPatch) -> None:
    with_free(monkeypatch, 0)
    assert refusal(asked, []) == ""
    assert refusal(asked, [("all", {})]) == ""


def test_what_was_finished_once_takes_its_own_place(asked: Workflow) -> None:
    all_, one = everything(asked), needed(asked, [PART])
    before = needed(asked, all_)
    place = Path(asked.folder, EXIM)
    place.mkdir(parents=True)
    (place / "pk.parquet").write_bytes(bytes(1000))  # without a configuration: half done
    assert needed(asked, all_) == before - 1000
    (place / "pk.config.json").write_text("{}")
    assert needed(asked, all_) == before - one


def test_more_points_need_more(asked: Workflow) -> None:
    larger = workflow("run=smoke", "run.replications=500")
    assert needed(larger, [PART]) > 2 * needed(asked, [PART])


def test_a_system_that_does_not_tell_what_is_free_is_believed(
    asked: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def usage(place: Path) -> Usage:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(shutil, "disk_usage", usage)
    assert refusal(asked, everything(asked)) == ""


def test_every_rule_that_writes_is_counted() -> None:
    lines = Path(disk_space.__file__).parents[2].joinpath("Snakefile").read_text().splitlines()
    rules = {line.split()[1].rstrip(":") for line in lines if line.startswith("rule ")}
    assert rules - {"all"} == set(disk_space.RULES)
