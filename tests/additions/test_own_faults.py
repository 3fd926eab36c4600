"""A file of the user's own that fails at work is named with its line and its error, in one line."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.documentation.conftest import ROOT
from tests.warm_python import WarmPython

EXAMPLES = ROOT / "docs/examples"

pytestmark = pytest.mark.skipif(
    (ROOT / "sim/sync/package_ticket_lock.py").exists(),
    reason="the checkout has the example itself",
)
LOCK, STRATEGY, WORKLOAD = (
    "lock/package_ticket_lock.py",
    "fix/directory_buckets.py",
    "workload/stat.py",
)
CHOSEN = {
    LOCK: ["workload=micro/lock", "workload.lock=package_ticket"],
    STRATEGY: ["kernel=linux_pk_buckets", "workload=exim"],
    WORKLOAD: ["workload=micro/stat"],
}
FILES = {"kernel": "fix/linux_pk_buckets.yaml", "workload/micro": "workload/stat.yaml"}
MAKE = "    return PackageTicketLock(asm, of.packages, count)"
BUILD = "    calls = SystemCalls(asm, kernel, site)"
FIELD = "    call_cycles: Cycles ="
FAULTS = {
    "a lock when it is made": (
        LOCK,
        MAKE,
        "    {}",
        "1 / 0",
        "ZeroDivisionError: division by zero",
    ),
    "a lock when it is taken": (
        *(LOCK, "        self.far.acquire(asm, index)", "        {}"),
        *("self.fra", "AttributeError: 'PackageTicketLock' object has no attribute 'fra'"),
    ),
    "a lock that is none": (LOCK, MAKE, "    {}", "return None", "AttributeError: 'NoneType'"),
    "a strategy when it is made": (
        *(STRATEGY, "        self.directory = directory", "        {}; self.directory = directory"),
        *("raise RuntimeError('not\\ntoday')", "RuntimeError: not today"),
    ),
    "a strategy at work": (
        *(STRATEGY, "            self.mutexes.acquire(asm, bucket)", "            {}"),
        *("int('many')", "ValueError: invalid literal for int()"),
    ),
    "a strategy with other arguments": (
        *(STRATEGY, "index: int = isa.NONE) -> None:", "{}) -> None:"),
        *("index: int, more: int", "TypeError: DirectoryBuckets.update() missing 1"),
    ),
    "a strategy without a method": (
        *(STRATEGY, "def update", "def {}"),
        *("updat", "AttributeError: 'DirectoryBuckets' object has no attribute 'update'"),
    ),
    "a workload when it is lowered": (WORKLOAD, BUILD, "    {}", "{}['x']", "KeyError: 'x'"),
    "a workload that leaves": (WORKLOAD, BUILD, "    {}", "raise SystemExit", "SystemExit"),
    "a workload that reads a file": (
        *(WORKLOAD, BUILD, "    {}", "open('/nowhere')", "FileNotFoundError: [Errno 2]"),
    ),
    "a workload that is none": (WORKLOAD, "    return asm", "    {}", "return", "TypeError: the"),
    "a workload's property": (
        *(WORKLOAD, FIELD, "    def problem(self, cores):\n        {}\n" + FIELD),
        *("assert cores > 99", "AssertionError"),
    ),
}


def folder_with(tmp_path: Path, example: str, old: str, new: str) -> tuple[Path, Path]:
    """A folder of the user's own, and the file in it that fails."""
    for place, name in {**FILES, "extensions": STRATEGY}.items():
        (tmp_path / place).mkdir(parents=True, exist_ok=True)
        (tmp_path / place / Path(name).name).write_text((EXAMPLES / name).read_text())
    for name in (LOCK, WORKLOAD):
        (tmp_path / "extensions" / Path(name).name).write_text((EXAMPLES / name).read_text())
    file = tmp_path / "extensions" / Path(example).name
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))
    return tmp_path, file


def ran(python: WarmPython, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    named = {**os.environ, "CORESCALE_CONFIG_DIR": str(folder)}
    return python.run(["-m", *words], ROOT, named)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_of_ones_own_that_fails_is_named_in_one_line(
    python: WarmPython, fault: str, tmp_path: Path
) -> None:
    example, old, new, text, said = FAULTS[fault]
    folder, file = folder_with(tmp_path, example, old, new.replace("{}", text, 1))
    asked = [*CHOSEN[example], "cores=[2]", "run=smoke", "run.replications=1"]
    done = ran(python, folder, "sim", "run", *asked)
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1 and done.stdout == ""
    place, _, rest = line.removeprefix("error: ").partition(": ")
    assert rest.startswith(said)
    name, _, number = place.rpartition(":")
    assert name == str(file)
    if text in file.read_text().splitlines()[int(number) - 1]:
        return
    # What is handed over fails elsewhere: the line is where its maker begins.
    assert file.read_text().splitlines()[int(number) - 1].startswith(("@", "class", "def"))


@pytest.mark.parametrize("verb", [["explain"], ["trace", "-o", "/tmp/x.json"]])
def test_every_verb_that_simulates_says_so(
    python: WarmPython, verb: list[str], tmp_path: Path
) -> None:
    folder, file = folder_with(tmp_path, WORKLOAD, BUILD, "    1 / 0")
    done = ran(python, folder, "sim", *verb, "workload=micro/stat", "cores=[2]", "run=smoke")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith(f"error: {file}:36: ZeroDivisionError")


def test_a_workflow_says_so_before_its_jobs(python: WarmPython, tmp_path: Path) -> None:
    change = "    def problem(self, cores):\n        1 / 0\n" + FIELD
    folder, file = folder_with(tmp_path, WORKLOAD, FIELD, change)
    (folder / "experiment/mine").mkdir(parents=True)
    (folder / "experiment/mine/stat.yaml").write_text(
        "name: mine/stat\ntitle: Stat\nbase: [workload=micro/stat, run=smoke]\n"
        "axes: {cores: [1]}\ncurves: [{id: pk, label: PK, overrides: [kernel=linux_pk]}]\n"
        'measures: [{id: rate, column: throughput, label: "Calls per second"}]\n'
    )
    asked = ['experiments=["mine/stat"]', "name=of_a_test"]
    done = ran(python, folder, "snakemake", "--dry-run", "--cores=1", "--config", *asked)
    said = done.stdout + done.stderr
    assert done.returncode != 0 and "Traceback" not in said
    assert f"error: {file}:" in said and "ZeroDivisionError: division by zero" in said


def test_what_a_kernel_lacks_is_still_a_refusal(python: WarmPython, tmp_path: Path) -> None:
    folder, _ = folder_with(tmp_path, WORKLOAD, BUILD, BUILD + "\n    kernel.needed('objects.no')")
    done = ran(python, folder, "sim", "run", "workload=micro/stat", "cores=[2]", "run=smoke")
    assert done.returncode == 2
    assert "has no objects.no, which this workload uses" in done.stderr
