"""`plot`: any column against any setting, every run in the figure, without an experiment's file."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from analysis.__main__ import main as analyse
from analysis.draw import sweep as drawn
from analysis.read import sweep
from sim.__main__ import main

HOPS, MEMORY = "hardware.coherence.hop_cycles", "hardware.memory.hop_cycles"
COUNTER = ["workload=micro/counter", "run=smoke", "run.replications=2"]


@pytest.fixture(scope="module")
def swept(tmp_path_factory) -> Path:
    """Results of two keys with one end, swept together."""
    path = tmp_path_factory.mktemp("sweep") / "x.parquet"
    words = [f"{HOPS}=20,60", f"{MEMORY}=30,90", "cores=[1,8]", f"out={path}"]
    assert main(["run", "-m", *COUNTER, *words]) == 0
    return path


@pytest.fixture(scope="module")
def axes(tmp_path_factory) -> Path:
    """Results of one curve of an experiment with two axes beside cores."""
    folder = tmp_path_factory.mktemp("axes")
    file = folder / "conf/experiment/mine/axes.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(
        "name: mine/axes\ntitle: Axes\nbase: [workload=micro/counter, run=smoke]\n"
        f"axes: {{cores: [1, 8], {HOPS}: [60, 127], hardware: [opteron_8x6, opteron_16x6]}}\n"
        "curves:\n  - {id: shared, label: Shared}\n"
        "  - {id: sloppy, label: Sloppy, overrides: [workload.counter=sloppy]}\n"
        "measures:\n  - {id: rate, column: throughput_per_core, label: Rate (updates/s/core)}\n"
    )
    words = ["experiment=mine/axes", "--config-dir", str(folder / "conf"), f"out={folder}/out"]
    assert main(["run", *words]) == 0
    return folder


def test_swept_values_are_columns_whose_names_do_not_clash(swept: Path) -> None:
    points = pl.read_parquet(swept)
    found = set(points.select(HOPS, MEMORY).unique().iter_rows())
    assert found == {(20, 30), (20, 90), (60, 30), (60, 90)}
    assert all(",memory.hop_cycles=" in curve for curve in points["curve"])
    configs = json.loads(swept.with_name("x.config.json").read_text())["runs"]
    assert len(configs) == 4


def test_every_point_is_drawn_whatever_is_named(swept: Path) -> None:
    points = sweep.read([swept], "throughput_per_core")
    assert len(points) == 8
    assert sweep.varying(points) == ["cores", HOPS, MEMORY]
    for x, by, panels in (("cores", [], []), (HOPS, [MEMORY], []), (MEMORY, [], ["cores"])):
        plan = drawn.layout(points, "throughput_per_core", x, by, panels)
        shown, _ = drawn.lines_of(points, plan)
        assert sum(len(line.points) for lines in shown.values() for line in lines) == 8
        assert all(
            len(set(line.places)) == len(line.places) for lines in shown.values() for line in lines
        )


def test_points_of_all_axes_are_drawn_and_not_the_base_alone(axes: Path) -> None:
    files = sorted((axes / "out").glob("s*y.parquet")) + [axes / "out/shared.parquet"]
    assert [file.stem for file in files] == ["sloppy", "shared"]
    points = sweep.read(files, "throughput_per_core")
    assert len(points) == 16
    assert set(sweep.varying(points)) == {"hardware", "cores", "workload.counter", HOPS}
    table = pl.read_parquet(files[0])
    assert set(table[HOPS]) == {60, 127} and set(table["hardware"]) == {
        "opteron_8x6",
        "opteron_16x6",
    }


def test_the_figures_of_an_experiment_with_axes_show_every_combination(
    axes: Path, tmp_path: Path
) -> None:
    files = [str(axes / f"out/{curve}.parquet") for curve in ("shared", "sloppy")]
    line = ["--experiment", "mine/axes", "--config-dir", str(axes / "conf")]
    assert analyse(["figures", *line, "--out", str(tmp_path), *files]) == 0
    text = (tmp_path / "rate_axes.svg").read_text()
    for said in ("shared", "sloppy", "opteron_16x6, hop_cycles=60", "Rate (updates/s/core)"):
        assert said in text


def test_axes_have_units_and_a_choice_stands_by_its_name(axes: Path) -> None:
    points = sweep.read([axes / "out/shared.parquet"], "latency_mean_cycles")
    plan = drawn.layout(points, "latency_mean_cycles", HOPS, [], [])
    assert drawn.axis_labels(points, plan) == (f"{HOPS} (cycles)", "latency mean (cycles)")
    per_core = drawn.layout(points, "throughput_per_core", "hardware", ["cores"], [])
    assert drawn.axis_labels(points, per_core)[1] == "throughput per core (updates/s/core)"
    shown, ticks = drawn.lines_of(points, per_core)
    assert set(ticks) == {"opteron_16x6", "opteron_8x6"}
    assert {line.label for line in shown[""]} == {
        f"cores={n}, hop_cycles={hops}" for n in (1, 8) for hops in (60, 127)
    }


def test_figures_and_a_page_are_written_and_what_was_not_named_is_said(
    swept: Path, tmp_path: Path, capsys
) -> None:
    for kind in ("png", "svg", "html"):
        target = tmp_path / f"x.{kind}"
        line = ["plot", str(swept), "--by", HOPS, "-o", str(target)]
        assert analyse(line) == 0
        out, said = capsys.readouterr()
        assert out == f"{target}\n" and MEMORY in said
        assert target.stat().st_size > 1000
    text = (tmp_path / "x.svg").read_text()
    assert "cores" in text and "throughput per core (updates/s/core)" in text
    page = (tmp_path / "x.html").read_text()
    assert page.count('"series"') > 8 and "vegaEmbed(" in page and "<svg" in page


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--x", "hopcycles"], ["--x hopcycles: no setting", "did you mean hop_cycles?", HOPS]),
        (["--by", "hop_cycles"], ["several settings end with 'hop_cycles'", MEMORY]),
        (["--y", "throughputt"], ["--y throughputt", "did you mean throughput?"]),
        (["-o", "x.jpg"], ["-o x.jpg: not the name of a figure", "NAME.png"]),
        (["-o", "/dev/null/x.png"], ["-o /dev/null/x.png"]),
    ],
)
def test_what_cannot_be_drawn_gets_one_message(swept: Path, words, said, capsys) -> None:
    assert analyse(["plot", str(swept), *words]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert all(part in printed.err for part in said), printed.err
