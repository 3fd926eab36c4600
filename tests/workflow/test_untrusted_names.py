"""What is typed into `snakemake --config` reaches neither a shell nor a folder but the results."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from sim.experiment.plan import plan
from tests.workflow.tiny import EXIM, LINES
from tests.workflow.warm_snakemake import WarmSnakemake

HOSTILE = "'$(touch pwned) `touch pwned` ; touch pwned # {output} {{x}} <script>alert(1)</script>'"
OVERRIDE = f"hardware.nic.name={HOSTILE}"


def test_a_shell_reads_a_curves_overrides_as_they_were_typed(tmp_path: Path) -> None:
    for curve in plan(EXIM, ["run=smoke", OVERRIDE]).curves:
        said = subprocess.run(
            ["bash", "-c", f"printf '%s\\0' {curve.arguments}"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert said.split("\0")[:-1] == shlex.split(curve.arguments)
        assert OVERRIDE in said
    assert list(tmp_path.iterdir()) == []


def names(folder: Path) -> set[str]:
    """What is in a folder, but for what the process that runs Snakemake there was told."""
    return {path.name for path in folder.iterdir() if path.suffix != ".said"}


@pytest.mark.slow
def test_a_workflow_with_hostile_overrides_runs_and_shows_them_as_text(
    project: Path, warm: WarmSnakemake
) -> None:
    before = names(project)
    overrides = ", ".join(f"'{text}'" for text in ("run=smoke", OVERRIDE.replace("'", "''")))
    done = warm(config=[f"experiments=['{LINES}']", f"overrides=[{overrides}]", "name=hostile"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert names(project) <= before | {"results", ".snakemake"}
    assert not list(project.rglob("pwned"))
    for page in (project / "results/hostile/report").glob("*.html"):
        assert "<script>alert" not in page.read_text()
    index = (project / "results/hostile/report/index.html").read_text()
    assert "touch pwned" in index
