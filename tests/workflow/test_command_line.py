"""The command line: exit codes, messages, files, and the same bytes every time."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from sim.__main__ import main
from sim.command.verbs import program
from sim.config.files import CONF
from sim.experiment.columns import ACCOUNT, POINTS
from sim.experiment.plan import plan
from tests.warm_python import WarmPython

SMOKE = ["workload=micro/counter", "run=smoke", "cores=[1,2]"]
SUFFIXES = (".parquet", ".account.parquet", ".config.json")


Sim = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def sim(python: WarmPython) -> Sim:
    """`python -m sim` with its modules to itself."""

    def ran(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return python.run(["-m", "sim", *arguments], CONF.parent, os.environ | environment)

    return ran


def contents(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def test_without_a_verb_it_says_what_it_can_do(capsys) -> None:
    assert main([]) == 0
    usage = capsys.readouterr().out
    assert main(["--help"]) == 0
    assert capsys.readouterr().out == usage
    assert all(f"\n  {verb} " in usage for verb in program.commands)
    assert len(usage.partition("Examples:")[2].strip().splitlines()) == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rum"], ["unknown verb 'rum'", "did you mean run?"]),
        (["kernel=linux_pk"], ["the verb is missing", "python -m sim run kernel=linux_pk"]),
        (["run", "--out"], ["--out: unknown option", "did you mean out=?"]),
        (["run", "-o", "x.parquet"], ["-o: unknown option", "did you mean out=?"]),
        (["explain", "-o", "x.parquet"], ["-o: unknown option", "did you mean out=?"]),
        (["run", "hardware.coherence.hop_cycels=1"], ["hardware.coherence.hop_cycles?"]),
        (["run", "hardware.coherence.hop_cycles=1e9"], ["is not an integer"]),
        (["run", "cores=[1,8"], ["malformed"]),
        (["run", "cores=[1,64]"], ["64 is more than the 48 cores"]),
        (["run", "run.replications=0"], ["0 is out of range", "1 to 1000"]),
        (["run", "kernel=linux_stok"], ["linux_stock?"]),
        (["run", "experiment=osdi10/fig4_exim"], ["osdi10/fig04_exim?"]),
        (["run", "experiment=osdi10/fig04_exim", "curve=pkk"], ["curve=pkk", "pk?"]),
        (["run", "experiment=osdi10/fig04_exim", "-m"], ["-m: "]),
        (["run", "curve=pk"], ["curve=pk", "experiment"]),
        (
            ["run", "series=osdi10/fig06:pkk"],
            ["series=osdi10/fig06:pkk", "osdi10/fig06_apache/pk?"],
        ),
        (["run", "series=osdi10/fig06:pk", "curve=pk"], ["a series has its own curve"]),
        (["run", "out=x.csv"], ["out=x.csv", ".parquet"]),
        (["run", "out="], ["out=: ", ".parquet"]),
        (["run", "out=/dev/null/x.parquet"], ["out=/dev/null/x.parquet", "/dev/null"]),
        (["run", "out=a.parquet", "out=b.parquet"], ["out=b.parquet", "twice"]),
        (["run", "experiment=osdi10/fig04_exim", "out=x.parquet"], ["out=x.parquet", "curve=ID"]),
        (["run", "--config-dir", "/nowhere"], ["/nowhere", "no such folder"]),
        (["run", "-m", "run.seed=1,1"], ["stands twice"]),
        (["list", "hardwear"], ["list hardwear", "hardware?"]),
        (["describe"], ["one key"]),
        (["describe", "hop_cycles"], ["hardware.coherence.hop_cycles?"]),
        (["--hlep"], ["--hlep: unknown option", "did you mean --help?"]),
        (["help", "rum"], ["unknown verb 'rum'", "did you mean run?"]),
        (["run", "core=[1]"], ["unknown key core", "did you mean cores?"]),
        (["run", "outt=x.parquet"], ["outt=x.parquet", "did you mean out=?"]),
        (["run", "top=3"], ["run has no top=", "explain"]),
        (["run", "free=[dentri]"], ["free=[dentri]", "cannot be freed", "dentry?"]),
        (["list", "kernel", "run"], ["one group at most"]),
        (["list", "--config-dirr", "x"], ["unknown option", "did you mean --config-dir?"]),
        (["describe", "--al"], ["unknown option", "did you mean --all?"]),
        (["describe", "--markdown"], ["only with --all"]),
        (["describe", "linux_pk"], ["kernel=linux_pk is a choice", "describe kernel kernel=linux"]),
        (["describe", "osdi10/fig04_exim"], ["experiment=osdi10/fig04_exim is an experiment"]),
        (["describe", "ipi"], ["kernel.objects.shootdown.ipi_cycles"]),
        (["explain", "kernel=linux_stok"], ["linux_stock?"]),
        (["explain", "top=0"], ["top=0: 0 is out of range", "1 to 10000"]),
        (["explain", "top=x"], ["top=x: 'x' is not a whole number", "1 to 10000"]),
        (["run", "free=[dentri]", "cores=[1]"], ["cannot be freed at 1 core\n"]),
        (["run", "slow=dentri:100"], ["slow=[dentri:100]", "dentry?"]),
        (["run", "slow=dentry"], ["'dentry' is no delay", "OBJECT:CYCLES", "500ns"]),
        (["run", "slow=dentry:0"], ["'dentry:0' is 0 cycles", "1 to 1,000,000,000"]),
        (["run", "slow=[dentry:1,dentry:2]"], ["'dentry' stands twice"]),
        (["run", "slow=dentry:1", "free=[dentry]"], ["'dentry' is free of cost"]),
        (["trace", "out=x.parquet"], ["trace has no out=", "did you mean -o FILE?"]),
        (
            ["describe", "workload=micro/lock"],
            ["its settings: python -m sim describe workload workload=micro/lock"],
        ),
        (["describe", "run.seed=7"], ["that setting: python -m sim describe run.seed run.seed=7"]),
        (["explain", "topp=2"], ["did you mean top=?"]),
        (["explain", "out=x.csv"], ["out=x.csv", ".parquet"]),
        (
            ["explain", "-m", "kernel=linux_stock,linux_pk"],
            ["-m: unknown option", "explain --help"],
        ),
        (["explain", "experiment=osdi10/fig04_exim"], ["add curve=ID", "stock, pk"]),
        (["explain", "free=[dentri]"], ["free=[dentri]", "dentry?"]),
        (["trace"], ["where to write is missing", "-o NAME.pftrace"]),
        (["trace", "-o"], ["-o: the file is missing"]),
        (["trace", "-o", "x.jsn"], ["-o x.jsn", "NAME.json"]),
        (["trace", "-o", "x.json", "records=0"], ["records=0", "1 to 10000000"]),
        (["trace", "-o", "x.json", "record=9"], ["did you mean records=?"]),
        (["trace", "-o", "x.json", "-o", "y.json"], ["-o stands twice"]),
        (["completion"], ["the shell is missing", "bash, zsh, fish"]),
        (["completion", "bsh"], ["no shell called 'bsh'", "did you mean bash?"]),
        (["warm", "engine"], ["warm engine: warm takes no arguments"]),
        (["run", "-mo", "x"], ["-mo: unknown option", "did you mean out=?"]),
        (["run", "-m=1"], ["-m=1: unknown option"]),
        (["describe", "--all=1"], ["--all takes no value"]),
        (["list", "--config-dir"], ["--config-dir: the folder is missing", "--config-dir DIR"]),
        (["trace", "-o", "x.json", "--output=y.json"], ["-o y.json: -o stands twice"]),
        (["machine"], ["machine: the verb is missing", "allowed: import"]),
        (["machine", "imprt"], ["unknown verb 'imprt'", "import?", "sim machine --help"]),
        (["machine", "import"], ["machine import: SOURCE is missing", "machine import --help"]),
        (["machine", "import", "a", "b"], ["machine import a b: import takes one word"]),
        (["machine", "import", "a", "--nme", "b"], ["unknown option", "did you mean --name?"]),
        (["machine", "import", "a", "--name"], ["--name: its value is missing"]),
        (["machine", "import", "a", "-o", "x.yaml", "-o", "y.yaml"], ["-o stands twice"]),
    ],
)
def test_a_bad_request_exits_with_2_and_one_message(
    arguments: list[str], said: list[str], capsys, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Traceback" not in printed.err
    for words in said:
        assert words in printed.err
    assert contents(tmp_path) == {}


ISLANDS = ["hardware=opteron_8x6_islands", "workload=exim", "run=smoke"]


@pytest.mark.parametrize("verb", ["run", "explain", "trace"])
@pytest.mark.parametrize("kernel", ["linux_pk", "barrelfish"])
def test_what_cannot_run_on_islands_is_refused_alike_by_kernel_and_workload(
    verb: str, kernel: str, capsys, tmp_path: Path
) -> None:
    words = ["-o", str(tmp_path / "x.json")] if verb == "trace" else []
    assert main([verb, *ISLANDS, f"kernel={kernel}", "cores=[12]", *words]) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and "Traceback" not in printed.err
    allowed = printed.err.partition("allowed: ")[2]
    assert allowed.startswith("the cores of one package (order=package, cores up to 6")
    assert "programs that send nothing but messages between packages" in allowed
    assert contents(tmp_path) == {}


def test_a_bad_request_leaves_earlier_results_alone(sim: Sim, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "x.parquet"
    refused = sim("run", *SMOKE, "run.seed=-1", f"out={out}")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("run.seed=-1: -1 is out of range")
    assert list(tmp_path.iterdir()) == []
    assert sim("run", *SMOKE, f"out={out}").returncode == 0
    before = contents(tmp_path)
    assert sim("run", *SMOKE, "run.seed=-1", f"out={out}").returncode == 2
    assert contents(tmp_path) == before


def test_a_run_that_fails_leaves_no_file(sim: Sim, tmp_path: Path) -> None:
    failed = sim("run", *SMOKE, "run.maximum_cycles=10", f"out={tmp_path}/x.parquet")
    assert failed.returncode == 1
    assert failed.stderr.strip()
    assert "Traceback" not in failed.stderr
    assert contents(tmp_path) == {}


def test_a_write_that_fails_leaves_no_file(tmp_path: Path, monkeypatch, capsys) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sim.command.output._parquet", refuse)
    assert main(["run", *SMOKE, f"out={tmp_path}/x.parquet"]) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert contents(tmp_path) == {}


def test_results_have_the_columns_of_the_dictionary_and_sorted_rows(tmp_path: Path) -> None:
    assert main(["run", *SMOKE, f"out={tmp_path}/x.parquet"]) == 0
    assert sorted(contents(tmp_path)) == sorted(f"x{suffix}" for suffix in SUFFIXES)
    points = pl.read_parquet(tmp_path / "x.parquet")
    account = pl.read_parquet(tmp_path / "x.account.parquet")
    types = {"text": pl.String, "integer": pl.Int64, "number": pl.Float64}
    assert points.schema == {column.name: types[column.type] for column in POINTS}
    assert account.schema == {column.name: types[column.type] for column in ACCOUNT}
    assert points["cores"].to_list() == [1, 1, 2, 2]
    assert points["replication"].to_list() == [0, 1, 0, 1]
    assert set(points["curve"]) == {"micro/counter-linux_pk"}
    assert set(points["variant"]) == {"base"}
    config = json.loads((tmp_path / "x.config.json").read_text())
    assert config["overrides"] == SMOKE
    assert config["config"]["run"]["sources"]
    assert len(config["config_hash"]) == len(config["engine"]) == 64


def test_the_printed_overrides_of_a_curve_reproduce_it_byte_for_byte(
    sim: Sim, tmp_path: Path
) -> None:
    user = ["run=smoke", "cores=[1,36]"]
    whole = sim("run", "experiment=osdi10/fig04_exim", *user, f"out={tmp_path}/whole")
    assert (whole.returncode, whole.stderr) == (0, "")
    for curve in plan("osdi10/fig04_exim", user).curves:
        line = f"run {curve.arguments} out={tmp_path}/single/{curve.id}.parquet"
        assert sim(*shlex.split(line)).returncode == 0
        config = json.loads((tmp_path / "single" / f"{curve.id}.config.json").read_text())
        assert config["config_hash"] == curve.config_hash
    assert contents(tmp_path / "whole") == contents(tmp_path / "single")
    stock = pl.read_parquet(tmp_path / "whole" / "stock.parquet")
    base = stock.filter(pl.col("variant") == "base")
    assert set(base["curve"]) == {"stock"}
    assert stock["variant"][0] == "base"
    assert not stock.select("curve", "cores", "replication").is_duplicated().any()
    assert stock.filter(pl.col("variant") != "base")["cores"].unique().to_list() == [36]


def test_a_sweep_writes_one_file_with_a_readable_curve_per_combination(tmp_path: Path) -> None:
    sweep = ["workload=micro/counter", "workload.counter=shared,per_core", "workload.threshold=1,2"]
    assert main(["run", "-m", *sweep, "run=smoke", "cores=2", f"out={tmp_path}/x.parquet"]) == 0
    curves = pl.read_parquet(tmp_path / "x.parquet")["curve"].unique().sort().to_list()
    assert curves == [
        "counter=per_core,threshold=1",
        "counter=per_core,threshold=2",
        "counter=shared,threshold=1",
        "counter=shared,threshold=2",
    ]


def test_a_table_in_a_pipe_is_plain(sim: Sim, tmp_path: Path) -> None:
    done = sim("run", *SMOKE, FORCE_COLOR="1")
    assert (done.returncode, done.stderr) == (0, "")
    title, headings, *rows = done.stdout.splitlines()
    assert title.startswith("# micro/counter-linux_pk: ")
    assert "\x1b" not in done.stdout
    rows = [row for row in rows if not row.startswith("#")]  # such as: not stationary
    assert [row.split("\t")[0] for row in rows] == ["1", "2"]
    assert all(row.count("\t") == headings.count("\t") for row in rows)


def test_every_group_can_be_listed(capsys) -> None:
    assert main(["list"]) == 0
    everything = capsys.readouterr().out
    for group in ("hardware", "kernel", "kernel/fix", "workload", "run", "experiment"):
        assert f"{group}:" in everything
        assert main(["list", group]) == 0
        for line in capsys.readouterr().out.splitlines():
            assert line in everything
    for name in ("opteron_8x6", "linux_stock", "micro/lock", "quick", "osdi10/fig04_exim"):
        assert name in everything


def test_a_setting_is_described_with_value_unit_bounds_source_and_meaning(capsys) -> None:
    assert main(["describe", "hardware.coherence.hop_cycles"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("hardware.coherence.hop_cycles=127\n")
    for words in ("per hop", "unit     cycles", "0 to 1000000000000", "source   derived: OSDI'10"):
        assert words in text
    assert (
        main(["describe", "hardware.coherence.hop_cycles", "hardware.coherence.hop_cycles=5"]) == 0
    )
    assert "source   override" in capsys.readouterr().out


def test_a_subtree_another_workload_and_the_columns_are_described(capsys) -> None:
    assert main(["describe", "kernel.fix"]) == 0
    assert "kernel.fix.dentry_lock=true" in capsys.readouterr().out
    assert main(["describe", "workload.lock"]) == 0
    assert "clh | mcs | qspinlock" in capsys.readouterr().out
    assert main(["describe", "columns"]) == 0
    assert "cycles_per_operation" in capsys.readouterr().out


def test_the_reference_tables_hold_every_key_and_column(capsys) -> None:
    assert main(["describe", "--all", "--markdown"]) == 0
    text = capsys.readouterr().out
    for name in ("hardware.clock_ghz", "workload.spool_directories", "workload.backoff_cycles"):
        assert f"| `{name}` |" in text
    assert all(f"| `{column.name}` |" in text for column in (*POINTS, *ACCOUNT))


def test_a_curve_with_something_free_is_one_table_whose_heading_says_so(capsys) -> None:
    curve = ["experiment=osdi10/fig04_exim", "curve=pk", "run=smoke", "cores=[48]"]
    assert main(["run", *curve, "free=[page_fault,process]"]) == 0
    headings = [line for line in capsys.readouterr().out.splitlines() if line.startswith("#")]
    ran = "exim on linux_pk, opteron_8x6"
    assert headings == [f"# pk: {ran}; free: page_fault, process; run=smoke"]


def test_runs_that_differ_in_a_setting_have_different_headings(capsys) -> None:
    line = ["series=osdi10/fig04:stock", "run=smoke", "run.replications=2", "cores=[2]"]
    headings = []
    for words in ([], ["kernel.locks.spin=mcs"], ["kernel.fix.dentry_lock=true"], ["run.seed=2"]):
        assert main(["run", *line, *words]) == 0
        headings.append(capsys.readouterr().out.splitlines()[0])
        assert headings[-1].startswith(
            "# osdi10/fig04_exim/stock: exim on linux_stock, opteron_8x6"
        )
        assert all(word in headings[-1] for word in words)
    assert len(set(headings)) == len(headings)
    assert main(["explain", *line, "kernel.locks.spin=mcs", "top=1"]) == 0
    assert "exim on linux_stock, opteron_8x6; kernel.locks.spin=mcs" in capsys.readouterr().out


def test_a_plain_run_names_the_published_series_that_it_is_not(capsys) -> None:
    assert main(["run", "workload=apache", "kernel=linux_stock", "run=smoke", "cores=[1]"]) == 0
    said = capsys.readouterr().err
    assert "series=osdi10/fig06_apache/stock" in said
    assert len(said.splitlines()) == 1


def test_a_benchmark_that_sets_its_own_pace_is_told_by_latency(tmp_path: Path, capsys) -> None:
    lines = ["workload=micro/line_sharing", "run=smoke", "cores=[1,8]"]
    assert main(["run", *lines]) == 0
    _, headings, *rows = (line.split("\t") for line in capsys.readouterr().out.splitlines())
    assert headings[1:4] == ["latency cycles", "95 %", "relative"]
    assert main(["run", *lines, f"out={tmp_path}/x.parquet"]) == 0
    points = pl.read_parquet(tmp_path / "x.parquet").group_by("cores", maintain_order=True)
    means = [float(part["latency_mean_cycles"].mean()) for _, part in points]
    assert [float(row[1].replace(",", "")) for row in rows] == pytest.approx(means, rel=1e-3)
    assert float(rows[1][3]) == pytest.approx(means[1] / means[0], abs=0.01)
    capsys.readouterr()
    assert main(["run", *lines, "workload.period_cycles=0"]) == 0
    assert "accesses/s per core\t95 %\tspeed-up\t" in capsys.readouterr().out


def test_every_what_if_is_headed_by_what_is_free(capsys) -> None:
    curve = ["experiment=osdi10/fig04_exim", "curve=pk", "run=smoke", "cores=[48]"]
    assert main(["run", *curve, "run.replications=1"]) == 0
    plain, *freed = [line for line in capsys.readouterr().out.splitlines() if line[0] == "#"]
    ran = "exim on linux_pk, opteron_8x6"
    said = "run.replications=1 run=smoke"
    assert plain == f"# pk: {ran}; {said}"
    assert len(freed) > 2
    for heading in freed:
        name = heading.partition("free=")[2].partition(":")[0]
        assert heading == f"# pk ~ free={name}: {ran}; free: {name}; {said}"


def test_a_sweep_is_printed_in_the_order_that_was_asked_for(capsys) -> None:
    swept = ["-m", "workload.lock=ticket,mcs", "workload=micro/lock", "run=smoke", "cores=[2]"]
    assert main(["run", *swept]) == 0
    titles = [line for line in capsys.readouterr().out.splitlines() if line.startswith("# ")]
    assert [title.split(":")[0] for title in titles] == ["# lock=ticket", "# lock=mcs"]


def test_a_setting_that_the_workload_does_not_depend_on_is_said_to_change_nothing(capsys) -> None:
    lock = ["workload=micro/lock", "run=smoke", "cores=[2]"]
    assert main(["run", *lock]) == 0
    plain, said = capsys.readouterr()
    assert said == ""
    assert main(["run", *lock, "kernel.locks.spin=mcs"]) == 0
    again, said = capsys.readouterr()
    assert again.splitlines()[1:] == plain.splitlines()[1:]
    assert said == (
        "kernel.locks.spin: micro/lock does not depend on it; "
        "its own keys: python -m sim describe workload workload=micro/lock\n"
    )
    assert main(["run", "run=smoke", "cores=[2]", "kernel.locks.spin=mcs"]) == 0
    assert capsys.readouterr().err == ""


def test_a_kernel_is_summed_up_in_whole_sentences(capsys) -> None:
    assert main(["list", "kernel"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert all(line.endswith(".") for line in lines)
