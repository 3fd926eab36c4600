"""Which published points were fitted stands in one place, and everything else follows from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from calibration.__main__ import main as calibrate
from sim.__main__ import main
from sim.config.compose import compose
from sim.config.errors import ConfigError
from sim.config.files import CONF, load_yaml
from sim.experiment import calibration_record, calibrations
from sim.experiment.plan import experiments, load_experiment
from tests.project_files import of_the_project

EXIM = "linux_osdi10/fig04_exim.csv"
PROJECT = sorted(of_the_project(experiments()))
NAMES = sorted(path.stem for path in (CONF / "calibration").glob("*.yaml"))


def written(folder: Path, **content: Any) -> Path:
    """A user's folder with one calibration."""
    file = folder / "calibration/of_a_test.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump({"name": "of_a_test", "why": "A test."} | content))
    return folder


def points(**changes: Any) -> dict[str, Any]:
    """Points of Exim on PK that somebody used by hand."""
    return {"reference": EXIM, "series": "PK", "cores": [12, 20], "why": "by eye"} | changes


@pytest.mark.parametrize("name", PROJECT)
def test_every_mark_follows_from_points_that_some_calibration_names(name: str) -> None:
    experiment = load_experiment(name)
    fits = calibrations.of_experiment(experiment)
    for measure in experiment.measures:
        for curve, series in measure.series.items():
            named = {
                cores
                for fit in fits
                for _, points in fit.points
                if (points.reference, points.y_column) == (measure.reference, measure.y_column)
                if points.series is None or points.series == series
                for cores in points.cores
            }
            assert set(calibrations.fitted(measure, curve, fits)) == named


def test_the_marks_of_figure_4_are_those_of_its_calibration() -> None:
    experiment = load_experiment("osdi10/fig04_exim")
    fits = calibrations.of_experiment(experiment)
    throughput, user, system = experiment.measures
    assert calibrations.fitted(throughput, "stock", fits) == [24, 40, 48]
    assert calibrations.fitted(throughput, "pk", fits) == [1, 4, 8, 24, 36, 48]
    assert calibrations.fitted(user, "pk", fits) == [1, 4, 48]
    assert calibrations.fitted(system, "pk", fits) == [1, 4, 8, 24, 36, 48]


def test_an_experiment_with_values_of_its_own_has_their_marks_alone() -> None:
    all_points = load_experiment("sosp09/fig06_shootdown_protocols")
    half = load_experiment("sosp09/fig06_predicted")
    (few,), (many,) = (
        {tuple(calibrations.fitted(e.measures[0], c.id, calibrations.of_experiment(e)))}
        for e in (half, all_points)
        for c in e.curves[:1]
    )
    assert few == (2, 4, 6, 8, 10, 12, 14, 16) and many == tuple(range(2, 33))


def test_a_calibration_of_the_users_marks_the_users_figure(tmp_path: Path) -> None:
    written(tmp_path, by_hand=[points()])
    experiment = load_experiment("osdi10/fig04_exim", [tmp_path])
    fits = calibrations.of_experiment(experiment)
    assert {12, 20} <= set(calibrations.fitted(experiment.measures[0], "pk", fits))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"by_hand": [points(cores=[12, 13])]}, ["by_hand[0].cores", "no point at 13", "12, 16"]),
        ({"by_hand": [points(series="PKK")]}, ["by_hand[0].series", "'PKK'", "PK?"]),
        ({"by_hand": [points(reference="no.csv")]}, ["by_hand[0].reference", "no file 'no.csv'"]),
        ({"by_hand": [points(reference=None)]}, ["by_hand[0].reference", "need a reference"]),
        ({"by_hand": [points(sereis="PK")]}, ["by_hand[0].sereis", "unknown key"]),
        ({}, ["needs targets, by_hand or both"]),
        ({"parameters": ["run.seed"], "by_hand": [points()]}, ["give both"]),
    ],
)
def test_points_that_were_never_published_are_refused(
    content: dict[str, Any], said: list[str], tmp_path: Path
) -> None:
    written(tmp_path, **content)
    with pytest.raises(ConfigError) as refusal:
        load_experiment("osdi10/fig04_exim", [tmp_path])
    assert str(refusal.value).startswith(f"{tmp_path}/calibration/of_a_test.yaml: ")
    for words in said:
        assert words in str(refusal.value)


