"""The user's cache is a folder that nobody else can write, wherever the environment points."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from sim.config.files import CONF
from sim.user_cache import contents
from sim.user_cache.entry import DamagedError, read, write
from sim.user_cache.place import existing, place
from tests.user_cache.users import BOB, MALLORY, NEEDS_ROOT, as_user


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder, and a temporary folder beside it; nothing else is in the environment."""
    for name in ("home", "tmp"):
        (tmp_path / name).mkdir()
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    return tmp_path / "home"


def mode(folder: Path) -> int:
    return stat.S_IMODE(folder.stat().st_mode)


def test_it_is_in_the_users_home_and_private(home: Path) -> None:
    old = os.umask(0)
    try:
        found = place()
    finally:
        os.umask(old)
    assert (found.folder, found.refused) == (home / ".cache/corescale", ())
    assert mode(home / ".cache/corescale") == mode(home / ".cache") == 0o700


@pytest.mark.parametrize("lax", [0o777, 0o770, 0o2775, 0o702])
def test_a_folder_of_ours_that_others_can_write_is_made_private(home: Path, lax: int) -> None:
    folder = home / ".cache/corescale"
    folder.mkdir(parents=True)
    folder.chmod(lax)
    assert place().folder == folder
    assert mode(folder) == 0o700


def test_one_that_others_can_only_read_stays_as_it_is(home: Path) -> None:
    (home / ".cache/corescale").mkdir(parents=True, mode=0o755)
    assert place().folder == home / ".cache/corescale"
    assert mode(home / ".cache/corescale") == 0o755


def test_a_link_is_refused_and_said_where_it_is_asked_for(home: Path, tmp_path: Path) -> None:
    (home / ".cache").mkdir()
    (home / ".cache/corescale").symlink_to(tmp_path)
    found = place()
    assert found.folder == tmp_path / f"tmp/corescale-cache-{os.geteuid()}"
    assert found.refused == (
        f"{home}/.cache/corescale: is a symbolic link; name its target in XDG_CACHE_HOME",
    )


def test_a_file_in_its_place_is_refused(home: Path, tmp_path: Path) -> None:
    (home / ".cache").write_text("")
    found = place()
    assert found.folder == tmp_path / f"tmp/corescale-cache-{os.geteuid()}"
    assert found.refused == (f"{home}/.cache/corescale: Not a directory",)


