"""A workflow that meets a full disk, a folder it cannot write, or a second workflow loses nothing.

After the fault is gone a rerun ends with the bytes of a run that nothing disturbed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workflow.tiny import SNAKEMAKE, TINY, results, snakemake

pytestmark = [pytest.mark.soak, pytest.mark.slow]

NOT_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to mount a small disk")


def config(name: str) -> list[str]:
    return [*TINY, f"name={name}"]


def assert_recovers(project: Path, name: str) -> None:
    """A rerun completes to the same bytes, and leaves nothing half-written behind."""
    snakemake(project, "--unlock", config=config(name))
    again = snakemake(project, config=config(name))
    assert again.returncode == 0, again.stdout + again.stderr
    assert results(project / "results" / name) == results(project / "results/tiny")
    assert list((project / "results" / name).rglob("*.tmp")) == []


@pytest.fixture
def small_disk(project: Path) -> Iterator[Path]:
    """A results folder on a disk of its own, of as many kilobytes as `size` says."""
    place = project / "results/disk"
    place.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)], capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"cannot mount a disk: {mounted.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=False)
    shutil.rmtree(place, ignore_errors=True)


def assert_is_refused(said: str, folder: Path, free: float) -> None:
    """One line says what is missing, before any job."""
    (line,) = [line for line in said.splitlines() if "would be written" in line]
    assert re.fullmatch(
        rf"error: {folder}: about [0-9.]+ MB would be written, and {free:.1f} MB are free there; "
        "make room, then run it again",
        line,
    )
    assert "Traceback" not in said
    assert "Simulating" not in said


@NOT_ROOT
@pytest.mark.usefixtures("finished")
@pytest.mark.parametrize("kilobytes", [16, 64, 256, 1024])
@pytest.mark.parametrize("foreseen", [True, False])
def test_a_full_disk_is_said_and_survived(
    project: Path, small_disk: Path, kilobytes: int, foreseen: bool
) -> None:
    def resize(size: str) -> None:
        remount = ["mount", "-o", f"remount,size={size}", str(small_disk)]
        subprocess.run(remount, check=True)

    resize(f"{kilobytes}k")
    # Without the hooks nobody asks, as where something else fills the disk while a workflow runs.
    full = snakemake(project, *([] if foreseen else ["--no-hooks"]), config=config("disk"))
    assert full.returncode != 0
    said = full.stdout + full.stderr
    if foreseen:
        free = kilobytes * 1024 / 1e6
        assert_is_refused(said, small_disk.relative_to(project), free)
        assert not [path for path in small_disk.rglob("*") if path.is_file()]
    else:
        said += "".join(path.read_text() for path in small_disk.rglob("*.log"))
        # The job's own words are lost where not even its log could be written.
        assert "No space left on device" in said or "Error in rule" in said
    assert not list(small_disk.rglob("index.html"))
    resize("64m")
    assert_recovers(project, "disk")


@pytest.mark.usefixtures("finished")
def test_a_results_folder_that_cannot_be_written_is_said_and_survived(project: Path) -> None:
    name = "readonly"
    done = snakemake(project, config=config(name))
    assert done.returncode == 0
    folder = project / "results" / name / "osdi10/fig04_exim"
    lock(folder)
    try:
        refused = snakemake(project, "--forcerun", "runs", config=config(name))
        assert refused.returncode != 0
    finally:
        unlock(folder)
    assert_recovers(project, name)


def lock(folder: Path) -> None:
    """Let nobody write to a folder: root ignores permissions, but not a read-only mount."""
    if os.geteuid() == 0:
        bound = subprocess.run(["mount", "--bind", str(folder), str(folder)], capture_output=True)
        if bound.returncode != 0:
            pytest.skip("cannot mount a folder read-only")
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
    else:
        folder.chmod(0o555)


def unlock(folder: Path) -> None:
    if os.geteuid() == 0:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
    else:
        folder.chmod(0o755)


@pytest.mark.usefixtures("finished")
@pytest.mark.parametrize("round_", range(2))
def test_of_two_concurrent_workflows_one_does_the_work_and_the_results_are_whole(
    project: Path, round_: int
) -> None:
    name = f"both{round_}"
    command = [str(SNAKEMAKE), "--config", *config(name)]
    both = [
        subprocess.Popen(
            command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=600)[0] for process in both]
    codes = sorted(process.returncode for process in both)
    assert codes[0] == 0, said
    for process, text in zip(both, said, strict=True):
        if process.returncode != 0:
            assert "lock" in text.lower()
            assert "Traceback" not in text
    assert results(project / "results" / name) == results(project / "results/tiny")
    assert_recovers(project, name)


@pytest.mark.usefixtures("finished")
def test_two_concurrent_workflows_of_different_names_do_not_disturb_each_other(
    project: Path,
) -> None:
    first = project
    second = project.with_name("second")
    shutil.copytree(project, second, ignore=shutil.ignore_patterns("results", ".snakemake"))
    both = [
        subprocess.Popen(
            [str(SNAKEMAKE), "--config", *config("apart")],
            cwd=place,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for place in (first, second)
    ]
    assert [process.wait(timeout=600) for process in both] == [0, 0]
    for place in (first, second):
        assert results(place / "results/apart") == results(project / "results/tiny")
