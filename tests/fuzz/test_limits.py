"""What a request may take: estimated before the work, refused in one message, allowed by a key."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from sim.__main__ import main
from sim.command.limits import check
from sim.config.compose import compose
from sim.config.files import CONF
from sim.experiment.plan import config_hash

SMALL = ["workload=micro/lock", "run=smoke", "cores=[2]"]
SLOW_CORES = [
    f"hardware.topology.package_speeds=[{','.join(['0.01'] * 8)}]",
    f"hardware.topology.core_speeds=[{','.join(['0.01'] * 6)}]",
]
pytestmark = pytest.mark.usefixtures("unchanging_files")

DEEP = f"free={'[' * 2000}{']' * 2000}"

TOO_MUCH = {
    "operations": (
        ["run", "hardware=mesh_4096", "cores=[4096]", "run.operations=1000000"],
        "latencies of 4,096,000,000 operations",
    ),
    "dies": (
        [
            *("run", "hardware=mesh_1024", "hardware.topology.cores_per_package=64"),
            "hardware.topology.dies_per_package=64",
        ],
        "distances between 16,384 dies",
    ),
    "sweep": (["run", "-m", *SMALL, "run.seed=range(0,3000000)"], "3,000,000 combinations"),
    "sweeps": (
        ["run", "-m", *SMALL, "run.seed=range(0,3000)", "run.operations=range(1,1001)"],
        "3,000,000 combinations",
    ),
    "records": (["trace", *SMALL, "records=10000000", "-o", "x.parquet"], "10,000,000 records"),
    "replications": (
        ["run", "run.replications=1000", "run.operations=1000000"],
        "hours of processor time",
    ),
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_what_would_take_too_much_is_refused_with_the_estimate_and_the_way_to_allow_it(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    arguments, reason = TOO_MUCH[name]
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert reason in said
    limit = "limits.hours" if "hours" in reason else "limits.memory_gib"
    assert f"{limit} is" in said and f"to allow it: {limit}=" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("override", "reason"),
    [
        ("cores=range(1,10000000)", "9,999,999 core counts\n  allowed: at most 4,096"),
        ("run.seed=range(1,10000000)", "9,999,999 values where one is allowed"),
        (DEEP, "allowed: 64 deep, not 2,000"),
    ],
    ids=["cores", "seeds", "nested"],
)
def test_values_are_counted_before_they_are_listed(
    override: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", override]) == 2
    assert reason in capsys.readouterr().err


def test_a_higher_limit_allows_what_a_lower_one_refuses() -> None:
    wide = compose(["hardware=mesh_4096", "cores=[4096]", "run.operations=10000"])
    wider = compose([*("hardware=mesh_4096", "cores=[4096]"), "limits.memory_gib=1"])
    check("x", [[wider]], together=True)
    assert wide.limits.memory_gib == 2


def test_limits_influence_neither_the_hash_nor_the_results(tmp_path: Path) -> None:
    other = [*SMALL, "limits.memory_gib=3.5", "limits.hours=100.0"]
    assert config_hash("x", compose(SMALL)) == config_hash("x", compose(other))
    written = []
    for name, overrides in (("a", SMALL), ("b", other)):
        out = tmp_path / name / "x.parquet"
        assert main(["run", *overrides, f"out={out}"]) == 0
        described = json.loads(out.with_suffix(".config.json").read_text())
        written.append((out.read_bytes(), described["config"], described["config_hash"]))
    assert written[0] == written[1]
    assert "limits" not in written[0][1]


@pytest.mark.parametrize("group", ["workload", "hardware", "experiment"])
@pytest.mark.parametrize("kind", ["aliases", "merges", "brackets", "indents", "size"])
def test_a_file_that_would_grow_when_it_is_read_is_refused_first(
    group: str, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    doubled = range(1, 40)
    text = {
        "aliases": "a0: &a0 [x, x]\n"
        + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in doubled),
        "merges": "a0: &a0 {x: 1}\n"
        + "".join(f"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}]}}\n" for i in doubled),
        "brackets": f"name: {'[' * 2000}{']' * 2000}\n",
        "indents": "".join(f"{' ' * i}a:\n" for i in range(2000)),
        "size": f"name: {'x' * 2**21}\n",
    }[kind]
    place = tmp_path / group / "grows.yaml"
    place.parent.mkdir()
    place.write_text(text)
    assert main(["run", "--config-dir", str(tmp_path), f"{group}=grows"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"{place}: ") and "allowed: " in said


# --- numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("workload", "key"),
    [
        ("memcached", "hardware.nic.wire_gbit_s"),
        ("micro/memory_scan", "hardware.memory.bandwidth_gb_s"),
        ("nas/cg", "hardware.streaming.link_gb_s"),
        ("gmake", "workload.simulated"),
        ("pedsort", "workload.simulated"),
        ("metis", "workload.simulated_4kb"),
        ("metis", "workload.simulated_2mb"),
    ],
)
def test_what_is_divided_by_has_a_lower_bound(
    workload: str, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = "hardware=amd_4x4" if "streaming" in key else "hardware=opteron_8x6"
    small = [machine, f"workload={workload}", "run=smoke", "cores=[2]", "run.replications=1"]
    assert main(["run", *small, f"{key}=1e-300"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"{key}=1e-300: 1e-300 is out of range\n  allowed: number, 0.0")


@pytest.mark.parametrize(
    ("overrides", "named"),
    [
        (["workload=micro/lock", "workload.think_cycles=500000000000", *SLOW_CORES], "'think'"),
        (
            ["hardware.interconnect_scale=1000", "hardware.coherence.hop_cycles=1000000000000"],
            "transfer",
        ),
        (
            ["hardware.coherence.hop_occupancy_cycles=1000000000000", "cores=[48]"],
            "queue for a line",
        ),
        (
            ["hardware.scheduling.context_switch_cycles=1000000000000", *SLOW_CORES],
            "context switch",
        ),
        (
            [
                "workload=exim",
                "workload.user_lines=1000000",
                "hardware.coherence.base_transfer_cycles=1000000000",
            ],
            "bulk",
        ),
        (
            ["workload=memcached", "workload.user_us=1e9", "hardware.clock_ghz=20.0", *SLOW_CORES],
            "compute",
        ),
    ],
    ids=["pace", "interconnect", "queue", "switch", "lines", "microseconds"],
)
def test_products_that_the_engine_cannot_hold_are_refused_by_name(
    overrides: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "run=smoke", "run.replications=1", *overrides]) == 2
    said = capsys.readouterr().err
    assert named in said and "engine's integers have room for" in said
    assert len(said.splitlines()) == 1


# --- memory --------------------------------------------------------------------------------


MEASURED = """
import glob, json, runpy, sys
from pathlib import Path

