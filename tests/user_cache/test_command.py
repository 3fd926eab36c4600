"""`cache` shows what is kept and where, and removes that and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from sim.__main__ import main
from sim.command.cache import shown
from sim.config.files import CONF
from sim.user_cache.entry import write
from sim.version import compiled_version
from tests.user_cache.users import BOB, MALLORY, NEEDS_ROOT, as_user


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with one engine in use and one of other sources, compositions, and old files."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    root = tmp_path / "xdg/corescale"
    folders = (f"engines/{compiled_version()}", "engines/0123456789abcdef", "composed/run/aaaa")
    for age, (name, size) in enumerate(zip(folders, (1_000, 1_000_000, 200), strict=True)):
        write(root / name / "file", bytes(size))
        os.utime(root / name, (1_000_000 - 3_600 * age,) * 2)
    write(root / "fedcba9876543210/engine_1/run.nbc", bytes(10))
    for small in ("matplotlib/fonts.json", "scripts/1.0/vega.js", "probes/latency"):
        write(root / small, bytes(10))
    return root


def test_it_shows_what_is_kept_where_how_old_it_is_and_what_is_in_use(root: Path) -> None:
    assert list(shown(1_000_005)) == [
        f"{root}: in use",
        "  2 compiled engines, 1.0 MB",
        f"    {compiled_version()} of these sources, 1.1 kB, used 5 seconds ago",
        "    0123456789abcdef of others, 1.0 MB, used 1 hour ago",
        "  1 engine of earlier revisions, 75 bytes",
        "  1 composition, 265 bytes, used 2 hours ago",
    ]


def test_it_says_why_a_better_place_is_not_used(root: Path, tmp_path: Path, capsys) -> None:
    root.rename(tmp_path / "elsewhere")
    root.symlink_to(tmp_path / "elsewhere")
    assert main(["cache"]) == 0
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first == f"{tmp_path}/tmp/corescale-cache-{os.geteuid()}: in use"
    assert second.startswith(f"  because {root}: is a symbolic link")


def test_clear_removes_what_is_kept_in_use_or_not_and_nothing_else(
    root: Path, tmp_path: Path, capsys
) -> None:
    other = tmp_path / f"tmp/corescale-cache-{os.geteuid()}"
    for place in (root, other):
        write(place / "composed/run/bbbb/file", bytes(100))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/precious").write_text("")
    (root / "link").symlink_to(tmp_path / "mine")
    (root / "engines/link").symlink_to(tmp_path / "mine")
    (root / "notes.txt").write_text("")
    assert main(["cache", "clear"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{root}: 1.0 MB freed",
        "  link: not corescale's, left alone",
        "  notes.txt: not corescale's, left alone",
        f"{other}: 165 bytes freed",
    ]
    assert sorted(path.name for path in root.iterdir()) == ["link", "notes.txt"]
    assert list(other.iterdir()) == []
    assert (tmp_path / "mine/precious").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["clean"], "cache clean: no verb called 'clean'\n  did you mean clear?"),
        (["clear", "all"], "cache clear all: cache takes nothing or one word"),
        (["-f"], "-f: unknown option"),
    ],
)
def test_anything_else_is_refused(words: list[str], said: str, capsys) -> None:
    assert main(["cache", *words]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(said)


NOBODY = """
import pwd, runpy, sys
def getpwuid(number):
    raise KeyError(number)
pwd.getpwuid = getpwuid
sys.argv[0] = "sim"
runpy.run_module("sim", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize("words", ["--version", "describe hardware.clock_ghz", "cache"])
def test_a_user_without_a_home_or_an_entry_in_passwd_is_served(words: str, tmp_path: Path) -> None:
    known = {name: text for name, text in os.environ.items() if not name.startswith("XDG_")}
    known.pop("HOME", None)
    command = [sys.executable, "-c", NOBODY, *words.split()]
    environment = {**known, "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        command, cwd=CONF.parent, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout and done.stderr == ""


def clear() -> int:
    return main(["cache", "clear"])


@NEEDS_ROOT
def test_clear_does_not_touch_a_neighbours_folder(shared: Path) -> None:
    planted = shared / f"corescale-cache-{BOB}"
    as_user(MALLORY, write, planted / "engines/v/code", b"")
    planted.chmod(0o777)
    (planted / "engines").chmod(0o777)
    assert as_user(BOB, clear, TMPDIR=shared, HOME=None, XDG_CACHE_HOME=None) == 0
    assert (planted / "engines/v/code").exists()
