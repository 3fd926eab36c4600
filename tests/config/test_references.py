"""Published numbers that an experiment names are checked before any of its curves runs."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
import yaml

from analysis.judge import accuracy
from analysis.read import reference
from sim.config.errors import ConfigError
from sim.experiment import references
from sim.experiment.plan import load_experiment, plan

TABLE = "series,cores,rate,unit\nours,1,500,1/s\nours,8,3.5e3,1/s\n48,1,510,1/s\n48,8,3900,1/s\n"
MEASURE = {
    "id": "rate",
    "column": "throughput",
    "label": "Rate",
    "reference": "my/own.csv",
    "x_column": "cores",
    "y_column": "rate",
    "series": {"one": "48"},
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of published numbers with a user's table."""
    root = tmp_path / "reference"
    shutil.copytree(references.REFERENCE, root)
    (root / "my").mkdir()
    (root / "my/own.csv").write_text(TABLE)
    monkeypatch.setattr(references, "REFERENCE", root)
    return root


def planned(tmp_path: Path, **changes: object) -> None:
    """Plan a user's experiment that names the table."""
    content = {
        "name": "of_a_test/sweep",
        "paper": "user",
        "title": "Mine",
        "base": ["workload=micro/counter", "run=smoke"],
        "axes": {"cores": [1, 8]},
        "curves": [{"id": "one", "case": "c", "label": "One", "group": "g"}],
        "measures": [MEASURE],
    }
    file = tmp_path / "conf/experiment/of_a_test/sweep.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(content | changes))
    plan("of_a_test/sweep", config_dirs=[tmp_path / "conf"])


def test_a_users_table_needs_no_entry_in_the_list_of_accuracies(
    folder: Path, tmp_path: Path
) -> None:
    planned(tmp_path)
    points = reference.series("my/own.csv", "48", ("cores", "rate", "series"), folder)
    assert [(point.x, point.y) for point in points] == [(1, 510), (8, 3900)]
    (folder / "accuracy.csv").write_text("file,how,accuracy,unit\n")
    planned(tmp_path)
    assert accuracy.of_file("my/own.csv", folder) is None


def test_a_table_as_spreadsheets_write_it_is_read(folder: Path, tmp_path: Path) -> None:
    text = "\ufeff" + TABLE.replace("\n", "\r\n") + "\r\n"
    (folder / "my/own.csv").write_text(text, encoding="utf-8", newline="")
    planned(tmp_path)


