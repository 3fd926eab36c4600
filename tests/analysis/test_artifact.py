"""The artifact of an experiment as a file: all that the report shows, the same bytes every time."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import synthetic

from analysis.artifact import files as made
from analysis.artifact import parts, stored
from analysis.artifact.record import Analysed, Artifact
from analysis.read import made_from
from analysis.read.tidy import ResultsError
from analysis.report import site
from analysis.report.pages import Run
from views.relative import SCHEMA, RelativeView

NAME = "osdi10/fig04_exim"
ODD = pl.DataFrame(
    {
        "word": ["", None, '"a", \\ \n ünï'],
        "value": [math.inf, -math.inf, None],
        "small": [5e-324, 0.1 + 0.2, -0.0],
        "count": pl.Series([2**63 - 1, None, -1], dtype=pl.Int64),
        "few": pl.Series([1, None, 2**32 - 1], dtype=pl.UInt32),
        "sure": [True, None, False],
        "nothing": [None, None, None],
    }
)


def tables(artifact: Artifact) -> dict[str, pl.DataFrame]:
    """All tables of an artifact."""
    found = {name: getattr(artifact, field) for name, field in stored.TABLES.items()}
    for several in stored.SEVERAL:
        found |= {f"{several} {name}": table for name, table in getattr(artifact, several).items()}
    return found


def kept(artifact: Artifact, folder: Path) -> Artifact:
    """An artifact, written and read."""
    path = folder / parts.FILE
    path.write_text(stored.text(artifact))
    return stored.read(path, artifact.experiment)


def test_what_is_read_is_what_was_written(analysed: Analysed, tmp_path: Path) -> None:
    odd = replace(analysed, views={"odd": ODD, "none": ODD.clear()}, timeline="Once.")
    again = kept(odd, tmp_path)
    assert tables(again).keys() == tables(odd).keys()
    for name, table in tables(odd).items():
        assert tables(again)[name].schema == table.schema, name
        assert tables(again)[name].equals(table, null_equal=True), name
    assert math.copysign(1, again.views["odd"]["small"][2]) == -1
    assert again.verdicts == odd.verdicts and again.curves == odd.curves
    assert again.timeline == "Once." and again.paper == odd.paper


@pytest.mark.parametrize("value", [math.inf, -math.inf, 0.1 + 0.2])
def test_a_claims_value_is_a_number_or_a_name(
    analysed: Analysed, tmp_path: Path, value: float
) -> None:
    number, name, left_out = analysed.verdicts
    again = kept(
        replace(analysed, verdicts=[replace(number, value=value), name, left_out]), tmp_path
    )
    assert [verdict.value for verdict in again.verdicts] == [value, "vfsmount_table", None]


def test_the_same_results_give_the_same_bytes(results: Path, tmp_path: Path) -> None:
    folder = results / "paper" / NAME
    files = [folder / f"{curve}.parquet" for curve in ("stock", "pk")]
    made.write(synthetic.experiment(), files, tmp_path)
    for name in (parts.FILE, "claims.json", "manifest.json"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()
    json.loads((folder / parts.FILE).read_text(), parse_constant=pytest.fail)


def test_accounts_among_the_files_are_no_results_of_another_engine(
    results: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(results / "paper" / NAME, tmp_path / NAME)
    for beside in folder.glob("*.config.json"):
        beside.write_text(json.dumps(json.loads(beside.read_text()) | {"engine": "e"}))
    points = [folder / f"{curve}.parquet" for curve in ("stock", "pk")]
    every = sorted(folder.glob("*.parquet"))
    assert len(every) == 2 * len(points)
    experiment = synthetic.experiment()
    of = made_from.artifacts_of_files
    assert of(experiment, every) == of(experiment, points)


def test_a_column_that_cannot_be_kept_is_refused(analysed: Analysed) -> None:
    table = pl.DataFrame({"a": [[1]]})
    with pytest.raises(ResultsError, match=r"views, mine: column 'a' is of type List\(Int64\)"):
        stored.text(replace(analysed, views={"mine": table}))


@pytest.fixture
def run(results: Path, tmp_path: Path) -> Run:
    """A copy of a run's results."""
    shutil.copytree(results / "paper", tmp_path / "paper")
    return Run(tmp_path / "paper")


def test_the_report_shows_what_was_kept_and_computes_nothing_again(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = site.page_of(run, synthetic.experiment())
    assert not isinstance(page.artifact, Analysed)
    monkeypatch.setattr("analysis.read.tidy.read", lambda *_: pytest.fail("read again"))
    monkeypatch.setattr("analysis.judge.claims.evaluate", lambda *_: pytest.fail("judged again"))
    written = site.write(run, [synthetic.experiment()], run.folder / "none.md")
    assert "collapses between 36 and 48 cores" in (written.parent / page.file).read_text()


@pytest.mark.parametrize("part", parts.PARTS)
def test_a_report_is_not_made_of_what_is_missing(run: Run, part: str) -> None:
    place = run.folder / NAME / part
    shutil.rmtree(place) if place.is_dir() else place.unlink()
    with pytest.raises(ResultsError, match=rf"{part}.* is missing; first run .*artifacts"):
        site.page_of(run, synthetic.experiment())


def test_a_report_is_not_made_of_an_artifact_of_other_results(run: Run) -> None:
    beside = run.folder / NAME / "pk.config.json"
    written = json.loads(beside.read_text()) | {"config_hash": "other"}
    beside.write_text(json.dumps(written))
    with pytest.raises(ResultsError, match="made from other results, settings or sources"):
        site.page_of(run, synthetic.experiment())


DAMAGES = {
    "": "not valid JSON",
    "[]": "damaged",
    "{}": "damaged",
    '{"format": 1, "experiment": "osdi10/fig04_exim"}': "in format 1, and not",
    '{"format": 2, "experiment": "a/b"}': "of a/b in format 2, and not",
}


@pytest.mark.parametrize("text", DAMAGES, ids=list(DAMAGES.values()))
def test_a_file_that_is_no_artifact_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / parts.FILE
    path.write_text(text)
    with pytest.raises(ResultsError, match=rf"{parts.FILE}: .*{DAMAGES[text]}"):
        stored.read(path, synthetic.experiment())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("rows", 1),
        ("columns", {"curve": {"type": "Object", "values": []}}),
        ("columns", {"curve": {"type": "Int64", "values": ["a"]}}),
        ("columns", None),
    ],
)
def test_a_table_that_does_not_fit_is_refused(
    analysed: Analysed, tmp_path: Path, key: str, value: object
) -> None:
    content = json.loads(stored.text(analysed))
    content["tables"]["errors"] |= {"rows": 1, key: value}
    path = tmp_path / parts.FILE
    path.write_text(json.dumps(content))
    with pytest.raises(ResultsError, match="damaged"):
        stored.read(path, analysed.experiment)


def test_a_figure_without_results_says_so(analysed: Analysed, tmp_path: Path) -> None:
    view = RelativeView(
        kind="relative", id="beside", title="Beside", over="pk", cores=48, label="Times PK"
    )
    only = analysed.experiment.model_copy(update={"views": [view], "measures": []})
    none = pl.DataFrame(schema=SCHEMA)
    made.write_figures(replace(analysed, experiment=only, views={"beside": none}), tmp_path)
    assert "nothing to show" in (tmp_path / "beside.svg").read_text()