status = 0
for words in json.loads(sys.argv[1]):
    files = [n for n in sorted(glob.glob("**/*.parquet", recursive=True)) if "account" not in n]
    sys.argv = [word for one in words for word in (files if one == "FILES" else [one])]
    try:
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    except SystemExit as leaving:
        status = status or leaving.code or 0
said = Path("/proc/self/status").read_text().splitlines()
Path("peak.txt").write_text(next(line.split()[1] for line in said if line.startswith("VmHWM")))
sys.exit(status)
"""
"""A process's own peak: what the system says of a child counts the process that forked it, too."""


def child(commands: list[list[str]], cwd: Path, room: int | None = None) -> tuple[int, float, str]:
    """Exit status, peak memory in GiB and errors of a process that does commands in turn."""

    def confined() -> None:
        if room is not None:
            resource.setrlimit(resource.RLIMIT_AS, (room, room))

    with subprocess.Popen(
        [sys.executable, "-c", MEASURED, json.dumps(commands)],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(CONF.parent)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=confined,
    ) as process:
        assert process.stderr is not None
        said = process.stderr.read()
    peak = (cwd / "peak.txt").read_text()
    return process.returncode, int(peak) / 2**20, said


LARGE = ["workload=micro/lock", "hardware=mesh_4096", "run=smoke", "run.replications=1"]
TRACED = ["workload=micro/counter", "run=smoke", "cores=[4]", "run.operations=100000"]
VERBS = [
    ["sim", "run", *LARGE, "cores=[4096]", "out=large.parquet"],
    ["sim", "run", *LARGE, "cores=[64]", "run.minimum_operations=1000000"],
    ["sim", "explain", *SMALL, "run.replications=1"],
    ["sim", "trace", *TRACED, "records=50000", "-o", "x.json"],
    ["sim", "list"],
    ["sim", "list", "assumed"],
    ["sim", "list", "experiment"],
    ["sim", "warm"],
    ["sim", "cache"],
    ["sim", "completion", "bash"],
    ["calibration", "splash_barnes_hut", "--check"],
    ["sim", "describe", "--all"],
    ["sim", "machine", "import", "pack:256 core:16 pu:1"],
]
MANY_PACKAGES = """
defaults: [mesh_4096, _self_]
name: many_packages
topology: {packages: 4096, mesh: [64, 64], cores_per_package: 1}
sources:
  topology: {kind: assumed, where: "as many packages as a machine can have"}
"""
FOLDER = "results/micro/opteron48_line_sharing"
EXPERIMENT = ["--experiment", "micro/opteron48_line_sharing", "--out", FOLDER]
WORKFLOW = [
    ["sim", "run", f"experiment={EXPERIMENT[1]}", "run=smoke", f"out={FOLDER}"],
    ["analysis", "figures", *EXPERIMENT, "FILES"],
    ["analysis", "tables", *EXPERIMENT, "FILES"],
    ["analysis", "judge", *EXPERIMENT[:3], f"{FOLDER}/judged.json", "FILES"],
    ["analysis", "artifacts", *EXPERIMENT, "FILES"],
    ["analysis", "report", "results"],
    ["analysis", "claims", "results"],
    ["analysis", "compare", "results", "results"],
]