def test_marks_cannot_be_written_into_an_experiment(tmp_path: Path) -> None:
    content = load_yaml(CONF / "experiment/osdi10/fig04_exim.yaml") | {"name": "of_a_test/one"}
    content["measures"] = [content["measures"][0] | {"fitted": {"pk": [1]}}]
    content["claims"], content["views"] = [], []
    file = tmp_path / "experiment/of_a_test/one.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(yaml.safe_dump(content))
    with pytest.raises(ConfigError, match=r"measures\[0\].fitted: .*conf/calibration/NAME.yaml"):
        load_experiment("of_a_test/one", [tmp_path])
    del content["measures"][0]["fitted"]
    file.write_text(yaml.safe_dump(content | {"calibration": "exm"}))
    with pytest.raises(ConfigError, match="one.yaml: calibration: no calibration called 'exm'"):
        load_experiment("of_a_test/one", [tmp_path])


def test_a_source_that_names_no_calibration_is_refused(tmp_path: Path) -> None:
    text = (CONF / "workload/exim.yaml").read_text()
    text = text.replace("fitted_on: mosbench", "fitted_on: mosbnech")
    file = tmp_path / "workload/of_a_test.yaml"
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"calibration called 'mosbnech'\n.*mosbench\?"):
        compose(["workload=of_a_test"], [tmp_path])


def test_every_calibrated_number_of_the_project_names_its_calibration() -> None:
    for file in sorted(CONF.rglob("*.yaml")):
        for key, source in (load_yaml(file).get("sources") or {}).items():
            name = source.get("fitted_on")
            if name is not None and not file.stem.startswith("mine"):
                assert name in NAMES, f"{file}: {key}: {name}"


@pytest.mark.parametrize("name", NAMES)
def test_what_a_script_fits_is_calibrated_and_names_it(name: str) -> None:
    fit = calibrations.load(name)
    if not fit.targets or not fit.adopted:
        return
    configs = [compose(target.overrides) for target in fit.targets]
    for parameter in fit.parameters:
        key = parameter.key
        group, _, inner = key.partition(".")
        config = next(c for c in configs if parameter.workload in (None, c.workload.name))
        sources = getattr(config, group).sources
        parts = inner.split(".")
        found = [".".join(parts[:n]) for n in range(len(parts), 0, -1)]
        source = next(sources[one] for one in found if one in sources)
        assert (source.kind, source.fitted_on) == ("calibrated", name), key


def test_a_key_is_described_with_the_points_that_it_was_fitted_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["describe", "workload.page_faults", "workload=exim"]) == 0
    said = capsys.readouterr().out
    assert "source   calibrated: python -m calibration mosbench" in said
    record = calibration_record.read("mosbench")
    assert record is not None
    estimate = record.estimate("workload.page_faults", "exim")
    assert estimate is not None and estimate.low < compose(["workload=exim"]).workload.page_faults
    assert f"fitted   mosbench: {estimate.low:g} to {estimate.high:g} with 95 %\n" in said
    assert f"fitted   mosbench: {EXIM} PK at " in said


def test_a_number_without_a_record_is_described_with_all_points_of_its_calibration(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["describe", "workload.parallel_cycles", "workload=nas/ft"]) == 0
    said = capsys.readouterr().out
    assert "fitted   nas_ft: multikernel_sosp09/fig09b_ft.csv Linux at 1, 4, 8, 16 cores" in said


@pytest.mark.parametrize("number", ["0", "-3", "1000001", "1.5", "", "many", "1e3"])
def test_a_number_of_simulations_that_cannot_be_is_one_line(number: str, capsys: Any) -> None:
    assert calibrate(["mosbench", f"--evaluations={number}"]) == 2
    said = f"--evaluations: '{number}' is no whole number from 1 to 1,000,000\n"
    assert capsys.readouterr() == ("", said)
