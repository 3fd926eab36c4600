"""A kernel design, a strategy, a lock, a workload, a metric and a view in a folder of one's own.

The files are those of the how-tos. They lie outside the checkout, and no line of the project is
changed; each loads, runs, and is listed, described, completed and reported.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import polars as pl
import pytest

from sim.version import only_judges
from tests.documentation.conftest import ROOT
from tests.warm_python import WarmPython

EXAMPLES = ROOT / "docs/examples"

pytestmark = pytest.mark.skipif(
    (ROOT / "sim/sync/package_ticket_lock.py").exists(),
    reason="the checkout has the example itself",
)
PLACES = {
    "extensions": (
        *("fix/directory_buckets.py", "lock/package_ticket_lock.py", "workload/stat.py"),
        *("metric/scales_to.py", "view/efficiency.py"),
    ),
    "kernel": ("fix/linux_pk_buckets.yaml", "kernel/linux_pk_owned_files.yaml"),
    "workload/micro": ("workload/stat.yaml",),
}
EXPERIMENT = """
name: mine/stat
title: A stat on kernels of my own
base: [workload=micro/stat, run=smoke, run.replications=2]
axes: {cores: [1, 12]}
curves:
  - {id: owned, label: Owned, overrides: [kernel=linux_pk_owned_files]}
  - id: buckets
    label: Buckets
    overrides: [kernel=linux_pk_buckets, kernel.locks.spin=package_ticket]
measures:
  - {id: rate, column: throughput, label: "Calls per second"}
views:
  - {kind: efficiency, id: kept, title: What a core keeps}
claims:
  - id: scales
    statement: Calls on files of one's own scale to the last core
    metric: {kind: scales_to, curve: owned, share: 0.5}
    published: 12
    tolerance: 0
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The user's folder."""
    own = tmp_path_factory.mktemp("own")
    for place, names in PLACES.items():
        (own / place).mkdir(parents=True)
        for name in names:
            shutil.copy2(EXAMPLES / name, own / place)
    (own / "experiment/mine").mkdir(parents=True)
    (own / "experiment/mine/stat.yaml").write_text(EXPERIMENT)
    return own


