"""A third paper, with a figure, published numbers and claims, takes no line of Python.

It stands in a folder of the user's own, outside the checkout: `--config-dir` is all it needs.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from analysis.__main__ import main as analysis
from corescale.verbs import program
from sim.__main__ import main as sim
from sim.command.shells import PROGRAM, VARIABLE, Words
from tests.documentation.conftest import ROOT

PAPER = ROOT / "docs/examples/paper"
NAME = "eurosys12/fig01_counters"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The user's folder."""
    return Path(shutil.copytree(PAPER, tmp_path / "own"))


@pytest.fixture
def results(folder: Path, tmp_path: Path) -> Path:
    """Results of the figure, under the folder of a run."""
    out = tmp_path / "results/mine"
    own = ["--config-dir", str(folder)]
    assert sim(["run", *own, f"experiment={NAME}", f"out={out / NAME}"]) == 0
    return out


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What a command prints."""
    assert sim(list(words)) == 0
    return capsys.readouterr().out


def completed(*words: str) -> list[str]:
    """What a shell gets for the last of the words after the command's name."""
    shell = Words(program, {}, PROGRAM, VARIABLE)
    found = shell.get_completions(list(words[:-1]), words[-1])
    return [shell.format_completion(item) for item in found]


def test_it_is_listed_described_and_completed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = ["--config-dir", str(folder)]
    assert re.search("eurosys12 +A made-up third paper", said(capsys, "list", "paper", *own))
    listed = said(capsys, "list", "experiment", *own)
    assert f"{NAME} " in listed and "Counters of a made-up paper" in listed
    described = said(capsys, "describe", "eurosys12", *own)
    assert "https://doi.org/10.1145/0000000.0000000" in described and NAME in described
    assert "estimator    best of three" in described
    assert completed("run", *own, "experiment=euro") == [f"experiment={NAME} "]
    assert completed("run", *own, f"experiment={NAME}", "curve=sl") == ["curve=sloppy "]
    assert "paper " in completed("list", "pa")


def test_it_runs_is_judged_and_gets_a_page(
    folder: Path, results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [str(results / NAME / f"{curve}.parquet") for curve in ("shared", "sloppy")]
    own = ["--config-dir", str(folder)]
    out = ["--experiment", NAME, "--out", str(results / NAME)]
    assert analysis(["artifacts", *own, *out, *files]) == 0
    verdicts = json.loads((results / NAME / "claims.json").read_text())
    assert [row["verdict"] for row in verdicts] == ["reproduced", "reproduced"]
    assert analysis(["report", *own, str(results)]) == 0
    capsys.readouterr()
    assert analysis(["claims", *own, str(results)]) == 0
    assert "not current" not in capsys.readouterr().err
    page = (results / "report/eurosys12-fig01_counters.html").read_text()
    assert "EuroSys&#39;12, Figure 1, section 3.1" in page
    assert "best of three" in page
    assert f"--config-dir {folder}" in page
    claims = (results / "report/claims.html").read_text()
    assert "<h2>EuroSys&#39;12</h2>" in claims and "Section 3.1, Counters" in claims
    assert "2 of 2 predictions hold" in (results / "report/index.html").read_text()


def test_without_its_estimator_the_page_shows_the_mean_alone(folder: Path, results: Path) -> None:
    file = folder / "paper/eurosys12.yaml"
    file.write_text(file.read_text().replace("best_of_three", "mean"))
    files = [str(results / NAME / f"{curve}.parquet") for curve in ("shared", "sloppy")]
    own = ["--config-dir", str(folder)]
    out = ["--experiment", NAME, "--out", str(results / NAME)]
    assert analysis(["artifacts", *own, *out, *files]) == 0
    assert analysis(["report", *own, str(results)]) == 0
    assert "best of three" not in (results / "report/eurosys12-fig01_counters.html").read_text()


@pytest.mark.parametrize(
    ("file", "old", "new", "place", "words"),
    [
        ("paper/eurosys12.yaml", "2012", "12", "paper/eurosys12.yaml: year", "at least 1900"),
        ("paper/eurosys12.yaml", "10.1145", "11.45", "paper/eurosys12.yaml: doi", "allowed"),
        (
            "paper/eurosys12.yaml",
            "estimator",
            "estimtor",
            "paper/eurosys12.yaml: estimtor",
            "unknown",
        ),
        (
            f"experiment/{NAME}.yaml",
            "paper: eurosys12",
            "paper: eurosys21",
            f"experiment/{NAME}.yaml: paper",
            "did you mean eurosys12?",
        ),
        (
            f"experiment/{NAME}.yaml",
            "eurosys12/fig01.csv",
            "eurosys12/fig1.csv",
            f"experiment/{NAME}.yaml: measures[0].reference",
            "did you mean eurosys12/fig01.csv?",
        ),
        (
            "reference/eurosys12/fig01.csv",
            "2200000",
            "fast",
            "reference/eurosys12/fig01.csv, line 5: y",
            "not a number",
        ),
    ],
)
def test_a_mistake_in_the_users_folder_names_the_users_file(
    file: str,
    old: str,
    new: str,
    place: str,
    words: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new))
    assert sim(["run", "--config-dir", str(folder), f"experiment={NAME}"]) != 0
    error = capsys.readouterr().err
    assert f"{folder}/{place}: " in error
    assert words in error
    assert "Traceback" not in error


def test_a_view_draws_a_machine_of_the_users(folder: Path, results: Path) -> None:
    (folder / "hardware").mkdir()
    machine = (ROOT / "conf/hardware/amd_4x4.yaml").read_text().replace("amd_4x4", "mine")
    (folder / "hardware/mine.yaml").write_text(machine)
    file = folder / f"experiment/{NAME}.yaml"
    view = "{kind: topology, id: packages, title: Packages, hardware: mine}"
    file.write_text(f"{file.read_text()}views: [{view}]\n")
    files = [str(results / NAME / f"{curve}.parquet") for curve in ("shared", "sloppy")]
    out = ["--experiment", NAME, "--out", str(results / NAME)]
    assert analysis(["artifacts", "--config-dir", str(folder), *out, *files]) == 0
    assert (results / NAME / "figures/packages.svg").is_file()


def test_two_tables_of_one_name_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "linux_osdi10/fig04_exim.csv"
    (folder / "reference/linux_osdi10").mkdir()
    shutil.copy2(ROOT / "reference" / name, folder / "reference" / name)
    own = ["--config-dir", str(folder)]
    assert sim(["run", *own, "experiment=osdi10/fig04_exim", "run=smoke"]) != 0
    error = capsys.readouterr().err
    assert f"{folder}/reference/{name}: reference/{name} has the same name" in error


def test_nothing_about_a_paper_is_wired_into_the_code() -> None:
    """No module names a paper but in a comment, a docstring or an example."""
    names = [path.stem for path in (ROOT / "conf/paper").glob("*.yaml") if path.stem != "user"]
    assert {"osdi10", "sosp09", "synthesis"} <= set(names)
    code = [ROOT / name for name in ("sim", "analysis", "metrics", "views")]
    for path in [path for folder in code for path in folder.rglob("*.py")]:
        text = path.read_text()
        for name in set(names) - {"machine"}:
            assert f'"{name}"' not in text and f"'{name}'" not in text, path
