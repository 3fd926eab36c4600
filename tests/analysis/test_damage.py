"""Damaged results and references are named, whatever the damage: never believed, never a crash."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from analysis.__main__ import main
from analysis.read import reference
from analysis.read.reference import ReferenceError
from analysis.read.tidy import ResultsError, read_account, read_points
from sim.__main__ import main as simulate
from sim.config.errors import ConfigError
from sim.experiment.plan import load_experiment

FIGURE = "linux_osdi10/fig04_exim.csv"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the three files of one run."""
    folder = tmp_path_factory.mktemp("written")
    arguments = ["workload=micro/lock", "run=smoke", "cores=[1,2]", f"out={folder}/x.parquet"]
    assert simulate(["run", *arguments]) == 0
    return folder


def damaged(rng: random.Random, data: bytes) -> bytes:
    """Data that is cut off, or of which a bit, or a stretch, is another."""
    at = rng.randrange(len(data))
    match rng.randrange(4):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
        case 2:
            return data[:at] + rng.randbytes(20) + data[at + 20 :]
        case _:
            return data + rng.randbytes(3)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("name", ["x.parquet", "x.account.parquet"])
def test_damaged_results_are_named(name: str, seed: int, written: Path, tmp_path: Path) -> None:
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    place = tmp_path / name
    place.write_bytes(damaged(random.Random(seed), place.read_bytes()))
    with pytest.raises(ResultsError) as refusal:
        (read_account if "account" in name else read_points)([tmp_path / "x.parquet"])
    assert str(refusal.value).startswith(f"{place}: ")


@pytest.mark.parametrize("seed", range(20))
def test_damaged_results_whose_configuration_is_gone_are_named_or_read(
    seed: int, written: Path, tmp_path: Path
) -> None:
    rng = random.Random(seed)
    data = (written / "x.parquet").read_bytes()
    place = tmp_path / "x.parquet"
    place.write_bytes(data[: rng.randrange(len(data))])
    with pytest.raises(ResultsError) as refusal:
        read_points([place])
    assert str(refusal.value).startswith(f"{place}: ")


def test_a_damaged_configuration_is_named(written: Path, tmp_path: Path, capsys) -> None:
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    place = tmp_path / "x.config.json"
    place.write_text(place.read_text()[:-40])
    with pytest.raises(ResultsError) as refusal:
        read_points([tmp_path / "x.parquet"])
    assert str(refusal.value).startswith(f"{place}: not valid JSON")


def test_whole_results_are_read(written: Path) -> None:
    assert read_points([written / "x.parquet"])["cores"].unique().sort().to_list() == [1, 2]
    assert len(read_account([written / "x.parquet"]))


def test_a_parquet_file_of_something_else_is_named(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "stock.parquet"
    place.write_bytes(b"PAR1 not really")
    arguments = ["--experiment", "osdi10/fig04_exim", "--out", str(tmp_path / "out"), str(place)]
    assert main(["artifacts", *arguments]) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith(f"analysis error: {place}: ")
    assert "Traceback" not in printed.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text[: text.rindex(",cores")], "its number of values is 2"),
        (lambda text: text.replace("641.667", "64l.667"), "is not a number"),
        (lambda text: text.replace("series,x,", "series,z,"), "no column"),
        (lambda text: text.replace("Stock,", "Stick,"), "no series"),
        (lambda text: text.replace("641.667", "nan"), "is not a number"),
        (lambda text: text + '"', "not a table"),
        (lambda text: "", "not a table"),
        (lambda text: None, "no such file"),
    ],
)
def test_a_damaged_reference_is_named(damage, said: str, tmp_path: Path) -> None:
    place = tmp_path / FIGURE
    place.parent.mkdir()
    text = damage((reference.ROOT / FIGURE).read_text())
    if text is not None:
        place.write_text(text)
    with pytest.raises(ReferenceError) as refusal:
        for series in ("Stock", "PK", "PK user time", "PK system time"):
            reference.series(FIGURE, series, root=tmp_path)
    assert str(refusal.value).startswith(str(place))
    assert said in str(refusal.value)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"series,x\n", b""])
def test_a_damaged_reference_is_named_before_anything_is_simulated(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(reference.ROOT, tmp_path / "reference")
    (tmp_path / "reference" / FIGURE).write_bytes(content)
    monkeypatch.setattr("sim.experiment.references.REFERENCE", tmp_path / "reference")
    with pytest.raises(ConfigError, match="fig04_exim.csv"):
        load_experiment("osdi10/fig04_exim")
