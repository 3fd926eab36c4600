"""An interrupt ends every program with one word and its status, at whichever import it comes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim import interruption
from sim.config.files import CONF

FIRST = "sim.interruption"
PLACES = 10
"""How many of a program's imports are interrupted: its first ones, and others evenly spaced."""

AT_AN_IMPORT = """
import os, signal, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ.get("INTERRUPTED_IMPORT"):
            os.kill(os.getpid(), signal.SIGINT)
        if "IMPORTS" in os.environ:
            with open(os.environ["IMPORTS"], "a") as file:
                print(name, file=file)

sys.meta_path.insert(0, Finder())
"""
ENTRY = "import sys\nfrom sim.__main__ import command\nsys.exit(command())\n"
PROGRAMS = {
    "sim": ["-m", "sim", "describe", "run.seed"],
    "sim, a run": ["-m", "sim", "run", "workload=micro/counter", "run=smoke", "cores=[1]"],
    "corescale": ["FOLDER/corescale", "list", "kernel"],
    "analysis": ["-m", "analysis", "compare", "/nowhere", "/neither"],
    "calibration": ["-m", "calibration", "--help"],
}
UNDONE = """
import os, signal, sys
from pathlib import Path
from sim.drafts import drafts
from sim.front_end import command

def main():
    with drafts([Path(sys.argv[1], "half")]) as (half,):
        half.write_text("half")
        import its_import_is_interrupted
    return 0

sys.exit(command(main))
"""
TOO_LATE = """
import atexit, os, signal, sys
from sim.front_end import command

atexit.register(os.kill, os.getpid(), signal.SIGINT)
sys.exit(command(lambda: print("done") or 0))
"""


@pytest.fixture(scope="module")
def hooked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose `sitecustomize` interrupts the process at an import, or lists all of them."""
    folder = tmp_path_factory.mktemp("hooked")
    (folder / "sitecustomize.py").write_text(AT_AN_IMPORT)
    (folder / "corescale").write_text(ENTRY)
    return folder


def python(
    hooked: Path, arguments: list[str], **environment: str
) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(hooked), str(CONF.parent)])
    return subprocess.run(
        [sys.executable, *(word.replace("FOLDER", str(hooked)) for word in arguments)],
        cwd=CONF.parent,
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def imports(hooked: Path, arguments: list[str]) -> list[str]:
    """Modules that a program looks for, from the first one on that an interrupt can find ready."""
    listed = hooked / "imports"
    listed.unlink(missing_ok=True)
    python(hooked, arguments, IMPORTS=str(listed))
    names = list(dict.fromkeys(listed.read_text().splitlines()))
    return names[names.index(FIRST) + 1 :]


@pytest.mark.parametrize("program", PROGRAMS)
def test_at_any_import_it_is_one_word(hooked: Path, program: str) -> None:
    arguments = PROGRAMS[program]
    found = imports(hooked, arguments)
    assert len(found) > 3
    early, late = found[: PLACES // 2], found[PLACES // 2 :]
    for name in [*early, *late[:: len(late) // (PLACES // 2) + 1]]:
        done = python(hooked, arguments, INTERRUPTED_IMPORT=name)
        said = (done.returncode, done.stderr)
        assert said == (interruption.STATUS, f"{interruption.WORD}\n"), name


def test_what_is_half_written_is_removed_whatever_is_imported(hooked: Path, tmp_path: Path) -> None:
    interrupted = "its_import_is_interrupted"
    done = python(hooked, ["-c", UNDONE, str(tmp_path)], INTERRUPTED_IMPORT=interrupted)
    assert (done.returncode, done.stderr) == (interruption.STATUS, "interrupted\n")
    assert list(tmp_path.iterdir()) == []


def test_work_that_is_done_stays_done(hooked: Path) -> None:
    done = python(hooked, ["-c", TOO_LATE])
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def test_an_ignored_interrupt_stays_ignored(hooked: Path) -> None:
    # As in the background of a script.
    line = 'trap "" INT; exec "$0" -m sim --version'
    environment = {**os.environ, "PYTHONPATH": f"{hooked}:{CONF.parent}"}
    done = subprocess.run(
        ["bash", "-c", line, sys.executable],
        cwd=CONF.parent,
        env={**environment, "INTERRUPTED_IMPORT": "sim.version"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_program_of_others_keeps_its_interrupts(hooked: Path) -> None:
    code = "import signal, sim; print(signal.getsignal(signal.SIGINT).__name__)"
    assert python(hooked, ["-c", code]).stdout == "default_int_handler\n"


PLANNING = ["analysis.workflow.invocation", "sim.experiment.plan", "sim.lowering"]
"""Imported by the Snakefile, one of them while its experiments are planned."""


@pytest.mark.parametrize("name", PLANNING)
def test_a_workflow_that_is_being_planned_ends_with_one_word_and_no_lock(
    hooked: Path, name: str
) -> None:
    config = ["--config", 'experiments=["micro/open_close"]', "name=of_a_test_interrupted"]
    workflow = ["-m", "snakemake", "--cores", "1", *config]
    done = python(hooked, workflow, INTERRUPTED_IMPORT=name)
    assert done.returncode == interruption.STATUS
    assert done.stderr.splitlines()[-1] == interruption.WORD and "Traceback" not in done.stderr
    again = python(hooked, [*workflow, "--dry-run"])
    assert again.returncode == 0, again.stderr
