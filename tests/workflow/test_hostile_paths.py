"""Paths that cannot be: every verb says so in one message, and leaves nothing behind."""

from __future__ import annotations

import os
import resource
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from analysis.__main__ import main as analysis
from sim.__main__ import main as sim
from sim.config.files import CONF

SMOKE = "workload=micro/counter run=smoke cores=[2]"
LONG = "x" * 300
DEEP = "deep/" * 1000
UNTEXT = os.fsdecode(b"caf\xe9")

REFUSED = {
    "run": [
        ("out={t}/folder.parquet", "folder.parquet is a folder"),
        ("out={t}/account.parquet", "account.account.parquet is a folder"),
        (f"out={{t}}/{LONG}.parquet", "File name too long"),
        (f"out={{t}}/{LONG[:245]}.parquet", "File name too long"),
        (f"out={{t}}/{DEEP}x.parquet", "File name too long"),
        (f"out={{t}}/new/{LONG[:245]}.parquet", "File name too long"),
        (f"out={{t}}/new/{LONG}/x.parquet", "File name too long"),
        ("out={t}/file/x.parquet", "file is not a folder"),
        ("out={t}/file/a/b/x.parquet", "file is not a folder"),
        ("out={t}/dangling/x.parquet", "dangling is a link to nothing"),
        ("out={t}/loop/x.parquet", "loop is a link to nothing"),
        ("out=/proc/x.parquet", "/proc cannot be written"),
        ("out=~nobody-of-this-name/x.parquet", "the home folder ~nobody-of-this-name is unknown"),
        (f"out={{t}}/{UNTEXT}.parquet", "its bytes are not text"),
        ("out={t}/a\0b.parquet", "zero byte"),
        ("effort={t}/folder.tsv", "folder.tsv is a folder"),
        (f"effort={{t}}/{LONG}.tsv", "File name too long"),
        ("effort={t}/file/x.tsv", "file is not a folder"),
        ("effort=~nobody-of-this-name/x.tsv", "is unknown"),
        ("--config-dir {t}/loop", "cannot be read"),
        ("--config-dir {t}/file", "no such folder"),
        (f"--config-dir {LONG}", "cannot be read: File name too long"),
        ("--config-dir ~nobody-of-this-name", "is unknown"),
        ("--config-dir {t}/latin workload=latin", "latin.yaml: not valid YAML"),
        ("--config-dir {t}/untext", "caf\\udce9.yaml: no name that can be typed"),
        ("experiment=osdi10/fig04_exim out={t}/file", "file is not a folder"),
        (f"experiment=osdi10/fig04_exim out={{t}}/{LONG}", "File name too long"),
        (f"{UNTEXT}=1", "its bytes are not text"),
    ],
    "explain": [
        (f"out={{t}}/{LONG}.parquet", "File name too long"),
        ("out=~nobody-of-this-name/x.parquet", "is unknown"),
    ],
    "trace": [
        ("-o {t}/folder.json", "folder.json is a folder"),
        (f"-o {{t}}/{LONG}.pftrace", "File name too long"),
        ("-o {t}/file/x.parquet", "file is not a folder"),
        ("-o ~nobody-of-this-name/x.json", "is unknown"),
    ],
    "list": [
        ("--config-dir {t}/loop", "cannot be read"),
        ("workload --config-dir {t}/untext", "no name that can be typed"),
    ],
    "describe": [("workload workload=latin --config-dir {t}/latin", "not valid YAML")],
    "machine": [
        ("import 'core:4 pu:1' -o {t}/folder.yaml", "folder.yaml is a folder"),
        (f"import 'core:4 pu:1' -o {{t}}/{LONG[:60]}/{LONG}/y.yaml", "File name too long"),
        ("import 'core:4 pu:1' -o {t}/file/y.yaml", "file is not a folder"),
        ("import 'core:4 pu:1' -o ~nobody-of-this-name/y.yaml", "is unknown"),
        ("import 'core:4 pu:1' -o /proc/y.yaml", "/proc cannot be written"),
        ("import 'core:4 pu:1' --latencies ~nobody-of-this-name/y.csv", "is unknown"),
        ("import ~nobody-of-this-name/y.csv", "is unknown"),
        ("import {t}/loop.csv", "no such file"),
        (f"import {LONG}.xml", "File name too long"),
        (f"import {UNTEXT}.xml", "its bytes are not text"),
    ],
}
ANALYSIS = [
    (f"claims {LONG}", 1, "no analysed experiment|File name too long"),
    (f"claims {UNTEXT}", 2, "its bytes are not text"),
    ("claims {t}/file", 1, "file"),
    (f"compare {LONG} x", 1, "File name too long"),
    ("compare {t}/loop x", 1, "no such file or folder"),
    (f"report {DEEP}", 1, "File name too long"),
    ("report {t}/file", 1, "no analysed experiment"),
    (f"tables --experiment {LONG} --out {{t}}/x {{t}}/y", 1, "experiment"),
    ("tables --experiment ../x --out {t}/x {t}/y", 1, "experiment"),
]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with something in the way of every file."""
    for name in ("folder.parquet", "account.account.parquet", "folder.tsv", "folder.json"):
        (tmp_path / name).mkdir()
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "dangling").symlink_to("/nowhere/at/all")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    for folder, name, text in (
        ("latin", "latin", b"# caf\xe9\nkind: exim\n"),
        ("untext", UNTEXT, b"kind: exim\n"),
    ):
        (tmp_path / folder / "workload").mkdir(parents=True)
        (tmp_path / folder / "workload" / f"{name}.yaml").write_bytes(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def listing(folder: Path) -> list[str]:
    return sorted(ascii(path.relative_to(folder).as_posix()) for path in folder.rglob("*"))


CASES = [(verb, words, said) for verb, cases in REFUSED.items() for words, said in cases]


@pytest.mark.parametrize(
    ("verb", "words", "said"), CASES, ids=[f"{v}-{ascii(w)[:40]}" for v, w, _ in CASES]
)
def test_a_path_that_cannot_be_is_one_message(
    verb: str, words: str, said: str, place: Path, capsys
) -> None:
    given = [word.replace("{t}", str(place)) for word in shlex.split(words)]
    if verb in ("run", "explain", "trace") and "experiment=" not in words:
        given += [word for word in SMOKE.split() if word.split("=")[0] not in words]
    before = listing(place)
    of_the_system = ("File name too long", "cannot be read", "/proc cannot be written")
    assert sim([verb, *given]) == (1 if said.endswith(of_the_system) else 2)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err
    assert listing(place) == before


@pytest.mark.parametrize(
    ("words", "status", "said"), ANALYSIS, ids=[ascii(words)[:40] for words, *_ in ANALYSIS]
)
def test_analysis_says_it_as_well(words: str, status: int, said: str, place: Path, capsys) -> None:
    before = listing(place)
    assert analysis(shlex.split(words.replace("{t}", str(place)))) == status
    printed = capsys.readouterr()
    assert printed.out == ""
    assert any(word in printed.err for word in said.split("|"))
    assert listing(place) == before


def test_a_file_whose_comment_is_not_utf_8_is_listed(place: Path, capsys) -> None:
    assert sim(["list", "workload", "--config-dir", str(place / "latin")]) == 0
    assert "latin  " in capsys.readouterr().out


@pytest.mark.parametrize("name", ["a\\b", "\\${x}", "it's", "${x}", '"q"', "a,b=[c]; #", "trail\\"])
def test_a_folder_of_ones_own_may_have_any_name(name: str, tmp_path: Path, capsys) -> None:
    (tmp_path / name / "workload").mkdir(parents=True)
    text = (CONF / "workload" / "exim.yaml").read_text().replace("name: exim", "name: of_a_test")
    (tmp_path / name / "workload" / "of_a_test.yaml").write_text(text)
    folder = ["--config-dir", str(tmp_path / name)]
    assert sim(["describe", "workload.kind", "workload=of_a_test", *folder]) == 0
    assert capsys.readouterr().out.startswith("workload.kind=exim")


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("--help", 0),
        ("list run", 0),
        ("describe kernel.fix", 0),
        (f"run {SMOKE}", 0),
        (f"run {SMOKE} out=x.parquet", 1),
        (f"run {SMOKE} --config-dir x", 1),
        (f"trace {SMOKE} -o x.json", 1),
        ("machine import 'core:4 pu:1'", 0),
        ("machine import x.xml", 2),
        ("machine import 'core:4 pu:1' -o x.yaml", 1),
    ],
)
def test_in_a_folder_that_was_deleted_all_works_that_needs_no_folder(
    words: str, status: int, tmp_path: Path, monkeypatch, capsys
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert sim(shlex.split(words)) == status
    said = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("note: ")]
    assert bool(said) == (status != 0)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (f"run {SMOKE}", 0),
        (f"run {SMOKE} out=~/x.parquet", 2),
        ("list --config-dir ~/x", 2),
        ("machine import ~/x.csv", 2),
    ],
)
def test_a_user_without_a_home_is_told_so_where_it_is_needed(
    words: str, status: int, tmp_path: Path, monkeypatch, capsys
) -> None:
    def unknown(_: object) -> None:
        raise KeyError("no such user")

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", unknown)
    assert sim(words.split()) == status
    said = capsys.readouterr().err
    assert ("the home folder ~ is unknown" in said) == (status != 0)
    assert listing(tmp_path) == []


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let the system refuse every byte of a file beyond a size, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(
    "words",
    [
        f"run {SMOKE} out=x.parquet",
        "run experiment=osdi10/fig04_exim run=smoke cores=[1] out=folder",
        f"run {SMOKE} effort=x.tsv",
        f"trace {SMOKE} -o x.parquet",
        f"trace {SMOKE} -o x.pftrace",
        f"trace {SMOKE} -o x.json",
        "machine import 'core:4 pu:1' -o x.yaml",
    ],
)
def test_a_write_that_stops_in_the_middle_leaves_no_file(
    words: str, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    with files_of_at_most(16):
        assert sim(shlex.split(words)) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith(("out=", "effort=", "-o ")) and "File too large" in said
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
