"""Compiled code is loaded if it is whole and ours; else it is compiled again, and that is said."""

from __future__ import annotations

import errno
import os
import pickle
import random
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sim.config.files import CONF
from sim.engine.compiled import cached
from sim.user_cache import machine_code
from sim.user_cache.entry import write
from sim.user_cache.remark import remark
from tests.user_cache.users import BOB, MALLORY, NEEDS_ROOT, as_user

BITS = 30


def double(number):
    return 2 * number


def loads() -> int:
    """Call the function as a new process would; how often it came from the cache (0 or 1)."""
    remark.cache_clear()
    dispatcher = cached(double)
    assert dispatcher(21) == 42
    return sum(dispatcher.stats.cache_hits.values())


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the function's code."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert loads() == 0
    (path,) = (tmp_path / "corescale/engines").rglob("*double*")
    return path


def test_code_is_kept_and_loaded(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert loads() == 1
    assert capsys.readouterr().err == ""
    cached(double).recompile()  # forgets what was kept
    assert not kept.exists()


def damaged(content: bytes) -> list[bytes]:
    """Cut a file at some lengths, lengthen it, empty it, and flip some of its bits."""
    rng = random.Random(13)
    cuts = [0, 1, 63, 64, 65, 66, len(content) // 2, len(content) - 1]
    flips = []
    for _ in range(BITS):
        changed = bytearray(content)
        bit = rng.randrange(8 * len(content))
        changed[bit // 8] ^= 1 << bit % 8
        flips.append(bytes(changed))
    return [content[:cut] for cut in cuts] + [content + b"\0", bytes(len(content)), *flips]


def test_any_damage_is_noticed_said_in_one_line_and_mended(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = kept.read_bytes()
    for content in damaged(whole):
        kept.write_bytes(content)
        assert loads() == 0
        assert capsys.readouterr().err == f"{kept} is damaged; it is compiled again\n"
        assert loads() == 1
        assert capsys.readouterr().err == ""


def test_what_cannot_be_unpickled_is_compiled_again(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for content in (b"", b"garbage", pickle.dumps((1, 2)), pickle.dumps(None)):
        write(kept, content)
        assert loads() == 0
        said = capsys.readouterr().err
        assert said.startswith(f"{kept} cannot be used (") and said.count("\n") == 1
        assert loads() == 1


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
def test_a_cache_that_cannot_be_written_does_not_stop_a_run(
    kept: Path, number: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(path: Path, content: bytes) -> None:
        raise OSError(number, os.strerror(number))

    kept.unlink()
    monkeypatch.setattr(machine_code, "write", refuse)
    assert loads() == 0
    assert capsys.readouterr().err == (
        f"{kept.parent}: compiled code cannot be kept: {os.strerror(number)}\n"
    )


def test_a_lack_of_room_is_said_with_what_is_missing(
    kept: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept.unlink()
    disk = SimpleNamespace(f_blocks=1000, f_bavail=75, f_frsize=4096)
    monkeypatch.setattr(os, "statvfs", lambda place: disk)
    assert loads() == 0
    assert capsys.readouterr().err == (
        f"{kept.parents[2]}: compiled code needs 1,000,000 bytes, the disk has 307,200, "
        "692,800 too few: it is not kept\n"
    )
    assert not kept.exists()
    disk.f_bavail = 1000
    assert loads() == 0
    assert kept.exists()
    disk.f_bavail = 0
    assert loads() == 1  # nothing has to be written
    kept.unlink()
    disk.f_blocks = 0  # a file system that counts nothing
    assert loads() == 0
    assert kept.exists()
    assert capsys.readouterr().err == ""


@NEEDS_ROOT
def test_a_disk_that_is_full_leaves_no_half_written_file(tmp_path: Path) -> None:
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(tmp_path)]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("cannot mount a small disk")
    try:
        with pytest.raises(OSError, match="No space left"):
            write(tmp_path / "a/b", bytes(100_000))
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def test_without_any_place_code_is_compiled_for_one_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = SimpleNamespace(folder=None, refused=("no disk",))
    monkeypatch.setattr(machine_code, "place", lambda: nowhere)
    assert loads() == 0
    assert capsys.readouterr().err == "compiled code cannot be kept: no disk\n"


def test_code_with_and_without_checks_of_bounds_is_kept_apart(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_code.config, "BOUNDSCHECK", 1)
    assert loads() == 0
    assert len(list(kept.parent.iterdir())) == 2
    monkeypatch.undo()


def test_engines_of_other_sources_are_forgotten_the_least_used_first(kept: Path) -> None:
    others = [kept.parents[1] / f"{number:016}" for number in range(9)]
    for number, folder in enumerate(others):
        folder.mkdir()
        os.utime(folder, (number, number))
    kept.unlink()
    assert loads() == 0
    left = {kept.parent.name, *(folder.name for folder in others[-machine_code.KEPT + 1 :])}
    assert {folder.name for folder in kept.parents[1].iterdir()} == left


def test_no_other_cache_of_numbas_is_read_or_written(tmp_path: Path) -> None:
    """Its variable and the folders beside the sources name places that were never examined."""
    own, numbas = tmp_path / "own", tmp_path / "numbas"
    code = (
        "from sim.engine.compiled import cached\n"
        "from tests.user_cache.test_machine_code import double\n"
        "assert cached(double)(21) == 42"
    )
    environment = os.environ | {"XDG_CACHE_HOME": str(own), "NUMBA_CACHE_DIR": str(numbas)}
    command = [sys.executable, "-c", code]
    subprocess.run(command, cwd=CONF.parent, env=environment, check=True)
    assert not numbas.exists()
    assert not list((CONF.parent / "tests/user_cache").rglob("*.nb?"))
    assert len([path for path in own.rglob("*") if path.is_file()]) == 1


# --- two users -----------------------------------------------------------------------------


class Evil:
    """What makes a folder when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.trace),)


def plant(path: Path, trace: Path) -> None:
    """Leave a file that a victim would look for, with a right digest, for everybody to read."""
    os.umask(0)
    write(path, pickle.dumps(Evil(trace)))
    for place in (path, *path.parents):
        if place.stat().st_uid == os.geteuid():
            place.chmod(0o777 if place.is_dir() else 0o644)


@NEEDS_ROOT
def test_a_neighbours_code_never_runs(shared: Path) -> None:
    environment = {"TMPDIR": shared, "HOME": None, "XDG_CACHE_HOME": None}
    own = shared / f"corescale-cache-{BOB}"
    assert as_user(BOB, loads, **environment) == 0
    (code,) = own.rglob("*double*")
    place, trace = code.relative_to(own), shared / "trace"

    as_user(BOB, plant, code, trace, **environment)  # his own: the bait is one
    as_user(BOB, loads, **environment)
    assert trace.is_dir()
    trace.rmdir()
    as_user(BOB, own.rename, shared / "away")

    as_user(MALLORY, plant, own / place, trace)
    assert as_user(BOB, loads, **environment) == 0
    assert not trace.exists()
    (fresh,) = shared.glob(f"corescale-cache-{BOB}-*")
    assert (fresh / place).stat().st_uid == BOB
    assert as_user(BOB, loads, **environment) == 1