@pytest.mark.parametrize("commands", [VERBS, WORKFLOW], ids=len)
def test_no_verb_needs_two_gib(commands: list[list[str]], tmp_path: Path) -> None:
    """One process does several: its peak is no lower than that of any of them."""
    status, peak, said = child(commands, tmp_path)
    assert status == 0, said
    assert peak < 2


def test_the_machine_with_the_most_packages_needs_less_than_two_gib(tmp_path: Path) -> None:
    (tmp_path / "hardware").mkdir()
    (tmp_path / "hardware/many_packages.yaml").write_text(MANY_PACKAGES)
    machine = ["--config-dir", str(tmp_path), "hardware=many_packages", "cores=[64]"]
    status, peak, said = child([["sim", "run", *LARGE, *machine]], tmp_path)
    assert status == 0, said
    assert peak < 2


@pytest.mark.parametrize(
    ("file", "records", "size"), [("x.parquet", 1_000_000, 200), ("x.pftrace", 50_000, 180)]
)
def test_a_trace_needs_no_more_than_was_estimated(
    file: str, records: int, size: int, tmp_path: Path
) -> None:
    asked = ["sim", "trace", *TRACED, f"records={records}", "-o", file]
    status, peak, said = child([asked], tmp_path)
    assert status == 0, said
    assert peak * 2**30 < 270e6 + 4 * 50e3 + records * size + 2e6 * 16


def test_a_machine_that_lacks_memory_after_all_gets_one_line(tmp_path: Path) -> None:
    asked = ["sim", "run", *LARGE, "cores=[4096]", "run.operations=1000000"]
    status, _, said = child([[*asked, "limits.memory_gib=100.0"]], tmp_path, room=8 << 30)
    assert status == 1
    assert "not enough memory" in said and len(said.splitlines()) == 1
