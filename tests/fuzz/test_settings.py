"""Thousands of settings that nobody thought of: each is used, or refused with one message."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.config.compose import compose
from sim.config.errors import ConfigError
from sim.config.files import CHOICE_GROUPS, CONF
from sim.config.keys import all_keys, keys, shape_of
from sim.experiment.plan import load_experiment
from sim.fork_server import ForkServer
from tests.fuzz.mutations import mutated_file, override

ROOT = CONF.parent
OVERRIDES = 2000
SEEDS = range(8)
FILES = 60
COMMANDS = 50
WORKLOADS = ("exim", "apache", "postgres", "micro/lock", "micro/broadcast", "gmake", "metis")
KEYS = [*sorted(all_keys()), *CHOICE_GROUPS, "cores", "order", "free"]
TYPICAL = [
    "hardware=opteron_8x6",
    "hardware.coherence.hop_cycles=200",
    "hardware.topology.links=[[0,1],[1,2]]",
    "kernel=linux_stock",
    "kernel/fix=all",
    "kernel.fix.dentry_lock=true",
    "workload=exim",
    "workload=micro/lock",
    "run=quick",
    "run.seed=7",
    "cores=[1,8,48]",
    "cores=range(4,49,4)",
    "order=package",
    "free=[vfsmount_table]",
]
SMALL = ["workload=micro/lock", "run=smoke", "cores=[2]"]

pytestmark = pytest.mark.usefixtures("unchanging_files")


@pytest.mark.parametrize("seed", SEEDS)
def test_an_override_is_used_or_refused_with_a_message_that_begins_with_it(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(OVERRIDES // len(SEEDS)):
        text = override(rng, KEYS, TYPICAL)
        chosen = [f"workload={rng.choice(WORKLOADS)}"] if rng.random() < 0.8 else []
        try:
            compose([*chosen, text])
        except ConfigError as refusal:
            assert str(refusal).startswith(f"{text}: "), f"{chosen} {text!r}: {refusal}"


CONFIGURATION = {
    group: sorted(
        path
        for path in (CONF / group).rglob("*.yaml")
        if group != "kernel" or path.parent == CONF / "kernel"
    )
    for group in (*CHOICE_GROUPS, "experiment")
}


@pytest.mark.parametrize("number", range(FILES))
def test_a_file_of_the_users_is_used_or_refused_with_a_message_that_begins_with_it(
    number: int, tmp_path: Path
) -> None:
    rng = random.Random(number)
    group = rng.choice(sorted(CONFIGURATION))
    original = rng.choice(CONFIGURATION[group])
    place = tmp_path / original.relative_to(CONF).with_name("mine.yaml")
    place.parent.mkdir(parents=True)
    place.write_bytes(mutated_file(rng, original.read_text()))
    name = place.relative_to(tmp_path / group).with_suffix("").as_posix()
    try:
        if group == "experiment":
            load_experiment(name, [tmp_path])
        else:
            compose([f"{group}={name}"], [tmp_path])
    except ConfigError as refusal:
        assert str(refusal).startswith(str(place)), f"{original}: {refusal}"


@pytest.fixture(scope="module")
def server() -> Iterator[None]:
    """Let a process that has imported everything do what the command line asks for."""
    one = ForkServer(["sim.command.run", "sim.command.warm:load"])
    one.start()
    yield
    one.stop()


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("number", range(COMMANDS))
def test_a_command_writes_everything_or_says_why_not_and_writes_nothing(
    number: int, tmp_path: Path
) -> None:
    rng = random.Random(10_000 + number)
    known = [name for name in keys(shape_of(compose(SMALL))) if name.count(".") > 1]
    text = override(rng, known if number % 2 else KEYS, TYPICAL)
    done = subprocess.run(
        [sys.executable, "-m", "sim", "run", *SMALL, text, "out=x.parquet"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    if done.returncode == 0:
        assert files(tmp_path) == {"x.parquet", "x.account.parquet", "x.config.json"}
        return
    assert done.returncode == 2, f"{text!r}: {done.stderr}"
    assert done.stderr.startswith((f"{text}: ", f"{text.split('=')[0]}")), (
        f"{text!r}: {done.stderr}"
    )
    assert done.stdout == ""
    assert files(tmp_path) == set()