WRONG = {
    "no table": ("", "not a table that can be read (it is empty)"),
    "a semicolon for a comma": (TABLE.replace(",", ";"), "has no column 'cores'"),
    "a value missing": (TABLE.replace("510", ""), "line 4: rate: '' is not a number"),
    "a decimal comma": (TABLE.replace("510", '"5,1"'), "line 4: rate: '5,1' is not a number"),
    "no number": (TABLE.replace("510", "nan"), "line 4: rate: 'nan' is not a number"),
    "a huge number": (TABLE.replace("510", "1e300"), "line 4: rate: '1e300' is out of range"),
    "nothing to compare with": (TABLE.replace("510", "0.0"), "line 4: rate: no error is relative"),
    "half a core": (TABLE.replace("48,8,", "48,0.5,"), "line 5: cores: '0.5' is not a number of"),
    "a point twice": (TABLE.replace("48,8,", "48,1,"), "line 5: cores: a second value at 1 cores"),
    "a value too few": (TABLE.replace(",1/s\n48,1", "\n48,1"), "line 3: its number of values is 3"),
    "a value too many": (TABLE + "a,1,2,3,4\n", "line 6: its number of values is 5"),
    "a quote left open": (TABLE + '"', "not a table that can be read"),
    "a column twice": (TABLE.replace("unit", "rate", 1), "two columns 'rate'"),
    "no such series": (TABLE.replace("48,", "47,"), "has no series '48'"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_table_is_refused_in_the_plan_with_its_place(
    what: str, folder: Path, tmp_path: Path
) -> None:
    text, said = WRONG[what]
    (folder / "my/own.csv").write_text(text)
    with pytest.raises(ConfigError) as refusal:
        planned(tmp_path)
    first = str(refusal.value).splitlines()[0]
    assert first.startswith(
        ("reference/my/own.csv", f"{tmp_path}/conf/experiment/of_a_test/sweep.yaml")
    )
    assert said in first


@pytest.mark.parametrize("name", ["my/onw.csv", "../reference/my/own.csv", "/my/own.csv", "my"])
def test_only_a_file_under_reference_is_a_reference(
    name: str, folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"measures\[0\].reference: no file") as refusal:
        planned(tmp_path, measures=[MEASURE | {"reference": name}])
    assert "did you mean my/own.csv?" in str(refusal.value) or "allowed:" in str(refusal.value)


def test_series_in_another_column_than_the_usual_one_have_to_be_there(
    folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="own.csv has no column 'curve'"):
        planned(tmp_path, measures=[MEASURE | {"series_column": "curve"}])


VIEWS = {
    "ratio": {
        "column": "throughput",
        "cores": 8,
        "over_cores": 1,
        "label": "8 over 1",
        "cases": {"c": "g"},
        "series": {"one": "One"},
    },
    "toggles": {"cases": {"c": "g"}},
    "bottlenecks": {"cores": 8, "over_cores": 1, "cases": {"c": "g"}},
    "fates": {},
    "topology": {"hardware": "opteron_8x6"},
}


@pytest.mark.parametrize("kind", VIEWS)
def test_a_view_is_refused_in_the_plan_if_its_table_lacks_a_column(
    kind: str, folder: Path, tmp_path: Path
) -> None:
    view = {"kind": kind, "id": "v", "title": "V", "reference": "my/own.csv", **VIEWS[kind]}
    switches = ["kernel.fix.dentry_lock"]
    with pytest.raises(ConfigError, match=r"views\[0\].reference: my/own.csv has no column"):
        planned(tmp_path, measures=[], views=[view], toggles=switches)
    with pytest.raises(ConfigError, match=r"views\[0\].reference: no file 'my/two.csv'"):
        planned(tmp_path, measures=[], views=[view | {"reference": "my/two.csv"}], toggles=switches)


def test_a_published_ratio_and_a_published_link_are_numbers(folder: Path, tmp_path: Path) -> None:
    ratio = {"kind": "ratio", "id": "v", "title": "V", "reference": "my/own.csv", **VIEWS["ratio"]}
    (folder / "my/own.csv").write_text("series,x,y\nOne,g,0.5\nOne,h,half\n")
    with pytest.raises(ConfigError, match="own.csv, line 3: y: 'half' is not a number"):
        planned(tmp_path, measures=[], views=[ratio])
    links = ratio | {"kind": "topology"} | VIEWS["topology"]
    links = {key: value for key, value in links.items() if key not in VIEWS["ratio"]}
    (folder / "my/own.csv").write_text("node_a,node_b,kind\n0,1,HT\n0,IO,other\n0,1.5,HT\n")
    with pytest.raises(ConfigError, match="own.csv, line 4: node_b: '1.5' is not a package"):
        planned(tmp_path, measures=[], views=[links])


ONE = "series,x,y\nOne,g,1\n"
FIXES = "id,applications\na,g|h\n"
LIMITS = "application,bottleneck\ng,x\n"


@pytest.mark.parametrize(
    ("kind", "text", "changes", "said"),
    [
        ("ratio", ONE, {"cases": {"c": "G"}}, "no 'G' in column x"),
        ("ratio", ONE, {"series": {"one": "Own"}}, "no 'Own' in column series"),
        ("toggles", FIXES, {"cases": {"c": "g|h"}}, "no 'g|h' in column applications"),
        ("bottlenecks", LIMITS, {"cases": {"c": "i"}}, "no 'i' in column application"),
    ],
)
def test_a_name_in_a_table_that_a_view_joins_by_has_to_be_there(
    kind: str, text: str, changes: dict[str, object], said: str, folder: Path, tmp_path: Path
) -> None:
    view = {"kind": kind, "id": "v", "title": "V", "reference": "my/own.csv", **VIEWS[kind]}
    (folder / "my/own.csv").write_text(text)
    switches = ["kernel.fix.dentry_lock"]
    planned(tmp_path, measures=[], views=[view], toggles=switches)
    with pytest.raises(ConfigError) as refusal:
        planned(tmp_path, measures=[], views=[view | changes], toggles=switches)
    assert f"views[0].reference: my/own.csv: {said}" in str(refusal.value)


CROSSOVER = {
    "kind": "crossover",
    "design": "one",
    "over": "two",
    "key": "hardware.interconnect_scale",
    "key_label": "cost",
}
GROWTH = {"kind": "growth", "over": "one", "order": ["one", "two"]}
ONE_CURVE = {"id": "one", "label": "One"}
TWO = {"id": "two", "label": "Two"}


@pytest.mark.parametrize(
    ("curves", "view", "said"),
    [
        (
            [ONE_CURVE, TWO],
            {"over": "tow"},
            "views[0].over: no curve of a design 'tow'\n  did you mean two?",
        ),
        (
            [ONE_CURVE, TWO],
            CROSSOVER | {"design": "One"},
            "views[0].design: no curve of a design 'One'",
        ),
        ([ONE_CURVE, TWO], GROWTH | {"order": ["one", "tow"]}, "views[0].order: no design 'two'"),
        ([ONE_CURVE | {"design": "two"}, TWO], GROWTH, "curve two: label 'Two', but 'One' of"),
        (
            [ONE_CURVE | {"design": "x"}, {"id": "two", "label": "One", "design": "x"}],
            {"over": "x"},
            "curve two: case '' and design 'x' are those of curve 'one'",
        ),
        (
            [ONE_CURVE | {"group": "g"}, TWO | {"group": "h"}],
            {},
            "curve two: group 'h', but 'g' of another curve of the same case ''",
        ),
        (
            [ONE_CURVE | {"case": "c"}],
            {"kind": "toggles", "cases": {"d": "g"}, "reference": "my/own.csv"},
            "views[0].cases: no curve of a case 'd'\n  allowed: c",
        ),
        ([ONE_CURVE], {"kind": "toggles", "cases": {"d": "g"}}, "cases has no effect without refe"),
        (
            [ONE_CURVE],
            {"kind": "toggles", "reference": "my/own.csv"},
            "reference has no effect without cases",
        ),
    ],
)
def test_keys_by_which_views_join_curves_are_checked(
    curves: list[dict[str, str]],
    view: dict[str, object],
    said: str,
    folder: Path,
    tmp_path: Path,
) -> None:
    relative = {"kind": "relative", "over": "one", "cores": 8, "label": "times"}
    asked = view if "kind" in view else relative | view
    with pytest.raises(ConfigError) as refusal:
        planned(
            tmp_path,
            measures=[],
            curves=curves,
            views=[{"id": "v", "title": "V"} | asked],
        )
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,how,accuracy,unit\na.csv,by eye,about 3,cycles\n", "accuracy: 'about 3' is not a"),
        ("file,how,accuracy\na.csv,by eye,3\n", "has no column 'unit'"),
        ("file,how,accuracy,unit\na.csv,by eye,read at night,3,cycles\n", "line 2: its number of"),
        (None, "no such file"),
    ],
)
def test_a_damaged_list_of_accuracies_is_refused_in_the_plan(
    text: str | None, said: str, folder: Path, tmp_path: Path
) -> None:
    (folder / "accuracy.csv").unlink()
    if text is not None:
        (folder / "accuracy.csv").write_text(text)
    with pytest.raises(ConfigError, match="reference/accuracy.csv") as refusal:
        planned(tmp_path)
    assert said in str(refusal.value)


def test_no_table_passes_the_plan_and_fails_in_the_analysis(folder: Path, tmp_path: Path) -> None:
    rng = random.Random(14)
    planned(tmp_path)
    experiment = load_experiment("of_a_test/sweep", [tmp_path / "conf"])
    columns = experiment.measures[0].reference_columns
    taken = 0
    for _ in range(300):
        text = list(TABLE)
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(text))
            text[at : at + rng.randint(0, 2)] = rng.choice(["", ",", "\n", '"', "x", "4", " ", "-"])
        (folder / "my/own.csv").write_text("".join(text))
        try:
            references.require(experiment, str)
        except ConfigError:
            continue
        taken += 1
        assert reference.series("my/own.csv", "48", columns, folder)
    assert 50 < taken < 250
