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
from sim.experiment.plan import config_hash, experiments, plan_all

SMALL = ["workload=micro/lock", "run=smoke", "cores=[2]"]
SLOW_CORES = [
    f"hardware.topology.package_speeds=[{','.join(['0.01'] * 8)}]",
    f"hardware.topology.core_speeds=[{','.join(['0.01'] * 6)}]",
]
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


def test_every_experiment_of_the_project_is_within_the_default_limits() -> None:
    for plan in plan_all(list(experiments())):
        own = [curve for curve in plan.curves if not curve.of[0]]
        curves = [[c.config, *(variant.config for variant in c.variants)] for c in own]
        if curves:
            check(plan.experiment.name, curves, together=True)


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
import atexit, runpy, sys
from pathlib import Path

def note():
    status = Path("/proc/self/status").read_text().splitlines()
    kilobytes = next(line.split()[1] for line in status if line.startswith("VmHWM"))
    Path("peak.txt").write_text(kilobytes)

atexit.register(note)
del sys.argv[0]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""
"""A module's own peak: what the system says of a child counts the process that forked it, too."""


def child(*arguments: str, cwd: Path, room: int | None = None) -> tuple[int, float, str]:
    """Exit status, peak memory in GiB and errors of the command line in a process of its own."""

    def confined() -> None:
        if room is not None:
            resource.setrlimit(resource.RLIMIT_AS, (room, room))

    with subprocess.Popen(
        [sys.executable, "-c", MEASURED, *arguments],
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
PEAKS = {
    "run, 4,096 cores": ["sim", "run", *LARGE, "cores=[4096]", "out=x.parquet"],
    "run, 4,096 packages": [
        *("sim", "run", *LARGE, "cores=[64]", "hardware.topology.packages=4096"),
        *("hardware.topology.mesh=[64,64]", "hardware.topology.cores_per_package=1"),
    ],
    "run, many latencies": ["sim", "run", *LARGE, "cores=[64]", "run.minimum_operations=1000000"],
    "explain": ["sim", "explain", *SMALL, "run.replications=1"],
    "trace, Parquet": ["sim", "trace", *TRACED, "records=1000000", "-o", "x.parquet"],
    "trace, Perfetto": ["sim", "trace", *TRACED, "records=50000", "-o", "x.pftrace"],
    "trace, JSON": ["sim", "trace", *TRACED, "records=50000", "-o", "x.json"],
    "list": ["sim", "list"],
    "list assumed": ["sim", "list", "assumed"],
    "list experiment": ["sim", "list", "experiment"],
    "warm": ["sim", "warm"],
    "cache": ["sim", "cache"],
    "completion": ["sim", "completion", "bash"],
    "calibrate": ["calibration", "splash_barnes_hut", "--check"],
    "describe": ["sim", "describe", "--all"],
    "machine import": ["sim", "machine", "import", "pack:256 core:16 pu:1"],
}
PER_RECORD = {"trace, Parquet": (1_000_000, 200), "trace, Perfetto": (50_000, 180)}


@pytest.mark.parametrize("name", PEAKS)
def test_the_peak_memory_of_every_verb_is_below_two_gib(name: str, tmp_path: Path) -> None:
    status, peak, said = child(*PEAKS[name], cwd=tmp_path)
    assert status == 0, said
    assert peak < 2
    if name in PER_RECORD:  # the estimate that refuses larger ones holds for this one
        records, size = PER_RECORD[name]
        assert peak * 2**30 < 270e6 + 4 * 50e3 + records * size + 2e6 * 16


def test_the_peak_memory_of_an_experiment_and_of_what_is_made_of_it(tmp_path: Path) -> None:
    name, folder = "micro/opteron48_line_sharing", "results/micro/opteron48_line_sharing"
    lines = [
        f"sim run experiment={name} run=smoke out={folder}",
        f"analysis figures --experiment {name} --out {folder} {{files}}",
        f"analysis tables --experiment {name} --out {folder} {{files}}",
        f"analysis judge --experiment {name} --out {folder}/judged.json {{files}}",
        f"analysis artifacts --experiment {name} --out {folder} {{files}}",
        "analysis report results",
        "analysis claims results",
        "analysis compare results results",
    ]
    for line in lines:
        found = sorted((tmp_path / folder).glob("*.parquet"))
        files = [str(path) for path in found if "account" not in path.name]
        words = line.replace(" {files}", "").split()
        status, peak, said = child(*words, *(files if "{files}" in line else []), cwd=tmp_path)
        assert status == 0, f"{line}: {said}"
        assert peak < 2, line


def test_a_machine_that_lacks_memory_after_all_gets_one_line(tmp_path: Path) -> None:
    asked = ["sim", "run", *LARGE, "cores=[4096]", "run.operations=1000000"]
    status, _, said = child(*asked, "limits.memory_gib=100.0", cwd=tmp_path, room=8 << 30)
    assert status == 1
    assert "not enough memory" in said and len(said.splitlines()) == 1
