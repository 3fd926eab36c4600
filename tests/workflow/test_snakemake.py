"""The workflow from end to end, in a copy of the project, at the smallest run level."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from sim import shared_points
from tests.warm_python import WarmPython
from tests.workflow.tiny import EXIM, LINES, ROOT, SMOKE, TINY, digests
from tests.workflow.warm_snakemake import WarmSnakemake

pytestmark = pytest.mark.slow
ONE = f'experiments=["{LINES}"]'


def jobs(warm: WarmSnakemake, config: Sequence[str]) -> list[str]:
    """Messages of the jobs that a run would do."""
    found = warm("-n", config=config)
    assert found.returncode == 0, found.stdout
    return re.findall(r"^Job \d+: (.*)$", found.stdout + found.stderr, flags=re.MULTILINE)


def test_the_workflow_ends_with_a_report(
    project: Path, finished: subprocess.CompletedProcess[str]
) -> None:
    report = project / "results/tiny/report"
    assert "results/tiny/report/index.html" in finished.stdout + finished.stderr
    assert EXIM.replace("/", "-") + ".html" in (report / "index.html").read_text()
    page = (report / f"{EXIM.replace('/', '-')}.html").read_text()
    assert 'role="img"' in page
    assert "events per second" in page
    assert "not recorded" not in page
    for name in ("throughput.png", "breakdown.pdf", "speedup.svg"):
        assert (project / "results/tiny" / EXIM / "figures" / name).stat().st_size > 1000
    assert (project / "results/tiny" / EXIM / "tables" / "errors.csv").is_file()
    assert not (project / "results/tiny" / shared_points.NAME).exists()


@pytest.mark.usefixtures("finished")
def test_a_second_run_has_nothing_to_do(project: Path, warm: WarmSnakemake) -> None:
    again = warm(config=SMOKE)
    assert again.returncode == 0
    assert "Nothing to be done" in again.stdout + again.stderr


def after(code: str, *arguments: str, config: Sequence[str]) -> list[str]:
    """Words for a Python that runs Snakemake after some code."""
    start = "from snakemake.cli import main; main()"
    return ["-c", f"{code}\n{start}", *arguments, "--config", *config]


FULL_DISK = """
import shutil
from collections import namedtuple

