"""A sweep on a real Slurm cluster ends with the bytes of a local run, also when a node is lost.

`make test-slurm` installs what it needs besides Slurm (Debian, Ubuntu: slurm-wlm and munge).
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.workflow.local_slurm import LocalSlurm, missing, wait_until
from tests.workflow.tiny import EXIM, LINES, SNAKEMAKE, results, snakemake

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.slow,
    pytest.mark.skipif(bool(missing()), reason=f"needs a cluster: no {missing()}"),
    pytest.mark.skipif(
        find_spec("snakemake_executor_plugin_slurm") is None,
        reason="needs a cluster: pip install --no-build-isolation -e '.[slurm]'",
    ),
]
# A curve takes seconds: time to kill its node.
SWEEP = [
    f'experiments=["{LINES}","{EXIM}"]',
    'overrides=["run=smoke","run.replications=20","cores=[1,24,48]"]',
]
PROFILE = ["--profile", "profiles/slurm", "--group-components", "curves=2", "figures=2"]
IMPATIENT = ["--slurm-init-seconds-before-status-checks", "3"]


@pytest.fixture(scope="module")
def local(project: Path) -> dict[str, str]:
    """What a local run of the sweep writes."""
    done = snakemake(project, config=[*SWEEP, "name=local"])
    assert done.returncode == 0, done.stdout + done.stderr
    return results(project / "results/local")


def is_of_a_curve(file: str) -> bool:
    """Say whether a simulation writes a file, and not the analysis."""
    return file.endswith((".parquet", ".config.json")) and "/traces/" not in file


def submit(project: Path, cluster: LocalSlurm, name: str, *targets: str) -> subprocess.Popen[str]:
    """Start the sweep on a cluster, or those files of it that are named."""
    return subprocess.Popen(
        [str(SNAKEMAKE), *targets, *PROFILE, *IMPATIENT, "--config", *SWEEP, f"name={name}"],
        cwd=project,
        env=cluster.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def output(workflow: subprocess.Popen[str]) -> str:
    """Wait for a workflow that succeeds, and return what it said."""
    try:
        said, _ = workflow.communicate(timeout=300)
    finally:
        workflow.kill()
    assert workflow.returncode == 0, said
    return said


def test_a_cluster_writes_the_bytes_of_a_local_run(project: Path, local: dict[str, str]) -> None:
    with LocalSlurm(requeue=True) as cluster:
        said = output(submit(project, cluster, "cluster"))
    assert results(project / "results/cluster") == local
    # Three curves in two jobs, the figures of both experiments in one, the report here.
    assert said.count("has been submitted with SLURM jobid") == 3


@pytest.mark.parametrize(
    ("requeue", "kill", "submissions"),
    [(True, LocalSlurm.kill_daemon, 2), (False, LocalSlurm.kill_node, 3)],
    ids=["Slurm requeues the jobs of a lost daemon", "Snakemake resubmits the jobs of a dead node"],
)
def test_a_lost_node_costs_time_and_nothing_else(
    project: Path,
    local: dict[str, str],
    requeue: bool,
    kill: Callable[[LocalSlurm, str], None],
    submissions: int,
) -> None:
    name = f"lost-{submissions}"
    curves = {file: digest for file, digest in local.items() if is_of_a_curve(file)}
    targets = [f"results/{name}/{file}" for file in curves]
    with LocalSlurm(requeue=requeue) as cluster:
        workflow = submit(project, cluster, name, *targets)
        wait_until(lambda: cluster.busy_node("-m sim run"), "no curve was simulated")
        lost = cluster.busy_node("-m sim run")
        assert lost is not None
        kill(cluster, lost)
        said = output(workflow)
        assert cluster.states()[lost].startswith("down")
        assert cluster.ends() == ({"COMPLETED"} if requeue else {"COMPLETED", "NODE_FAIL"})
    assert results(project / f"results/{name}") == curves
    assert said.count("has been submitted with SLURM jobid") == submissions
