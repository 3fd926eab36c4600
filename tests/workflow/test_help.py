"""Help: a page for every verb, three examples on each, and every example works."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from sim.__main__ import main
from sim.command.verbs import VERBS, usage
from sim.config.files import CONF
from tests.workflow.pty_process import on_a_terminal

SIMULATES = ("run", "explain", "trace")
SMALL = ["run=smoke", "cores=[2]"]
EXAMPLES = [(verb.name, line) for verb in VERBS.values() for line in verb.examples]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_page_that_names_all_it_takes(verb: str, capsys) -> None:
    assert main([verb, "--help"]) == 0
    page = capsys.readouterr().out
    assert page.startswith(f"usage: python -m sim {verb}")
    for selector in VERBS[verb].selectors:
        assert f"  {selector.name}=" in page
    for option in VERBS[verb].options:
        assert f"  {', '.join(option.names)}" in page
    for same in (["help", verb], ["--help", verb], [verb, "-h"]):
        assert main(same) == 0
        assert capsys.readouterr().out == page


def test_pages_fit_a_terminal() -> None:
    for page in (usage(), *(verb.page for verb in VERBS.values())):
        prose = page.partition("\nExamples\n")[0]
        assert max(len(line) for line in prose.splitlines()) <= 80


def test_there_are_three_examples_of_each_verb_that_has_so_many_uses() -> None:
    fewer = {"nothing": 1, "clear": 2}
    for verb in VERBS.values():
        assert len(verb.examples) == fewer.get(verb.takes, 3)


@pytest.mark.parametrize(("verb", "line"), EXAMPLES, ids=[line for _, line in EXAMPLES])
def test_every_example_works(verb: str, line: str, tmp_path: Path, monkeypatch, capsys) -> None:
    command = re.fullmatch(r"(?:eval \"\$\()?python -m sim (.*?)(?:\)\"| \| source)?", _code(line))
    assert command is not None, line
    words = shlex.split(command[1])
    assert words[0] == verb
    if verb == "cache":  # not the one that is in use
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    # The sources of machines are files of the project; nothing is written there.
    monkeypatch.chdir(CONF.parent if verb == "machine" else tmp_path)
    assert main(words + (SMALL if verb in SIMULATES else [])) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert bool(printed.out) == (not files and verb != "warm")


def _code(line: str) -> str:
    return line.partition("  #")[0].strip()


def test_help_is_answered_without_importing_the_model() -> None:
    code = (
        "import sys; from sim.__main__ import main; main(['run', '--help']); "
        "print([m for m in ('pydantic', 'numpy', 'polars', 'hydra', 'rich') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CONF.parent, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_version_is_told(capsys) -> None:
    assert main(["--version"]) == 0
    assert re.fullmatch(r"corescale \d+\.\d+\.\d+\n", capsys.readouterr().out)


def test_the_installed_command_is_this_one() -> None:
    import tomllib

    project = tomllib.loads((CONF.parent / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"corescale": "sim.__main__:command"}
    shown = on_a_terminal([sys.executable, "-c", "from sim.__main__ import command; command()"])
    assert shown.status == 0
    assert shown.text.startswith("corescale simulates")


def test_analysis_shows_examples_and_says_what_is_wrong_in_one_message(capsys) -> None:
    from analysis.__main__ import VERBS as ANALYSES
    from analysis.__main__ import _parser
    from analysis.__main__ import main as analyse

    for words, said in (
        (["rapport"], "unknown verb 'rapport'\n  did you mean report?"),
        (["compare", "a"], "required: after"),
        (["claims", "--verdict", "maybe"], "invalid choice: 'maybe'"),
        ([], "required: VERB"),
    ):
        with pytest.raises(SystemExit) as refused:
            analyse(words)
        assert refused.value.code == 2
        printed = capsys.readouterr().err
        assert said in printed
        assert "usage:" not in printed
    page = _parser().format_help()
    for line in re.findall(r"^  python -m analysis (.*)$", page, re.MULTILINE):
        assert shlex.split(line)[0] in ANALYSES
        _parser().parse_args(shlex.split(line))
    assert page.count("  python -m analysis ") >= 3
