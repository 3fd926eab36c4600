"""The state of results is judged by what they contain: any other byte is noticed, no time is."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.__main__ import main as analysis
from analysis.workflow import current
from analysis.workflow import invocation as workflow
from analysis.workflow.state import State
from tests.workflow.tiny import EXIM, LINES, SMOKE
from tests.workflow.warm_snakemake import WarmSnakemake

pytestmark = pytest.mark.slow
DAMAGES = 200
ASKED = {"experiments": [LINES, EXIM], "overrides": ["run=smoke"], "name": "tiny"}


@pytest.fixture(scope="module")
def up_to_date(
    project: Path, finished: subprocess.CompletedProcess[str], warm: WarmSnakemake
) -> Path:
    """Results of the project after a run that has brought them up to date.

    Other modules that share the project may have added results that a report is compared with.
    """
    assert finished.returncode == 0
    again = warm(config=SMOKE)
    assert again.returncode == 0, again.stdout
    return project / "results"


@pytest.fixture
def folder(up_to_date: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the finished run's results, of which a workflow can be asked here."""
    copied = tmp_path / "results/tiny"
    for name in ("tiny", "paper"):  # the report of the one is compared with the other, if it exists
        if (up_to_date / name).is_dir():
            shutil.copytree(up_to_date / name, tmp_path / "results" / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("analysis.read.made_from.LIMITATIONS", tmp_path / "none")  # as in the copy
    yield copied


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> workflow.Workflow:
    """What the finished run was asked for."""
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("asked"))
    try:
        return workflow.checked(ASKED)
    finally:
        os.chdir(before)


def problems(asked: workflow.Workflow) -> list[str]:
    """All that is wrong with the results of a workflow."""
    state = State(asked)
    found = [state.of_curve(name, curve.id) for name, curve in state.curves()]
    found += [state.of_artifacts(name) for name in asked.experiments]
    return [reason for reason in [*found, state.of_report()] if reason]


def results(folder: Path) -> list[Path]:
    """Files that a report shows; what was measured is judged by being there."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not path.name.startswith(".")
        and path.relative_to(folder).parts[0] not in ("logs", "benchmarks")
    ]


@pytest.mark.usefixtures("folder")
def test_a_finished_run_is_current(asked: workflow.Workflow) -> None:
    assert problems(asked) == []


def test_every_damage_is_noticed(asked: workflow.Workflow, folder: Path) -> None:
    rng = random.Random(1)
    files = results(folder)
    others = sorted(folder.rglob("*.tsv"))
    for _ in range(DAMAGES):
        path = rng.choice(files)
        content = path.read_bytes()
        kind = rng.choice(["delete", "truncate", "flip", "other"])
        damaged = bytearray(content)
        if kind == "truncate":
            del damaged[rng.choice([0, len(content) // 2, len(content) - 1]) :]
        elif kind == "flip":
            damaged[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        elif kind == "other":
            damaged = bytearray(
                rng.choice([p for p in files if p.suffix == path.suffix]).read_bytes()
            )
        if kind == "delete":
            path.unlink()
        else:
            path.write_bytes(damaged)
        if kind == "delete" or damaged != content:
            assert problems(asked) or _only_words(path, content), f"{kind} {path}"
        path.write_bytes(content)
    for path in others:
        content = path.read_bytes()
        path.write_bytes(b"")
        assert "the time that it took is not recorded" in problems(asked)
        path.write_bytes(content)
    assert problems(asked) == []


def _only_words(path: Path, content: bytes) -> bool:
    """Whether a damaged configuration is one that the next run writes anew by itself."""
    if not path.name.endswith(".config.json"):
        return False
    state = State(workflow.checked(ASKED))
    state.describe_anew()
    return path.read_bytes() == content


def test_times_and_owners_do_not_matter(asked: workflow.Workflow, folder: Path) -> None:
    rng = random.Random(2)
    for path in results(folder):
        when = rng.uniform(0, 2e9)
        os.utime(path, (when, when))
    assert problems(asked) == []


def test_a_file_that_nobody_made_is_noticed(asked: workflow.Workflow, folder: Path) -> None:
    stray = folder / EXIM / "figures/stray.svg"
    stray.write_text("<svg/>")
    assert problems(asked) == ["figures/stray.svg does not belong there"]


def test_results_of_another_request_are_noticed_one_by_one(folder: Path) -> None:
    other = workflow.checked({**ASKED, "overrides": ["run=smoke", "run.seed=8"]})
    assert set(problems(other)) == {
        "simulated with another configuration",
        "made from other results, settings or sources",
    }
    assert folder.is_dir()


def test_results_of_another_engine_are_noticed(
    asked: workflow.Workflow, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analysis.workflow.simulated.engine_hash", lambda: "another")
    assert folder.is_dir()
    assert "simulated by another version of the engine" in problems(asked)


def test_words_alone_are_written_anew_without_a_simulation(
    asked: workflow.Workflow, folder: Path
) -> None:
    place = folder / EXIM / "pk.config.json"
    before = place.read_text()
    place.write_text(before.replace('"where": "', '"where": "read elsewhere: ', 1))
    points = place.with_name("pk.parquet")
    made = points.stat().st_mtime_ns
    # The points are right; the report shows the words, and what writes it writes them anew.
    assert State(asked).of_report() and not State(asked).of_curve(EXIM, "pk")
    State(asked).describe_anew()
    assert place.read_text() == before
    assert problems(asked) == []
    assert points.stat().st_mtime_ns == made


def test_what_killed_processes_left_half_written_is_removed(
    asked: workflow.Workflow, folder: Path
) -> None:
    drafts = [folder / EXIM / ".corescale-abc.tmp", folder / "report/.corescale-d_1.tmp"]
    for draft in drafts:
        draft.write_text("half")
    State(asked).remove_drafts()
    assert not any(draft.exists() for draft in drafts)
    assert problems(asked) == []


def claims(folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What the list of claims says besides, about verdicts that are not current."""
    assert analysis(["claims", str(folder)]) == 0
    counted, *others = capsys.readouterr().err.splitlines()
    assert "claims: " in counted and "hold" in counted
    # Beside the counts stand the error over all unfitted points, and claims of other kinds.
    scoreboard = ("Mean error", "After each", "On throughput", "On contended", "Besides, ")
    return "\n".join(line for line in others if not line.startswith(scoreboard))


