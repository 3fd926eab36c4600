"""What the surroundings refuse is one line with its status; a bug keeps its traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sim.config.errors import ConfigError
from sim.config.files import CONF
from sim.drafts import drafts
from sim.front_end import answered, not_text

FAULTS = [
    (PermissionError(13, "Permission denied", "x.yaml"), 1, "x.yaml: Permission denied"),
    (OSError(36, "File name too long", "xxx"), 1, "xxx: File name too long"),
    (OSError(28, "No space left on device"), 1, "No space left on device"),
    (OSError(18, "Cross-device link", "draft", None, "x.csv"), 1, "x.csv: Cross-device link"),
    (MemoryError("Unable to allocate 30.0 GiB"), 1, "not enough memory: Unable to allocate 30.0"),
    (MemoryError(), 1, "not enough memory"),
    (ModuleNotFoundError("No module named 'hydra'", name="hydra"), 2, "make setup"),
    (ImportError("Numba needs NumPy 2.4 or less"), 2, "Numba needs NumPy 2.4 or less: run 'make"),
    (BrokenPipeError(32, "Broken pipe"), 141, ""),
    (KeyboardInterrupt(), 130, "interrupted"),
]
BUGS = [
    ValueError("a bug"),
    KeyError("a bug"),
    AssertionError(),
    OSError("not of the system"),
    ModuleNotFoundError("No module named 'sim.x'", name="sim.x"),
    ImportError("cannot import name 'x'", name="analysis.y"),
]
INTERRUPTED = """
import os, sys
from pathlib import Path
from sim.drafts import drafts
from sim.front_end import command

def main():
    with drafts([Path(sys.argv[1], name) for name in ("a", "b")]) as (a, b):
        a.write_text("half")
        os.kill(os.getpid(), int(sys.argv[2]))
        b.write_text("half")
    return 0

sys.exit(command(main))
"""


def raiser(error: BaseException):
    def work() -> int:
        raise error

    return work


@pytest.mark.parametrize(("error", "status", "said"), FAULTS, ids=lambda x: type(x).__name__)
def test_what_is_refused_is_one_line(error: BaseException, status: int, said: str, capsys) -> None:
    assert answered(raiser(error), "corescale: ") == status
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err
    assert len(printed.err.splitlines()) == bool(said)


@pytest.mark.parametrize("error", BUGS, ids=repr)
def test_a_bug_is_not_hidden(error: BaseException) -> None:
    with pytest.raises(type(error)) as raised:
        answered(raiser(error))
    assert raised.value is error


def test_a_folder_that_is_gone_is_said_to_be_the_current_one(tmp_path: Path, capsys) -> None:
    before, gone = Path.cwd(), tmp_path / "gone"
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()
    try:
        assert answered(lambda: len(os.getcwd())) == 1
    finally:
        os.chdir(before)
    assert capsys.readouterr().err == "the current folder: No such file or directory\n"


def test_bytes_that_are_no_text_are_found() -> None:
    assert not_text(["a", "ü", "語"]) == ""
    assert not_text(["a", os.fsdecode(b"x\xff")]) == "x\udcff"


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)],
    ids=lambda found: getattr(found, "name", str(found)),
)
def test_a_signal_in_the_middle_of_a_write_leaves_nothing(
    number: signal.Signals, status: int, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, str(tmp_path), str(int(number))],
        cwd=CONF.parent,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # nohup ignores hang-ups
    )
    said = "interrupted\n" if number == signal.SIGINT else ""
    assert (done.returncode, done.stdout, done.stderr) == (status, "", said)
    assert list(tmp_path.iterdir()) == []


def test_an_ignored_hang_up_stays_ignored(tmp_path: Path) -> None:
    line = f'trap "" HUP; "$0" -c "$1" {tmp_path} {int(signal.SIGHUP)}'
    done = subprocess.run(["bash", "-c", line, sys.executable, INTERRUPTED], cwd=CONF.parent)
    assert done.returncode == 0
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b"}


def test_drafts_are_all_renamed_or_none_is_left(tmp_path: Path) -> None:
    targets = [tmp_path / "new" / name for name in ("a", "b")]
    with pytest.raises(OSError) as refused, drafts(targets):
        raise OSError(28, "No space left on device")
    assert refused.value.filename == str(targets[0])
    assert list((tmp_path / "new").iterdir()) == []
    with pytest.raises(ConfigError), drafts(targets):
        raise ConfigError("the writer's own")
    assert list((tmp_path / "new").iterdir()) == []
    with drafts(targets) as names:
        for name in names:
            name.write_text(name.suffix)
    assert {path.read_text() for path in (tmp_path / "new").iterdir()} == {".tmp"}
    assert all(path.stat().st_mode & 0o777 == 0o666 & ~umask() for path in targets)


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