Usage = namedtuple("Usage", "total used free")
shutil.disk_usage = lambda place: Usage(10**9, 10**9 - 10**5, 10**5)
"""


@pytest.mark.usefixtures("finished")
def test_a_full_disk_is_said_before_the_work_where_there_is_some(
    project: Path, python: WarmPython
) -> None:
    refused = python.run(after(FULL_DISK, config=[*TINY, "name=large"]), project)
    said = refused.stdout + refused.stderr
    assert refused.returncode != 0
    assert re.search(
        r"^error: results/large: about [0-9.]+ MB would be written, and 0\.1 MB are free",
        said,
        re.M,
    )
    assert "Traceback" not in said
    assert "Simulating" not in said
    assert not (project / "results/large").exists()
    again = python.run(after(FULL_DISK, config=SMOKE), project)
    assert again.returncode == 0, again.stdout + again.stderr


@pytest.mark.usefixtures("finished")
def test_snakemakes_own_report_collects_the_figures(project: Path, warm: WarmSnakemake) -> None:
    done = warm("--report", "figures.html", config=SMOKE)
    assert done.returncode == 0, done.stderr
    text = (project / "figures.html").read_text()
    assert "Figure 4: Exim throughput" in text
    assert "hollow circles were used in a calibration" in text


@pytest.mark.usefixtures("finished")
def test_a_comment_in_conf_reruns_nothing(project: Path, warm: WarmSnakemake) -> None:
    for path in sorted((project / "conf").rglob("*.yaml")):
        path.write_text(path.read_text() + "\n# a remark\n")
    assert jobs(warm, SMOKE) == []


@pytest.mark.usefixtures("finished")
def test_a_value_reruns_only_the_curves_that_it_touches(project: Path, warm: WarmSnakemake) -> None:
    path = project / "conf/kernel/linux_pk.yaml"
    before = path.read_text()
    path.write_text(before + "objects: {vfsmount_table: {cached_lookup_cycles: 61}}\n")
    try:
        found = jobs(warm, SMOKE)
    finally:
        path.write_text(before)
    assert [job for job in found if job.startswith("Simulating")] == [f"Simulating {EXIM}, pk"]
    assert f"Figures, tables and claims of {EXIM}" in found
    assert f"Figures, tables and claims of {LINES}" not in found


@pytest.mark.usefixtures("finished")
def test_the_engines_source_reruns_every_simulation(project: Path, warm: WarmSnakemake) -> None:
    path = project / "sim/program/simulation.py"
    before = path.read_text()
    path.write_text(before + "\n# another version\n")
    try:
        found = jobs(warm, SMOKE)
    finally:
        path.write_text(before)
    assert sum(job.startswith("Simulating") for job in found) == 3


@pytest.mark.usefixtures("finished")
def test_a_claims_tolerance_reruns_no_simulation(project: Path, warm: WarmSnakemake) -> None:
    path = project / f"conf/experiment/{EXIM}.yaml"
    before = path.read_text()
    changed = re.sub(r"tolerance: (0\.\d*)", r"tolerance: \g<1>1", before, count=1)
    assert changed != before
    path.write_text(changed)
    try:
        found = jobs(warm, SMOKE)
    finally:
        path.write_text(before)
    assert found[0] == f"Figures, tables and claims of {EXIM}"
    assert not any(job.startswith("Simulating") for job in found)


@pytest.mark.usefixtures("finished")
def test_a_pasted_shell_line_reproduces_its_output_byte_for_byte(
    project: Path, warm: WarmSnakemake
) -> None:
    folder = project / "results/tiny" / EXIM
    before = {path.name: path.read_bytes() for path in folder.glob("pk.*")}
    assert set(before) == {"pk.parquet", "pk.account.parquet", "pk.config.json"}
    shown = warm("-n", "-p", "-F", f"results/tiny/{EXIM}/pk.parquet", config=SMOKE)
    lines = re.findall(r"^Shell command: (.*)$", shown.stdout + shown.stderr, re.MULTILINE)
    assert len(lines) == 1 and "python -m sim run" in lines[0]
    for path in folder.glob("pk.*"):
        path.unlink()
    shutil.rmtree(project / "results/tiny/logs")
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(Path.home())}
    if "XDG_CACHE_HOME" in os.environ:  # where compiled code is
        environment["XDG_CACHE_HOME"] = os.environ["XDG_CACHE_HOME"]
    subprocess.run(["bash", "-c", lines[0]], cwd=project, check=True, env=environment)
    assert {path.name: path.read_bytes() for path in folder.glob("pk.*")} == before


@pytest.mark.usefixtures("finished")
def test_a_sweep_gets_its_own_report_and_leaves_the_paper_alone(
    project: Path, warm: WarmSnakemake
) -> None:
    # The finished run plays the paper's part: same experiments, no overrides of the sweep.
    shutil.copytree(project / "results/tiny", project / "results/paper", dirs_exist_ok=True)
    before = digests(project / "results/paper")
    sweep = [
        f'experiments=["{LINES}"]',
        'overrides=["run=smoke","hardware.coherence.hop_occupancy_cycles=300"]',
        "name=slow_hops",
    ]
    done = warm(config=sweep)
    assert done.returncode == 0, done.stdout + done.stderr
    text = (project / "results/slow_hops/report/comparison.html").read_text()
    assert "hop_occupancy_cycles" in text
    assert digests(project / "results/paper") == before
    again = warm(config=sweep)
    assert "Nothing to be done" in again.stdout + again.stderr


def renamed(example: Path, folder: Path) -> Path:
    """A copy of the example of a paper, under a name that nobody has who has followed the page."""
    for path in example.rglob("*.*"):
        place = folder / str(path.relative_to(example)).replace("eurosys12", "of_a_test")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(path.read_text().replace("eurosys12", "of_a_test"))
    return folder


def test_a_folder_of_ones_own_goes_through_the_workflow(
    project: Path, warm: WarmSnakemake, tmp_path: Path
) -> None:
    own = renamed(ROOT / "docs/examples/paper", tmp_path / "a {folder} of mine")
    asked = ['experiments=["of_a_test/*"]', f'config_dirs=["{own}"]', "name=own"]
    done = warm(config=asked)
    assert done.returncode == 0, done.stdout + done.stderr
    page = (project / "results/own/report/of_a_test-fig01_counters.html").read_text()
    assert "EuroSys&#39;12, Figure 1" in page
    again = warm(config=asked)
    assert "Nothing to be done" in again.stdout + again.stderr
    table = own / "reference/of_a_test/fig01.csv"
    table.write_text(table.read_text().replace("2200000", "2300000"))
    again_drawn = ["Figures, tables and claims of of_a_test/fig01_counters", "Report of own"]
    assert [job for job in jobs(warm, asked) if job in again_drawn] == again_drawn
    assert not [job for job in jobs(warm, asked) if job.startswith("Simulating")]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (['config_dirs=["own"]'], ["folders of your own need a name", "results/paper"]),
        (["name=x", 'config_dirs=["nowhere"]'], ["nowhere: no such folder"]),
        (["nmae=x"], ["nmae", "unknown key", "did you mean name?"]),
        (["name=../paper"], ["../paper", "cannot name a results folder"]),
        (["name=.git"], [".git", "cannot name a results folder"]),
        (["name=a/b"], ["a/b", "cannot name a results folder"]),
        (["name=0123"], ["name=0123: Snakemake reads it as the number 123", "name=run_0123"]),
        (['overrides=["run=smoke"]'], ["overrides need a name", "results/paper"]),
        (["name=x", "overrides=7"], ["7 is not a list of texts"]),
        ([ONE, "name=x", 'overrides=["run=smok"]'], ["run=smok", "did you mean smoke?"]),
        (
            [ONE, "name=x", 'overrides=["hardware.coherence.hop_cycels=9"]'],
            ["hop_cycels=9", "did you mean hardware.coherence.hop_cycles?"],
        ),
        (
            [ONE, "name=x", 'overrides=["hardware.coherence.hop_cycles=-1"]'],
            ["hardware.coherence.hop_cycles", "-1"],
        ),
        (['experiments=["osdi10/fig4_exim"]'], ["osdi10/fig4_exim", f"did you mean {EXIM}?"]),
    ],
)
def test_a_bad_request_is_one_message_before_any_job(
    project: Path, warm: WarmSnakemake, config: list[str], words: list[str]
) -> None:
    found = warm(config=config)
    text = found.stdout + found.stderr
    assert found.returncode != 0
    for word in words:
        assert word in text
    assert "Traceback" not in text
    assert "Job stats" not in text
    assert not (project / "results/x").exists()


def test_a_results_folder_that_is_a_file_is_named(project: Path, warm: WarmSnakemake) -> None:
    place = project / "results/occupied"
    place.parent.mkdir(exist_ok=True)
    place.write_text("")
    found = warm("-n", config=["name=occupied", 'overrides=["run=smoke"]'])
    assert found.returncode != 0
    assert "results/occupied: is not a folder" in found.stdout
    assert "Traceback" not in found.stdout


NAMELESS = """
import pwd

def getpwuid(number):
    raise KeyError(f"getpwuid(): uid not found: {number}")

pwd.getpwuid = getpwuid
"""


@pytest.mark.usefixtures("finished")
def test_a_user_without_a_home_and_a_name_runs_it(
    project: Path, python: WarmPython, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/dev/null/none")
    done = python.run(after(NAMELESS, "-n", config=[*TINY, "name=nameless"]), project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
