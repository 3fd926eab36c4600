"""`explain`: shares as the account has them, gains as separate runs have them, in order."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from analysis.read import tidy, toggles, what_if
from sim.__main__ import main
from sim.command.explain import (
    Answer,
    Question,
    around,
    asked,
    compared,
    free_variant,
    gain_of,
    switch_variants,
)
from sim.command.explain import show as show_answers
from sim.command.output import Result
from sim.command.path import Walk, steps
from sim.command.request import read
from sim.config.overrides import Assignment, parse
from sim.experiment.variation import BASE
from sim.statistics import Interval

COUNTER = ["workload=micro/counter", "run=smoke", "cores=[8]"]
EXIM = ["kernel=linux_stock", "run=smoke", "cores=[8]"]


def tables(text: str) -> list[list[dict[str, str]]]:
    """Parse what is printed into a pipe: each table as rows by heading."""
    found: list[list[dict[str, str]]] = []
    for part in text.split("# ")[1:]:
        _, *lines = part.splitlines()
        if not lines:  # a sentence below the tables
            continue
        headings, *rows = lines
        names = headings.split("\t")
        found.append([dict(zip(names, row.split("\t"), strict=True)) for row in rows])
    return found


def percent(text: str) -> float:
    return float(text.removesuffix("%"))


def below(text: str) -> float:
    """How far the lower end of an interval is from its value: `+-2.0%` or `-1.9% +2.1%`."""
    return percent(text.removeprefix("+").split()[0].removeprefix("-"))


def explained(capsys, *arguments: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    assert main(["explain", *arguments]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    causes, *gains = tables(printed.out)
    return causes, [row for table in gains for row in table if row["gain"][:1] != "<"]


def test_the_last_core_count_is_explained_in_words(capsys) -> None:
    assert main(["explain", *COUNTER[:2], "cores=[12,8]"]) == 0
    text, said = capsys.readouterr()
    assert said == "cores=[12, 8]: 8, the last, is taken; not 12\n"
    assert text.startswith("# micro/counter on linux_pk, opteron_8x6; run=smoke: ")
    assert "updates/s per core at 8 cores" in text.splitlines()[0]
    causes, *_ = tables(text)
    words = {row["where they go"] for row in causes}
    assert words == {"counter: cache lines that move", "think: work"}
    assert sum(percent(row["cycles"]) for row in causes) == pytest.approx(100, abs=0.2)


def test_a_lock_is_called_by_its_kind(capsys) -> None:
    causes, _ = explained(capsys, "workload=micro/lock", "run=smoke", "cores=[8]")
    assert any(row["where they go"].endswith("waiting for its ticket lock") for row in causes)


def test_objects_and_fixes_are_ranked_by_what_they_gain_at_least(capsys) -> None:
    _, gains = explained(capsys, *EXIM)
    kernels = [row for row in gains if row["change"] != "free=exim"]  # stands apart
    least = [percent(row["gain"]) - below(row["95 %"]) for row in kernels]
    assert all(after <= before + 0.11 for before, after in pairwise(least))  # two are rounded
    changes = {row["change"] for row in gains}
    assert {"free=vfsmount_table", "kernel.fix.vfsmount_table=true"} <= changes
    assert {"kernel.locks.spin=mcs", "kernel.locks.mutex=queued"} <= changes
    assert "kernel.fix.net_device_false_sharing=true" not in changes  # Exim sends no packet
    for row in gains:
        assert (row["cycles"] == "") == row["change"].startswith("kernel.")
    shares = [percent(row["cycles"]) for row in gains if row["cycles"]]
    assert sum(shares) <= 100.05 + 0.05 * len(shares)


def test_the_gain_is_that_of_the_same_runs_made_by_hand(tmp_path: Path, capsys) -> None:
    _, gains = explained(capsys, *EXIM, "top=1")
    freed = next(row for row in gains if row["cycles"])
    means = []
    for extra in ([], [freed["change"].replace("=", "=[") + "]"]):
        out = tmp_path / f"{len(means)}.parquet"
        assert main(["run", *EXIM, *extra, f"out={out}"]) == 0
        means.append(float(pl.read_parquet(out)["throughput"].mean()))
    assert percent(freed["gain"]) == pytest.approx(100 * (means[1] / means[0] - 1), abs=0.051)


def test_every_change_has_all_seeds_of_the_plain_run(tmp_path: Path) -> None:
    # Without its critical section the run would be precise after three replications.
    out = tmp_path / "x.parquet"
    noisy = ["workload=micro/lock", "cores=[8]", "run.operations=3", "run.minimum_operations=10"]
    assert main(["explain", *noisy, "workload.think=exponential", f"out={out}"]) == 0
    seeds = pl.read_parquet(out).group_by("variant").agg(pl.col("seed").n_unique())
    plain = seeds.filter(pl.col("variant") == "base")["seed"].item()
    assert plain > 3
    assert seeds["seed"].min() == plain


def test_top_frees_the_objects_with_the_most_cycles_only(capsys) -> None:
    _, every = explained(capsys, *EXIM)
    _, some = explained(capsys, *EXIM, "top=2")
    freed = {row["change"]: percent(row["cycles"]) for row in every if row["cycles"]}
    kept = {row["change"] for row in some if row["cycles"]}
    assert len(kept) == 2
    least = min(freed[name] for name in kept)
    assert all(share <= least for name, share in freed.items() if name not in kept)
    fixes = {row["change"] for row in every if not row["cycles"]}
    assert {row["change"] for row in some if not row["cycles"]} == fixes


def test_what_is_free_already_is_not_freed_again(capsys) -> None:
    _, gains = explained(capsys, *COUNTER, "free=[counter]")
    assert len(gains) == 1
    assert gains[0]["change"].startswith("free=think")


def test_a_change_that_leaves_no_time_says_why_and_the_others_are_answered(capsys) -> None:
    _, gains = explained(capsys, *COUNTER, "workload.think_cycles=0")
    without = next(row for row in gains if "free=counter" in row["change"])
    assert without["gain"] == ""
    assert "cannot be run" in without["change"]


def test_a_multikernel_is_explained_and_has_no_fixes(capsys) -> None:
    run = ["workload=micro/unmap", "kernel=barrelfish", "hardware=amd_8x4", "run=smoke"]
    causes, gains = explained(capsys, *run, "cores=[8]")
    assert causes[0]["where they go"] == "monitor: waiting for messages"
    assert all(row["change"].startswith("free=") for row in gains)


def test_a_file_of_the_users_own_is_explained(tmp_path: Path, capsys) -> None:
    mine = tmp_path / "workload" / "of_a_test.yaml"
    mine.parent.mkdir()
    mine.write_text(
        "defaults: [micro/counter@_here_]\nname: of_a_test\nthink_cycles: 777\n"
        "sources: {think_cycles: {kind: assumed, where: chosen}}\n"
    )
    own = ["--config-dir", str(tmp_path), "workload=of_a_test", "run=smoke", "cores=[4]"]
    assert main(["explain", *own]) == 0
    assert capsys.readouterr().out.startswith("# of_a_test on linux_pk")


def test_a_curve_of_an_experiment_is_explained(capsys) -> None:
    curve = ["experiment=osdi10/fig04_exim", "curve=stock", "run=smoke", "cores=[4]", "top=1"]
    _, gains = explained(capsys, *curve)
    assert any(row["change"].startswith("kernel.") for row in gains)


def test_variants_are_written_as_run_writes_them(tmp_path: Path, capsys) -> None:
    out = tmp_path / "x.parquet"
    assert main(["explain", *EXIM, "top=2", f"out={out}"]) == 0
    assert capsys.readouterr().out == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "x.account.parquet",
        "x.config.json",
        "x.parquet",
    ]
    points = pl.read_parquet(out)
    described = json.loads((tmp_path / "x.config.json").read_text())
    named = [variant["id"] for variant in described["variants"]]
    assert set(points["variant"]) == {"base", *named}
    assert sum(name.startswith("free=") for name in named) == 2
    assert set(points["cores"]) == {8}
    assert points.filter(pl.col("variant") != "base")["curve"][0].startswith("exim-linux_stock ~ ")
    seeds = points.group_by("variant").agg(pl.col("seed").sort())["seed"].to_list()
    assert all(item == seeds[0] for item in seeds)


@pytest.mark.parametrize(
    ("gain", "shown"),
    [
        (Interval(0.048, 0.047, 0.049), "+-0.1%"),
        (Interval(2.17, 2.08, 2.27), "-9.0% +10.0%"),
        (Interval(0.0, 0.0, 0.0), "+-0.0%"),
    ],
)
def test_an_interval_is_shown_by_its_two_sides_where_they_differ(
    gain: Interval, shown: str
) -> None:
    assert around(gain) == shown


def test_the_report_is_as_sure_of_a_gain_as_explain_is(tmp_path: Path, capsys) -> None:
    """Fixes flipped and objects freed, from the same points: value and both ends."""
    out = tmp_path / "x.parquet"
    assert main(["explain", *EXIM, "top=2", f"out={out}"]) == 0
    points = tidy.read_points([out])
    runs: dict[str, Result] = {}
    for row in points.iter_rows(named=True):
        found = Result("x", tidy.variation_of(row), [], [])
        runs.setdefault(row["variant"], found).points.append(row)
    base = runs.pop(BASE.label)
    said = {name: gain_of(run, base) for name, run in runs.items()}
    reported = {
        f"{r['toggle']}={'true' if r['on'] else 'false'}": Interval(r["gain"], r["low"], r["high"])
        for r in toggles.table(points).iter_rows(named=True)
    }
    reported |= {
        f"free={r['object']}": Interval(r["gain"], r["low"], r["high"])
        for r in what_if.table(points).iter_rows(named=True)
    }
    assert sum(name.startswith("free=") for name in reported) == 2 and len(reported) > 5
    assert reported == {name: said[name] for name in reported}
    assert any(gain.low < gain.value for gain in reported.values())


def answers(question: Question, gains: dict[str, Interval]) -> list[Answer]:
    return [Answer(free_variant(question, name), 0.3, gain) for name, gain in gains.items()]


NOISY = {
    "process": Interval(0.03, -0.6, 1.6),
    "directory": Interval(0.02, 0.019, 0.021),
    "exim": Interval(-0.01, -0.01, -0.01),
}


@pytest.mark.parametrize("resonant", [0, 1])
def test_a_gain_that_may_be_noise_comes_after_one_that_is_sure(capsys, resonant: int) -> None:
    question = asked(read("explain", EXIM), None)
    row = {"object": "exim", "cause": "compute", "cycles_per_operation": 1.0}
    point = {"throughput_per_core": 1.0, "unit": "message", "cores": 48}
    point |= {"resonant": resonant, "stationary": 1, "branch": 0}
    base = Result("x", BASE, [point] * 3, [row])
    show_answers(question, base, answers(question, NOISY))
    text = capsys.readouterr().out
    assert "the surest gains first" in text
    assert ("This run is resonant" in text) == bool(resonant)
    _, gains = tables(text)
    assert [line["change"] for line in gains] == ["free=directory", "free=exim", "free=process"]


def said(
    share: dict[str, float], gains: dict[str, Interval], replications: int = 3
) -> tuple[str, str]:
    """The two sentences below the tables, about objects of Exim."""
    question = asked(read("explain", EXIM), None)
    first, second = compared(share, answers(question, gains), replications)
    return first, second


def test_the_conclusion_names_the_surest_gain_whichever_is_the_largest() -> None:
    share = {"process": 0.5, "directory": 0.1, "exim": 0.2}
    first, _ = said(share, NOISY)
    assert "the surest gain is free=directory: +2.0%" in first
    assert "process takes the most cycles (50%) and gains nothing that is sure" in first
    assert "largest gain" not in first
    sure = NOISY | {"process": Interval(0.4, 0.3, 0.5)}
    assert said(share, sure)[0].endswith("(50%), and is the surest gain: +40.0%.")
    unsure = {name: gain for name, gain in NOISY.items() if name != "directory"}
    assert said(share, unsure)[0].endswith("no change alone gains more than its interval.")


def test_the_conclusion_counts_the_fixes_in() -> None:
    question = asked(read("explain", EXIM), None)
    fix = next(v for v in switch_variants(question) if v.id == "kernel.fix.vfsmount_table=true")
    every = [*answers(question, NOISY), Answer(fix, None, Interval(2.0, 1.9, 2.1))]
    first, _ = compared({"think": 0.5, "directory": 0.1}, every, 3)
    assert first == (
        "think takes the most cycles (50%) and was not freed; "
        "the surest gain is kernel.fix.vfsmount_table=true: +200.0%."
    )


def test_the_conclusion_says_what_its_intervals_are_worth() -> None:
    share = {"process": 0.5}
    assert said(share, NOISY)[1].startswith("3 gains, each with a 95 % interval of its own of 3")
    alone = {"process": Interval(0.1, 0.1, 0.1), "directory": Interval(0.2, 0.2, 0.2)}
    first, second = said(share, alone, replications=1)
    assert "the largest gain is free=directory: +20.0%" in first
    assert second.startswith("One replication")


def test_a_pipe_gets_the_conclusion_as_comments(capsys) -> None:
    assert main(["explain", *COUNTER]) == 0
    *_, first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("# think takes the most cycles (")
    assert second.startswith("# ")
    assert "replication" in second


def test_a_loss_is_said_to_be_one_and_what_is_met_next() -> None:
    question = asked(read("explain", EXIM), None)
    loss = Answer(
        free_variant(question, "directory"), 0.9, Interval(-0.4, -0.41, -0.39), "", "80% inode"
    )
    first, _ = compared({"directory": 0.9}, [loss], 3)
    assert "were it free, throughput would fall by 40%" in first and "80% inode" in first
    assert "gains -" not in first
    assert first.endswith("no change alone gains more than its interval.")


def test_a_gain_within_the_precision_is_none() -> None:
    question = asked(read("explain", EXIM), None)
    small = answers(question, {"directory": Interval(0.008, 0.007, 0.009)})
    assert next(compared({"directory": 0.9}, small, 3)).count("+0.8%") == 1
    said = next(compared({"directory": 0.9}, small, 3, 0.01))
    assert said.endswith("no change alone gains more than the run's precision (1%).")


def test_the_applications_work_and_waits_stand_apart(capsys) -> None:
    assert main(["explain", "workload=gmake", "run=smoke", "cores=[8]", "top=1"]) == 0
    _, gains, theirs = tables(capsys.readouterr().out)
    waits = {row["change"]: row for row in theirs if row["gain"].startswith("< +")}
    assert {"no wait: serial_stage", "no wait: stragglers"} <= set(waits)
    for row in waits.values():  # Amdahl: what is not waited for is work
        share = percent(row["cycles"]) / 100
        assert percent(row["gain"][2:]) == pytest.approx(100 * share / (1 - share), abs=0.15)
    assert not any("gmake" in row["change"] for row in gains)


def test_bottlenecks_that_hide_behind_one_another_are_taken_as_a_pair() -> None:
    """Apache on stock: either lock alone gains nothing, both together treble its throughput."""
    words = ["workload=apache", "kernel=linux_stock", "run=smoke", "cores=[48]"]
    layers = [parse(text) for text in words]
    keys = [f"kernel.fix.{name}" for name in ("parallel_accept", "vfsmount_table")]
    switches = [Assignment(f"{key}=true", key, key, True) for key in keys]
    found = Walk("x", layers, (), lambda done: None)
    plain, both = steps(found, switches, 3)
    assert plain.changes == () and len(both.changes) == 2
    assert both.gain is not None and both.gain.low > 1
    assert both.per_core > 2 * plain.per_core
    assert "accept" in plain.largest and "accept" not in both.largest
