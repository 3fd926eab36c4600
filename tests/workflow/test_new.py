"""A new project runs as it is, by corescale's workflow, and nothing is written over."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.__main__ import main
from sim.command.new import TEMPLATE
from sim.config.compose import compose
from sim.experiment.plan import plan
from sim.kernel.table import KernelTable
from tests.workflow.tiny import snakemake


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert main(["new", str(tmp_path / "mine")]) == 0
    return tmp_path / "mine"


def test_its_parts_compose(folder: Path) -> None:
    planned = plan("mine/messages", config_dirs=[folder])
    kernels = {curve.id: curve.config.kernel for curve in planned.curves}
    sharing = {
        name: KernelTable(kernel).part("objects.file_append").sharing
        for name, kernel in kernels.items()
    }
    assert sharing == {"pk": "mutex", "mine": "owned"}
    one = compose(["kernel=my_linux", "workload=mine/messages"], [folder])
    assert [step.call for step in one.workload.calls][-1] == "append_to_shared_file"


def test_a_folder_that_is_there_stays_as_it_is(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "README.md").write_text("mine")
    assert main(["new", str(folder)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert (folder / "README.md").read_text() == "mine"


def test_a_folder_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["new", str(tmp_path / "file/mine")]) == 1
    assert "cannot be written: Not a directory" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_its_own_snakefile_goes_to_the_report(folder: Path) -> None:
    assert len((TEMPLATE / "Snakefile").read_text().splitlines()) <= 20
    done = snakemake(folder, "--cores=1", config=['overrides=["run=smoke"]'])
    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "results/mine/report/mine-messages.html").is_file()
    again = snakemake(folder, "--cores=1", config=['overrides=["run=smoke"]'])
    assert "Nothing to be done" in again.stdout + again.stderr