def ran(python: WarmPython, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A program of the project, with its modules to itself, as a user runs it."""
    others = {name: text for name, text in os.environ.items() if name != "CORESCALE_CONFIG_DIR"}
    return python.run(["-m", *words], ROOT, {**others, **environment})


def said(python: WarmPython, *words: str, **environment: str) -> str:
    """What a program prints."""
    done = ran(python, *words, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_all_are_listed(python: WarmPython, folder: Path) -> None:
    listed = said(python, "sim", "list", "--config-dir", str(folder))
    for name in ("linux_pk_buckets", "linux_pk_owned_files", "micro/stat"):
        assert name in listed
    meant = {"scales_to": "Most cores up to which", "efficiency": "Share that a core keeps"}
    for name, meaning in meant.items():
        assert re.search(rf"^  {name} +{meaning}", listed, re.MULTILINE)


@pytest.mark.parametrize(
    ("key", "chosen", "word"),
    [
        ("kernel.objects.directory.sharing", "kernel=linux_pk_owned_files", "sharing=owned"),
        ("kernel.objects.directory", "kernel=linux_pk_buckets", "mutex | owned | buckets"),
        ("kernel.objects.directory.buckets", "kernel=linux_pk_buckets", "many more than"),
        ("kernel.fix.directory_buckets", "kernel=linux_pk_buckets", "directory_buckets=true"),
        ("kernel.locks.spin", "kernel=linux_pk", "package_ticket"),
        ("metric.scales_to", "kernel=linux_pk", "share: number, 0 to 1; may be left out"),
        ("view.efficiency", "kernel=linux_pk", "share at which a line is drawn across"),
        ("workload.call_cycles", "workload=micro/stat", "entry and exit of a system call"),
    ],
)
def test_each_is_described_with_its_own_source(
    python: WarmPython, folder: Path, key: str, chosen: str, word: str
) -> None:
    assert word in said(python, "sim", "describe", "--config-dir", str(folder), key, chosen)


def test_they_run_and_do_what_they_are_for(
    python: WarmPython, folder: Path, tmp_path: Path
) -> None:
    own, out = ["--config-dir", str(folder)], tmp_path / "x.parquet"
    crowded = ["workload=exim", "workload.spool_directories=1", "workload.directory_updates=60"]
    kernels = "kernel=linux_pk,linux_pk_buckets,linux_pk_owned_files"
    once = ["cores=[48]", "run=smoke", "run.replications=1", f"out={out}"]
    said(python, "sim", "run", *own, "-m", kernels, *crowded, *once)
    rate = {row["kernel"]: row["throughput"] for row in pl.read_parquet(out).iter_rows(named=True)}
    assert rate["linux_pk_buckets"] > 5 * rate["linux_pk"]
    assert rate["linux_pk_owned_files"] > 0
    said(python, "sim", "run", *own, "workload=micro/lock", "workload.lock=package_ticket", *once)
    assert pl.read_parquet(out)["throughput"].item() > 0


def test_an_experiment_with_them_gets_a_page(
    python: WarmPython, folder: Path, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    out = results / "mine/stat"
    named = {"CORESCALE_CONFIG_DIR": str(folder)}
    said(python, "sim", "run", "experiment=mine/stat", f"out={out}", **named)
    files = [str(out / f"{curve}.parquet") for curve in ("owned", "buckets")]
    artifacts = ["artifacts", "--experiment", "mine/stat", "--out", str(out), *files]
    said(python, "analysis", *artifacts, **named)
    said(python, "analysis", "report", str(results), **named)
    page = (results / "report/mine-stat.html").read_text()
    assert "Owned" in page and "Buckets" in page
    for name in ("figures/kept.svg", "tables/kept.csv"):
        assert (out / name).is_file()
    assert "What a core keeps. Owned: " in page and "% kept" in page
    (verdict,) = json.loads((out / "claims.json").read_text())
    assert [verdict[key] for key in ("verdict", "value", "basis")] == [
        *("reproduced", "12.0", "predicted"),
    ]
    assert "cores up to which Owned keeps 50% of its throughput per core" in page


def test_a_mistake_in_a_file_of_ones_own_is_named_with_its_line(
    python: WarmPython, tmp_path: Path
) -> None:
    file = tmp_path / "extensions/mine.py"
    file.parent.mkdir()
    file.write_text("from sim.sync.spin_lock import spin_lock\n\nspin_lok('mine')\n")
    done = ran(python, "sim", "list", "kernel", CORESCALE_CONFIG_DIR=str(tmp_path))
    done = ran(python, "sim", "describe", "kernel.locks.spin", CORESCALE_CONFIG_DIR=str(tmp_path))
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert done.stderr.startswith(f"error: {file}:3: NameError: name 'spin_lok'")


def test_a_strategy_whose_numbers_are_missing_says_which(python: WarmPython, folder: Path) -> None:
    chosen = ["kernel=linux_pk", "kernel.fix.directory_buckets=true", "cores=[2]", "run=smoke"]
    done = ran(python, "sim", "run", "--config-dir", str(folder), *chosen)
    assert done.returncode != 0 and "Traceback" not in done.stderr
    assert "kernel.objects.directory.buckets: missing in linux_pk" in done.stderr


UNUSED = "kernel.objects.directory.buckets: changes nothing; it is a number of"


@pytest.mark.parametrize("verb", [["run"], ["explain", "top=1"], ["trace", "-o", "{t}/x.json"]])
def test_a_number_of_a_strategy_that_is_not_chosen_is_said(
    python: WarmPython, verb: list[str], folder: Path, tmp_path: Path
) -> None:
    words = [word.replace("{t}", str(tmp_path)) for word in verb]
    asked = ["--config-dir", str(folder), "cores=[2]", "run=smoke", "run.replications=1"]
    done = ran(
        python, "sim", *words, *asked, "kernel=linux_pk", "kernel.objects.directory.buckets=8"
    )
    assert done.returncode == 0
    assert f"{UNUSED} kernel.objects.directory.sharing=buckets\n" in done.stderr


def test_a_number_of_a_files_own_that_nothing_uses_is_said_and_others_are_not(
    python: WarmPython, folder: Path, tmp_path: Path
) -> None:
    text = (folder / "kernel/linux_pk_buckets.yaml").read_text()
    (tmp_path / "kernel").mkdir()
    mine = text.replace("linux_pk_buckets", "mine").replace("{sharing: buckets, ", "{")
    (tmp_path / "kernel/mine.yaml").write_text(mine)
    asked = ["--config-dir", str(folder), "cores=[2]", "run=smoke", "run.replications=1"]
    done = ran(python, "sim", "run", *asked, "--config-dir", str(tmp_path), "kernel=mine")
    assert done.returncode == 0
    assert done.stderr == f"{UNUSED} kernel.objects.directory.sharing=buckets\n"
    more = "kernel.objects.directory.buckets=8"
    for used in (["kernel=linux_pk_buckets"], ["kernel=linux_pk_buckets", more]):
        assert ran(python, "sim", "run", *asked, *used).stderr == ""


def test_a_workflow_is_told_of_the_folder_as_a_run_is(python: WarmPython, folder: Path) -> None:
    asked = [f'config_dirs=["{folder}"]', 'experiments=["mine/stat"]', "name=of_a_test"]
    done = ran(python, "snakemake", "--dry-run", "--cores=1", "--config", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Simulating mine/stat, buckets" in done.stdout + done.stderr


LOCK = (
    "from sim.sync.spin_lock import spin_lock\n\n\n"
    "@spin_lock('{}')\ndef make(asm, of, count):\n    pass\n"
)
OBJECT = "from sim.kernel.objects.inode import Directory\nfrom sim.kernel.table import strategy\n"
OBJECT_OF_ONES_OWN = (
    "from sim.kernel.table import KernelObject\n\n\nclass Mine(KernelObject):\n    key = {}\n"
)
REFUSED = {
    LOCK.format("mcs"): ":4: ValueError: spin lock 'mcs' is already in sim.sync.mcs_lock",
    OBJECT
    + "\n@strategy(Directory, 'mutex')\nclass A:\n    pass\n": "strategy 'mutex' is already in",
    OBJECT + "\n@strategy(Directory, 'a', fix='dentry_lock')\nclass A:\n    pass\n": (
        "kernel.fix.dentry_lock is already a switch of kernel.objects.dentry"
    ),
    LOCK.format("my lock"): ":4: ValueError: a kind of spin lock: 'my lock' is no name; allowed:",
    LOCK.format("copy"): ":4: ValueError: a kind of spin lock: the name 'copy' is taken",
    OBJECT + "\n@strategy(Directory, 'Mine')\nclass A:\n    pass\n": (
        ":4: ValueError: a strategy of kernel.objects.directory: 'Mine' is no name; allowed:"
    ),
    OBJECT + "\n@strategy(Directory, 'a', fix='a-b')\nclass A:\n    pass\n": (
        ":4: ValueError: a switch of kernel.objects.directory: 'a-b' is no name; allowed:"
    ),
    OBJECT_OF_ONES_OWN.format("'my object'"): (
        "ValueError: the key of a kernel object, 'my object': 'my object' is no name; allowed:"
    ),
    OBJECT_OF_ONES_OWN.format("'_mine'"): "'_mine' is no name; allowed: a-z, 0-9 and _, a letter",
    OBJECT_OF_ONES_OWN.format("'class'"): "'class' is no name; allowed:",
    OBJECT_OF_ONES_OWN.format("7"): "the key of a kernel object, 7: 7 is no name; allowed:",
    OBJECT_OF_ONES_OWN.format("'network'"): "'network': allowed: NAME or network.NAME",
    OBJECT_OF_ONES_OWN.format("'memory.mine'"): "'memory.mine': allowed: NAME or network.NAME",
    OBJECT_OF_ONES_OWN.format("'network.a.b'"): "'network.a.b': allowed: NAME or network.NAME",
    OBJECT_OF_ONES_OWN.format("'network.json'"): "the name 'json' is taken by all settings",
    OBJECT_OF_ONES_OWN.format("'dentry'"): "kernel.objects.dentry is already sim.kernel.objects.",
    "raise SystemExit\n": ":1: SystemExit",
    "def f(:\n": ":1: SyntaxError",
}


@pytest.mark.parametrize("text", REFUSED, ids=list(REFUSED.values()))
def test_a_file_that_cannot_be_one_of_ones_own_is_refused(
    python: WarmPython, text: str, tmp_path: Path
) -> None:
    file = tmp_path / "extensions/mine.py"
    file.parent.mkdir()
    file.write_text(text)
    done = ran(python, "sim", "describe", "kernel.locks.spin", CORESCALE_CONFIG_DIR=str(tmp_path))
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert done.stderr.startswith(f"error: {file}:") and REFUSED[text] in done.stderr


JUDGING = {
    "kind: efficiency": ("kind: eficiency", "views[0]: 'eficiency'", "did you mean efficiency?"),
    "id: kept,": ("id: kept, enogh: 0.5,", "views[0].enogh: unknown key", "did you mean enough?"),
    "title: What": (
        *("column: throughputs, title: What", "views[0].column: no column called 'throughputs'"),
        "did you mean throughput?",
    ),
    "kind: scales_to": (
        "kind: scale_to",
        "claims[0].metric: 'scale_to'",
        "did you mean scales_to?",
    ),
    "curve: owned": (
        "curve: owed",
        "claims[0].metric.curve: no curve 'owed'",
        "did you mean owned?",
    ),
    "share: 0.5": ("share: 2", "claims[0].metric.share: 2 is out of range", "at most 1"),
    "axes: {cores: [1, 12]}": (
        *("axes: {cores: [1]}", "claim scales: a curve with one core count", "does not scale"),
    ),
}
"""Of the experiment, what a user writes instead, and what is said of it."""


@pytest.mark.parametrize("text", JUDGING, ids=[wrong for wrong, *_ in JUDGING.values()])
def test_a_mistake_in_using_a_metric_or_view_of_ones_own_is_named(
    python: WarmPython, text: str, folder: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    shutil.copytree(folder, own)
    wrong, place, hint = JUDGING[text]
    assert EXPERIMENT.count(text) == 1
    (own / "experiment/mine/stat.yaml").write_text(EXPERIMENT.replace(text, wrong))
    done = ran(python, "sim", "run", "experiment=mine/stat", CORESCALE_CONFIG_DIR=str(own))
    assert done.returncode != 0 and "Traceback" not in done.stderr
    assert f"{own}/experiment/mine/stat.yaml: {place}" in done.stderr and hint in done.stderr


METRIC = (
    "from typing import Literal\n"
    "from sim.experiment.metric import Metric\n"
    "class Mine(Metric):\n"
    "    kind: {}\n"
    "    def measured(self, evidence):\n"
    "        return 1\n"
)
DESCRIBED = "    def describe(self):\n        return 'mine'\n"
NOT_A_KIND = {
    METRIC.format("Literal['point']") + DESCRIBED: (
        ":3: ValueError: metric 'point' is already in metrics.point"
    ),
    METRIC.format("Literal['mine']"): ":3: ValueError: metric 'mine' has no describe",
    METRIC.format("Literal['a', 'b']") + DESCRIBED: ":3: ValueError: Mine: one kind is needed",
    METRIC.format("int") + DESCRIBED: ":3: ValueError: Mine: one kind is needed, such",
    "\nfrom sim.experiment.file import Experiment\n": ":2: ImportError: sim.experiment.",
}


@pytest.mark.parametrize("text", NOT_A_KIND, ids=list(NOT_A_KIND.values()))
@pytest.mark.parametrize(
    "asked", [("sim", "describe", "kernel.locks.spin"), ("sim", "list", "metric")], ids=" ".join
)
def test_a_file_that_defines_no_metric_is_refused(
    python: WarmPython, text: str, asked: tuple[str, ...], tmp_path: Path
) -> None:
    file = tmp_path / "extensions/mine.py"
    file.parent.mkdir()
    file.write_text(text)
    done = ran(python, *asked, CORESCALE_CONFIG_DIR=str(tmp_path))
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert done.stderr.startswith(f"error: {file}{NOT_A_KIND[text]}")


DIGESTS = (
    "from analysis.read.made_from import code\nfrom sim.version import engine_hash\n"
    "print(engine_hash(), code())"
)


def digests(python: WarmPython, folder: Path) -> list[str]:
    """Of the engine, and of what makes figures and claims, with the files of a folder."""
    named = {**os.environ, "CORESCALE_CONFIG_DIR": str(folder)}
    done = python.run(["-c", DIGESTS], ROOT, named)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_changed_metric_judges_again_and_simulates_nothing_again(
    python: WarmPython, tmp_path: Path
) -> None:
    (tmp_path / "extensions").mkdir()
    metric, lock = (tmp_path / "extensions" / name for name in ("scales_to.py", "lock.py"))
    engine, code = digests(python, tmp_path)
    shutil.copy2(EXAMPLES / "metric/scales_to.py", metric)
    with_metric = digests(python, tmp_path)
    assert with_metric[0] == engine and with_metric[1] != code
    metric.write_text(metric.read_text().replace("0.9", "0.8"))
    changed = digests(python, tmp_path)
    assert changed[0] == engine and changed[1] not in (with_metric[1], code)
    shutil.copy2(EXAMPLES / "lock/package_ticket_lock.py", lock)
    assert digests(python, tmp_path)[0] != engine
    lock.unlink()
    for more in ("import sim.engine.state\n", "import os\n", "import corescale_extension_lock\n"):
        metric.write_text((EXAMPLES / "metric/scales_to.py").read_text() + more)
        assert not only_judges(metric), more