def test_a_relative_xdg_cache_home_is_ignored_as_its_specification_says(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    assert place().folder == home / ".cache/corescale"
    assert place().refused == ("XDG_CACHE_HOME=here: not an absolute path",)


def test_where_the_plain_name_is_taken_a_fresh_one_is_found_again_by_its_owner(
    home: Path, tmp_path: Path
) -> None:
    (home / ".cache").write_text("")
    (tmp_path / f"tmp/corescale-cache-{os.geteuid()}").write_text("")
    first = place()
    assert first.folder is not None
    assert first.folder.parent == tmp_path / "tmp"
    assert mode(first.folder) == 0o700
    os.environ["TMP"] = str(tmp_path)  # decided anew
    try:
        assert place().folder == first.folder
    finally:
        del os.environ["TMP"]
    assert existing() == [first.folder]


def test_without_any_place_nothing_is_kept(home: Path, tmp_path: Path) -> None:
    (home / ".cache").write_text("")
    (tmp_path / "tmp").rmdir()
    (tmp_path / "tmp").write_text("")
    assert place().folder is None
    assert len(place().refused) == 3


def test_neither_help_nor_version_makes_a_folder(tmp_path: Path) -> None:
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    for words in (["--version"], ["run", "--help"], ["completion", "bash"]):
        command = [sys.executable, "-m", "sim", *words]
        subprocess.run(command, cwd=CONF.parent, env=environment, check=True, capture_output=True)
    assert list(tmp_path.iterdir()) == []


def test_without_a_home_the_list_of_fonts_is_in_the_users_cache(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    for name in ("tmp", "mine"):
        (tmp_path / name).mkdir()
    places = {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp")}
    environment = {name: text for name, text in os.environ.items() if name != "XDG_CACHE_HOME"}
    code = "import analysis, matplotlib; print(matplotlib.get_cachedir())"
    for extra in ({}, {"MPLCONFIGDIR": str(tmp_path / "mine")}):
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=CONF.parent,
            env=environment | places | extra,
            capture_output=True,
            text=True,
            check=True,
        )
        own = tmp_path / f"tmp/corescale-cache-{os.geteuid()}/matplotlib"
        assert done.stdout.strip() == extra.get("MPLCONFIGDIR", str(own))
        assert done.stderr == ""
    assert [path.name for path in (tmp_path / "tmp").iterdir()] == [own.parent.name]


def test_what_is_kept_is_for_its_user_alone_whatever_the_umask(home: Path) -> None:
    old = os.umask(0)
    try:
        write(home / "a/b/c", b"text")
    finally:
        os.umask(old)
    assert read(home / "a/b/c") == b"text"
    assert mode(home / "a") == mode(home / "a/b") == 0o700
    assert mode(home / "a/b/c") == 0o600


@pytest.mark.parametrize("what", ["link", "folder", "fifo", "lax"])
def test_only_a_file_that_its_owner_alone_can_write_is_read(home: Path, what: str) -> None:
    path = home / "entry"
    write(home / "good", b"text")
    if what == "link":
        path.symlink_to(home / "good")
    elif what == "folder":
        path.mkdir()
    elif what == "fifo":
        os.mkfifo(path)
    else:
        write(path, b"text")
        path.chmod(0o620)
    with pytest.raises(DamagedError, match="entry"):
        read(path)


def test_old_versions_go_and_links_are_not_followed(home: Path) -> None:
    root = home / "root"
    for number in range(5):
        write(root / f"engines/v{number}/code", b"")
        (root / f"engines/v{number}/link").symlink_to(home / "precious")
        os.utime(root / f"engines/v{number}", (number, number))
    write(home / "precious/file", b"")
    (root / "engines/link").symlink_to(home / "precious")
    contents.keep_newest(2, root, "engines")
    assert {path.name for path in (root / "engines").iterdir()} == {"v3", "v4", "link"}
    contents.remove(["link"], root, "engines")
    assert (home / "precious/file").exists()
    (home / "elsewhere").symlink_to(root)
    contents.remove(["v3"], home / "elsewhere", "engines")
    contents.remove(["file"], root, "engines/link")
    assert (root / "engines/v3").exists() and (home / "precious/file").exists()


# --- two users -----------------------------------------------------------------------------


def make_own(folder: Path, permissions: int) -> None:
    folder.mkdir(parents=True)
    folder.chmod(permissions)


def found_place() -> tuple[Path | None, tuple[str, ...]]:
    found = place()
    return found.folder, found.refused


@NEEDS_ROOT
@pytest.mark.parametrize("permissions", [0o700, 0o755, 0o777])
def test_a_folder_that_a_neighbour_has_planted_is_not_used(shared: Path, permissions: int) -> None:
    planted = shared / f"corescale-cache-{BOB}"
    as_user(MALLORY, make_own, planted, permissions)
    as_user(MALLORY, make_own, shared / f"corescale-cache-{BOB}-aaaa", permissions)
    folder, refused = as_user(BOB, found_place, TMPDIR=shared, HOME=None, XDG_CACHE_HOME=None)
    assert folder is not None and folder.parent == shared
    assert folder.stat().st_uid == BOB and mode(folder) == 0o700
    assert refused == (
        f"~/.cache: HOME is not set, and user {BOB} has no entry in passwd",
        f"{planted}: belongs to user {MALLORY}",
    )
    again, _ = as_user(BOB, found_place, TMPDIR=shared, HOME=None, XDG_CACHE_HOME=None)
    assert again == folder


@NEEDS_ROOT
def test_a_link_that_a_neighbour_has_planted_is_not_followed(shared: Path) -> None:
    as_user(BOB, make_own, shared / "bobs", 0o700)
    as_user(MALLORY, os.symlink, shared / "bobs", shared / f"corescale-cache-{BOB}")
    folder, _ = as_user(BOB, found_place, TMPDIR=shared, HOME=None, XDG_CACHE_HOME=None)
    assert folder is not None and folder.name.startswith(f"corescale-cache-{BOB}-")
    assert list((shared / "bobs").iterdir()) == []


@NEEDS_ROOT
@pytest.mark.parametrize("made", [True, False])
@pytest.mark.parametrize("permissions", [0o700, 0o777])
def test_a_neighbours_xdg_cache_home_is_not_used_nor_written(
    shared: Path, permissions: int, made: bool
) -> None:
    theirs = shared / "theirs"
    as_user(MALLORY, make_own, theirs, permissions)
    if made:
        as_user(MALLORY, make_own, theirs / "corescale", permissions)
    for user in (BOB, 0):  # root too, whose environment often is still that of a user
        folder, refused = as_user(user, found_place, TMPDIR=shared, XDG_CACHE_HOME=theirs)
        assert folder == shared / f"corescale-cache-{user}"
        assert str(theirs) in refused[0]
    assert [path.name for path in theirs.iterdir()] == ["corescale"] * made


@NEEDS_ROOT
def test_a_home_that_cannot_be_looked_into_is_no_place(shared: Path) -> None:
    as_user(MALLORY, make_own, shared / "closed", 0o700)
    home = shared / "closed/home"
    folder, refused = as_user(BOB, found_place, TMPDIR=shared, HOME=home, XDG_CACHE_HOME=None)
    assert folder == shared / f"corescale-cache-{BOB}"
    assert refused == (f"{home}/.cache/corescale: Permission denied",)


def read_or_damage(path: Path) -> str:
    try:
        return str(read(path))
    except DamagedError as damage:
        return str(damage)


@NEEDS_ROOT
def test_a_file_that_a_neighbour_wrote_into_a_lax_folder_is_not_believed(shared: Path) -> None:
    lax = shared / f"corescale-cache-{BOB}"
    as_user(BOB, make_own, lax, 0o777)
    as_user(MALLORY, write, lax / "engines/v/code", b"evil")
    folder, _ = as_user(BOB, found_place, TMPDIR=shared, HOME=None, XDG_CACHE_HOME=None)
    assert folder == lax and mode(lax) == 0o700
    os.chmod(lax / "engines", 0o755)
    os.chmod(lax / "engines/v", 0o755)
    os.chmod(lax / "engines/v/code", 0o644)
    said = as_user(BOB, read_or_damage, lax / "engines/v/code")
    assert said == f"{lax}/engines/v/code: belongs to user {MALLORY}"
