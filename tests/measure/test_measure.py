"""`machine measure` and `machine compare` on this machine: forms and invariants, no times."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
from inspect import getfile
from pathlib import Path
from typing import get_args

import pytest
import yaml

from sim.__main__ import main
from sim.config.compose import compose
from sim.config.errors import ConfigError
from sim.config.sources import numeric_leaves, source_of
from sim.measure import builder
from sim.measure.builder import PROBES, Compiler, built, find_compiler
from sim.measure.plan import COUNTERS, LOCKS, PROGRAMS, kernel_like, without_probe
from sim.measure.records import read_csv
from sim.sync.spin_lock import KINDS
from sim.workload.micro.counter import CounterWorkload
from sim.workload.micro.lock import LockWorkload
from tests.project_files import of_the_project

HAS_COMPILER = any(map(shutil.which, builder.NAMES))
needs_compiler = pytest.mark.skipif(not HAS_COMPILER, reason="needs a C compiler: cc, gcc or clang")
CPU = str(min(os.sched_getaffinity(0)))


@pytest.fixture(scope="module")
def compiler() -> Compiler:
    return find_compiler()


@pytest.mark.parametrize("kind", builder.NAMES)
def test_probes_are_c_without_a_warning(kind: str) -> None:
    if shutil.which(kind) is None:
        pytest.skip(f"needs {kind}")
    for name in PROBES:
        strict = ["-Wall", "-Wextra", "-Werror", *builder.FLAGS, "-fsyntax-only"]
        words = [kind, *strict, str(builder.SOURCES / f"{name}.c")]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


CALLS = [
    *(("lock", f"lock={kind}") for kind in LOCKS),
    *(("counter", f"counter={kind}") for kind in COUNTERS),
    *(("line_sharing", f"mode={mode}") for mode in ("write", "store")),
    *(("line_sharing", f"mode={m} period_ns=20000") for m in ("write", "read_after_write")),
    *(("memory_scan", f"bytes=1048576 mode={m}") for m in ("latency", "bandwidth", "write")),
    *(
        ("scale", f"program={program} tasks={tasks} bytes=1048576")
        for program in PROGRAMS
        for tasks in ("threads", "processes")
    ),
    ("clock", ""),
]


@needs_compiler
@pytest.mark.parametrize(("name", "words"), CALLS)
def test_a_probe_prints_what_each_core_did(name: str, words: str, compiler: Compiler) -> None:
    with built(compiler, [name]) as programs:
        line = [str(programs[name]), f"cpus={CPU}", "ms=3", "warm_ms=1", *words.split()]
        done = subprocess.run(line, capture_output=True, text=True, check=True, timeout=60)
    found = json.loads(done.stdout)
    assert found["per_second"] > 0 and found["seconds"] > 0
    assert found["per_second"] == pytest.approx(sum(found["each"]), rel=1e-3)
    assert 0 < found["share"] <= 1.1
    if "period_ns" in words or name == "clock":
        # A load that hits may be too short for the counter's steps: then 0 is printed.
        assert found["samples"] > 0
        assert found["latency_ns"] > 0 or "read_after_write" in words


@needs_compiler
@pytest.mark.parametrize("kind", LOCKS)
@pytest.mark.parametrize("dies", ["0,0,0,0", "0,1,0,1"])
def test_a_lock_lets_one_core_in_at_a_time(kind: str, dies: str, compiler: Compiler) -> None:
    cpus = [str(cpu) for cpu in sorted(os.sched_getaffinity(0))][:4]
    shared = [*cpus, *cpus][:4]  # twice on a CPU where there are few: who holds it may be stopped
    with built(compiler, ["lock"]) as programs:
        line = [str(programs["lock"]), f"lock={kind}", "ms=10", "hold_cycles=50", "think_cycles=50"]
        words = [f"cpus={','.join(shared)}", f"dies={dies}"]
        done = subprocess.run([*line, *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["seconds"] > 0


@needs_compiler
def test_a_probe_is_compiled_once(
    compiler: Compiler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with built(compiler, ["clock"]) as programs:
        first = programs["clock"].read_bytes()
    (kept,) = (tmp_path / "corescale/probes").iterdir()
    monkeypatch.setattr(builder, "_compile", lambda *_: pytest.fail("compiled again"))
    with built(compiler, ["clock"]) as programs:
        assert programs["clock"].read_bytes() == first
    kept.write_bytes(b"damaged")
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with built(compiler, ["clock"]) as programs:
        assert programs["clock"].stat().st_size > 1000


def test_without_a_compiler_one_line_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(builder.importlib.util, "find_spec", lambda name: None)
    monkeypatch.chdir(tmp_path)
    assert main(["machine", "measure", "-o", "of_a_test"]) == 2
    said = capsys.readouterr().err
    assert "no C compiler: looked for cc, gcc, clang, and the Python wheel ziglang" in said
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("CC", "nocc -m64")
    with pytest.raises(ConfigError, match="CC=nocc -m64"):
        find_compiler()


def test_the_wheels_compiler_is_taken_where_there_is_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "ziglang"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text("print('clang version 20, by zig')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.delenv("CC", raising=False)
    found = find_compiler()
    assert found.words[1:] == ("-m", "ziglang", "cc")
    assert found.version == "clang version 20, by zig"


def test_every_spin_lock_and_counter_of_the_model_is_measured() -> None:
    ours = of_the_project({name: Path(getfile(make)) for name, make in KINDS.items()})
    assert {*ours} - {"cna"} == set(LOCKS)  # which no released kernel has
    kinds = set(get_args(LockWorkload.model_fields["lock"].annotation))
    assert set(without_probe()) == kinds - set(LOCKS) >= {"cna", "rw"}
    assert set(get_args(CounterWorkload.model_fields["counter"].annotation)) == set(COUNTERS)


def test_programs_are_answered_by_the_kernel_that_is_the_most_like_the_boxs_own() -> None:
    releases = {"5.10.0-28-amd64": "linux_5_10", "6.1.0": "linux_5_10", "4.18.0": "linux_5_10"}
    releases |= {"6.4.1": "linux_6_12", "6.12.9-arch1": "linux_6_12", "7.0.0": "linux_6_12"}
    assert {release: kernel_like(release) for release in releases} == releases


@needs_compiler
def test_a_process_that_cannot_be_pinned_ends_the_probe_with_the_reason(compiler: Compiler) -> None:
    with built(compiler, ["scale"]) as programs:
        words = ["cpus=4000", "tasks=processes", "program=signal1", "ms=1"]
        line = [str(programs["scale"]), *words]
        done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "CPU 4000" in done.stderr


WRONG = [
    (["machine", "measure"], "no -o NAME"),
    (["machine", "measure", "-o", "Box!"], "cannot be a machine's name"),
    (["machine", "measure", "-o", "of_a_test", "--seconds", "soon"], "not a time limit"),
    (["machine", "compare", "nowhere"], "machine measure -o nowhere"),
]


@pytest.mark.parametrize(("words", "said"), WRONG)
def test_what_cannot_be_done_is_said(
    words: list[str], said: str, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@needs_compiler
@pytest.mark.slow
def test_this_machine_is_measured_and_compared(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    line = ["machine", "measure", "-o", "of_a_test", "--quick", "--seconds", "0"]
    assert main(line) == 0
    said = capsys.readouterr().out
    assert "Locks of the model without a probe: cna, " in said
    assert "of_a_test/hardware/of_a_test.yaml" in said
    assert "Next: corescale machine compare of_a_test" in said
    machine = compose(["hardware=of_a_test"], [Path("of_a_test")]).hardware
    assert all(source_of(machine.sources, leaf) for leaf in numeric_leaves(machine))
    assert machine.sources["clock_ghz"].kind == "measured"
    data = Path("of_a_test/reference/own/of_a_test")
    records = read_csv(data / "curves.csv")
    assert {f"lock_{kind}" for kind in LOCKS} <= {record.series for record in records}
    assert {record.cores for record in records} >= {1, machine.cores}
    platform = yaml.safe_load((data / "platform.yaml").read_text())
    assert {"date", "kernel", "compiler", "cpus_measured", "virtual"} <= set(platform)
    assert main(line) == 0  # goes on, and keeps what there is
    assert len(read_csv(data / "curves.csv")) == len(records)
    capsys.readouterr()
    assert main(["machine", "compare", "of_a_test"]) == 0
    compared = capsys.readouterr().out
    assert "Error:" in compared and "What this measurement cannot tell" in compared
    with (data / "comparison.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["series"] for row in rows} == {r.series for r in records if r.run}
    assert all((row["error"] == "") == (row["is_noisy"] == "1") for row in rows)
    for row in rows:
        ratio = float(row["simulated"]) / float(row["measured"])
        assert row["error"] == "" or 1 + float(row["error"]) == pytest.approx(ratio, rel=1e-4)
    page = (data / "comparison.html").read_text()
    assert "<svg" in page and "lock_mcs" in page
