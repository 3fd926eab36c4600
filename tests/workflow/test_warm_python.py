"""The Python that other tests start programs with is as a fresh one, where they would notice."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sim.front_end import OWN
from tests.warm_python import WarmPython


def test_it_has_imported_nothing_of_ours(python: WarmPython, tmp_path: Path) -> None:
    code = f"import sys; print([m for m in sys.modules if m.partition('.')[0] in {OWN}])"
    done = python.run(["-c", code], tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


def test_a_program_has_its_folder_its_words_and_no_other_variables(
    python: WarmPython, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text(
        "import os, sys\n"
        "print(os.getcwd(), sys.argv, sys.path[:2], sys.stdin.read(), __name__)\n"
        "print(sorted(name for name in os.environ if 'THREADS' not in name))\n"
    )
    file, given = tmp_path / "mine.py", {"PYTHONPATH": "/nowhere", "MINE": "1"}
    done = python.run(["-m", "mine", "a", "b"], tmp_path, given)
    first, second = done.stdout.splitlines()
    assert first == f"{tmp_path} {[str(file), 'a', 'b']} {[str(tmp_path), '/nowhere']}  __main__"
    assert second == "['MINE', 'PYTHONPATH']"
    assert "MINE" not in os.environ


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("", 0, ""),
        ("raise SystemExit", 0, ""),
        ("raise SystemExit(3)", 3, ""),
        ("raise SystemExit('no')", 1, "no\n"),
        ("import os; os.kill(os.getpid(), 9)", -9, ""),
        ("1 / 0", 1, "ZeroDivisionError: division by zero\n"),
    ],
)
def test_it_ends_as_a_process_of_its_own_does(
    python: WarmPython, tmp_path: Path, code: str, status: int, said: str
) -> None:
    done = python.run(["-c", code], tmp_path)
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr.endswith(said) and bool(done.stderr) == bool(said)
