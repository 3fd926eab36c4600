"""Streams that are full, closed or narrow: one line, the right status, and nothing worse."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.__main__ import main
from sim.config.files import CONF
from sim.streams import spelling

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
PRINTS = {
    "help": "-m sim --help",
    "list": "-m sim list experiment",
    "describe": "-m sim describe kernel.fix",
    "import": "-m sim machine import 'core:4 pu:1'",
    "run": "-m sim run workload=micro/counter run=smoke cores=[2]",
    "analysis": "-m analysis claims --help",
    "calibration": "-m calibration --help",
}

NARROW = [
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "latin-1:strict"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
]


def shell(line: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line of a shell in which `$PYTHON` is this Python."""
    return subprocess.run(
        ["bash", "-c", line],
        cwd=CONF.parent,
        env={**os.environ, "PYTHON": sys.executable, **environment},
        capture_output=True,
        check=False,
    )


def is_quiet(done: subprocess.CompletedProcess[bytes]) -> bool:
    return b"Traceback" not in done.stderr and b"Exception ignored" not in done.stderr


@needs_full
@pytest.mark.parametrize("program", PRINTS.values(), ids=PRINTS)
@pytest.mark.parametrize(("to", "why"), [(">/dev/full", b"No space left"), (">&-", b"Bad file")])
def test_what_cannot_be_printed_is_one_line_and_status_1(program: str, to: str, why: bytes) -> None:
    done = shell(f'"$PYTHON" {program} {to}')
    (line,) = done.stderr.splitlines()
    assert b"standard output: " + why in line
    assert done.returncode == 1


@needs_full
@pytest.mark.parametrize("to", ["2>/dev/full", "2>&-"])
def test_what_cannot_be_complained_of_changes_no_result_and_no_status(
    to: str, tmp_path: Path
) -> None:
    # A setting that changes nothing is remarked upon before the results are written.
    run = "-m sim run workload=micro/lock run=smoke cores=[2] kernel.locks.spin=mcs"
    done = shell(f'"$PYTHON" {run} out={tmp_path}/x.parquet {to}')
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert len(list(tmp_path.iterdir())) == 3
    assert shell(f'"$PYTHON" -m sim rnu {to}').returncode == 2
    assert shell(f'"$PYTHON" -m analysis rnu {to}').returncode == 2


def test_with_all_streams_closed_results_are_whole(tmp_path: Path) -> None:
    run = ["run", "workload=micro/counter", "run=smoke", "cores=[2]"]
    assert main([*run, f"out={tmp_path}/open/x.parquet"]) == 0
    line = f'"$PYTHON" -m sim {" ".join(run)} out={tmp_path}/closed/x.parquet <&- >&- 2>&-'
    assert shell(line).returncode == 0
    written = [
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        for name in ("open", "closed")
    ]
    assert written[0] == written[1] and len(written[0]) == 3


def test_a_reader_that_leaves_early_ends_the_program_without_a_word() -> None:
    reader, writer = os.pipe()
    os.close(reader)  # before anything is printed: a reader that is merely quick may be too slow
    try:
        done = subprocess.run(
            [sys.executable, "-m", "sim", "describe", "--all"],
            cwd=CONF.parent,
            stdout=writer,
            stderr=subprocess.PIPE,
            check=False,
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize("environment", NARROW, ids=lambda found: "+".join(found.values()))
def test_characters_that_the_encoding_lacks_are_spelt(environment: dict[str, str]) -> None:
    done = shell('"$PYTHON" -m sim list experiment', **environment)
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode("latin-1")
    assert "2x2-core AMD" in text or "2×2-core AMD" in text
    missing = shell('"$PYTHON" -m sim run kernel=Übermaß–“x”', **environment)
    assert missing.returncode == 2 and is_quiet(missing)


@pytest.mark.parametrize(
    ("character", "spelt"),
    [("é", "e"), ("×", "x"), ("–", "-"), ("µ", "u"), ("‘", "'"), ("…", "..."), ("²", "2")]
    + [("ß", "\\xdf"), ("語", "\\u8a9e"), ("\udcff", "\\xff"), ("\ud800", "\\ud800")],
)
def test_a_character_is_spelt_by_its_look_or_its_number(character: str, spelt: str) -> None:
    assert spelling(character) == spelt
    assert spelt.isascii()
