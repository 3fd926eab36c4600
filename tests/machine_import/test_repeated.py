"""The command in an imported file's comment prints that file again, pasted into a shell."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from sim.__main__ import main
from sim.config.files import CONF

MATRIX = "".join(f"{','.join('0' if i == j else '50' for j in range(4))}\n" for i in range(4))
XML = Path(__file__).parent / "data" / "v2.xml"
NAMES = [
    "plain",
    "my machine",
    "a*b?[c]",
    "it's",
    "$HOME ${x} $(id) `id`",
    "{x},{y}",
    'a"b',
    "a\\b",
    "#1; rm ~ &|<>",
    "Übermaß",
    "-dash",
    "two\nlines: {a: 1}",
    "\x1b[31mred",
    "next\u2028line\x85",
    "!history",
]


def words_of(text: str) -> list[str]:
    """Let a shell read the command that stands on the third line of a file."""
    first, said, command, *_ = text.splitlines()
    assert first.startswith("# ") and said == "# Imported by:"
    line = command.removeprefix("#  ").strip()
    split = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {line}"], capture_output=True, check=True, cwd=CONF.parent
    )
    words = split.stdout.decode().split("\0")[:-1]
    assert words[:3] == ["python", "-m", "sim"]
    return words[3:]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_the_comment_of_an_imported_file_repeats_the_import(
    name: str, tmp_path: Path, capsys, monkeypatch
) -> None:
    (tmp_path / f"{name}.csv").write_text(MATRIX)
    shutil.copy(XML, tmp_path / f"{name}.XML")
    monkeypatch.chdir(tmp_path)
    for arguments in (
        [f"./{name}.csv", "--clock-ghz", "2.123456789", "--packages", "1"],
        [f"{tmp_path}/{name}.XML", "--name", "mine"],
        ["core:4 pu:1", "--latencies", f"./{name}.csv"],
    ):
        assert main(["machine", "import", *arguments]) == 0
        printed = capsys.readouterr().out
        with monkeypatch.context() as elsewhere:
            elsewhere.chdir(CONF.parent)
            assert main(words_of(printed)) == 0
        assert capsys.readouterr().out == printed


def test_a_file_of_the_checkout_is_named_from_there(tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["machine", "import", str(XML)]) == 0
    assert words_of(capsys.readouterr().out)[2] == XML.relative_to(CONF.parent).as_posix()
