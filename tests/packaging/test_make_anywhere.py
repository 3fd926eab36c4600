"""make stands in a checkout whatever its path is called, or says which paths cannot be."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = [
    "plain",
    "it's",
    'the "best" one',
    "a b  c",
    "1$",
    "$(touch made)",
    "`touch made`",
    "back\\slash",
    "#1 %20 ~ [a]* ?",
    "a&b;c|d<e>f",
    "Übermaß",
    "-dash",
    " blank ",
    "a=b,c!",
]
IMPOSSIBLE = ["a:b", "{x}", "a}", "$HOME", "${x}", "$x's", "two\nlines"]
INTERPRETER = """\
#!/bin/bash
# Stands for Python: makes environments of itself, and writes down what it is asked to run.
case "$1 $2" in
"-m venv")
    mkdir -p .venv/bin
    cp "$0" .venv/bin/python
    printf '#!%s\\n' "$(pwd -P)/.venv/bin/python" >.venv/bin/pip
    printf 'VIRTUAL_ENV=%q\\n' "$(pwd -P)/.venv" >.venv/bin/activate
    ;;
-m*)
    [[ $0 == .venv/bin/python || $(command -v python) -ef .venv/bin/python ]] || exit 9
    [[ $2 == pip || $VIRTUAL_ENV -ef .venv ]] || exit 9
    echo "${*:2}" >>asked
    echo "$HOME as $LOGNAME" >home
    ;;
esac
"""


@pytest.fixture
def interpreter(tmp_path: Path) -> Path:
    path = tmp_path / "its own $PYTHON"
    path.write_text(INTERPRETER)
    path.chmod(0o755)
    return path


def checkout(folder: Path) -> Path:
    """Copy what make reads into a folder."""
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "requirements-build.lock"):
        shutil.copy(ROOT / name, folder)
    return folder


def make(
    folder: Path, interpreter: Path, target: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", target],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHON": str(interpreter), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_an_environment_is_made_once_and_used(name: str, tmp_path: Path, interpreter: Path) -> None:
    folder = checkout(tmp_path / name)
    done = make(folder, interpreter, "setup")
    assert (done.returncode, done.stderr) == (0, "")
    asked = (folder / "asked").read_text().splitlines()
    assert [line.split()[2] for line in asked] == ["install"] * 3 + ["check"]
    assert make(folder, interpreter, "setup").stdout == ""
    done = make(folder, interpreter, "paper")
    assert (done.returncode, done.stderr) == (0, "")
    assert (folder / "asked").read_text().splitlines()[4:] == ["sim warm", "snakemake --cores all"]
    assert not (folder / "made").exists()


@pytest.mark.parametrize("name", IMPOSSIBLE, ids=ascii)
def test_a_path_in_which_no_environment_can_stand_is_refused(
    name: str, tmp_path: Path, interpreter: Path
) -> None:
    folder = checkout(tmp_path / name)
    done = make(folder, interpreter, "setup")
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: no environment can stand in '{folder}'\n")
    assert "move the checkout" in done.stderr
    assert not (folder / "asked").exists() and not (folder / ".venv").exists()


def test_a_moved_checkout_gets_a_new_environment(tmp_path: Path, interpreter: Path) -> None:
    folder = checkout(tmp_path / "it's here")
    make(folder, interpreter, "setup")
    moved = folder.rename(tmp_path / "it's there")
    assert "installing" in make(moved, interpreter, "setup").stdout
    assert str(moved) in (moved / ".venv/bin/pip").read_text()


@pytest.mark.parametrize(("name", "warned"), [("`touch made`", True), ("it's", False)])
def test_a_path_that_an_old_activate_would_misread_is_warned_of(
    name: str, warned: bool, tmp_path: Path, interpreter: Path
) -> None:
    quoted = "printf 'VIRTUAL_ENV=%q\\n'"
    assert quoted in INTERPRETER
    interpreter.write_text(INTERPRETER.replace(quoted, quoted.replace("%q", '"%s"')))
    folder = checkout(tmp_path / name)
    done = make(folder, interpreter, "setup")
    assert done.returncode == 0
    assert (".venv/bin/python -m sim" in done.stderr) == warned
    assert not (folder / "made").exists()


def test_a_user_without_a_home_gets_one_in_the_checkout(tmp_path: Path, interpreter: Path) -> None:
    folder, own = checkout(tmp_path / "it's here"), tmp_path / "own"
    own.mkdir()
    (tmp_path / "file").write_text("")
    for home in (
        {},
        {"HOME": ""},
        {"HOME": str(tmp_path / "none")},
        {"HOME": str(tmp_path / "file")},
    ):
        done = make(folder, interpreter, "paper", LOGNAME="me", **home)
        assert (done.returncode, done.stderr) == (0, "")
        assert (folder / "home").read_text() == f"{folder}/.home as me\n"
    make(folder, interpreter, "paper", HOME=str(own))
    home, name = (folder / "home").read_text().strip().split(" as ")
    assert home == str(own) and name
    assert list(own.iterdir()) == []