def test_the_list_of_claims_names_verdicts_that_are_not_current(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert claims(folder, capsys) == ""

    verdicts = folder / LINES / "claims.json"
    before = verdicts.read_text()
    verdicts.write_text(before.replace('"verdict": "', '"verdict": "not ', 1))
    changed = f"{LINES} (claims.json changed since it was written)"
    assert claims(folder, capsys) == f"not current: {changed}; run snakemake"

    points = folder / EXIM / "pk.parquet"
    whole = points.read_bytes()
    points.write_bytes(whole[:-1])
    damaged = f"{EXIM} (pk.parquet changed since it was written)"
    assert set(claims(folder, capsys)[len("not current: ") :].split("; ")) == {
        changed,
        damaged,
        "run snakemake",
    }
    verdicts.write_text(before)
    points.write_bytes(whole)
    assert claims(folder, capsys) == ""

    monkeypatch.setattr("analysis.read.made_from.code", lambda: "of other sources")
    other = f"{LINES}, {EXIM} (made from other results, settings or sources)"
    assert claims(folder, capsys) == f"not current: {other}; run snakemake"


def test_verdicts_on_results_that_were_simulated_again_are_not_current(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = folder / EXIM / "pk.config.json"
    written = json.loads(place.read_text())
    place.write_text(json.dumps({**written, "config_hash": "of another configuration"}))
    reason = "made from other results, settings or sources"
    assert claims(folder, capsys) == f"not current: {EXIM} ({reason}); run snakemake"


def test_verdicts_of_another_engine_are_not_current(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analysis.workflow.simulated.engine_hash", lambda: "another")
    reason = "simulated by another version of the engine"
    assert claims(folder, capsys) == f"not current: {LINES}, {EXIM} ({reason}); run snakemake"


def test_verdicts_of_an_experiment_that_is_gone_are_not_current(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(folder / LINES, folder / "micro/gone")
    assert claims(folder, capsys) == (
        "not current: micro/gone (no longer an experiment); run snakemake"
    )


def test_where_all_of_many_verdicts_are_not_current_their_number_is_said(tmp_path: Path) -> None:
    names = [f"micro/gone{number}" for number in range(7)]
    assert current.remark(tmp_path, names) == (
        "not current: all 7 experiments (no longer an experiment); run snakemake"
    )
