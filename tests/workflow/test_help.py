"""Help: a page for every verb of every program, with examples, and every example works."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click
import pytest

from analysis.__main__ import main as analysis
from analysis.verbs import program as analyses
from calibration.__main__ import main as calibration
from calibration.verbs import calibrate
from corescale.__main__ import main as corescale
from corescale.verbs import program as everything
from sim.__main__ import main
from sim.command.program import Shown, Verb
from sim.command.verbs import program as simulator
from sim.config.files import CONF
from tests.workflow.pty_process import on_a_terminal

SIMULATES = ("run", "explain", "trace", "audit")
SMALL = ["run=smoke", "cores=[2]"]
MEASURES = {("machine", "measure"), ("machine", "compare")}
"""What takes a minute of this machine's time: tests/measure runs them."""
Main = Callable[[Sequence[str]], int]


def commands(command: click.Command, *path: str) -> Iterator[tuple[tuple[str, ...], Shown]]:
    """List a command and all below it, each with the words that lead there."""
    assert isinstance(command, Shown)
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from commands(below, *path, name)


PROGRAMS: dict[str, tuple[Main, click.Command]] = {
    "python -m sim": (main, simulator),
    "python -m analysis": (analysis, analyses),
    "python -m calibration": (calibration, calibrate),
    "corescale": (corescale, everything),
}
PAGES = [
    pytest.param(name, path, command, id=" ".join([name, *path]))
    for name, (_, program) in PROGRAMS.items()
    for path, command in commands(program)
]
EXAMPLES = [
    (path, line.replace("{}", " ".join(["python -m sim", *path])))
    for path, command in commands(simulator)
    if isinstance(command, Verb) and path not in MEASURES
    for line in command.examples
]
READ = [
    pytest.param(command, line.replace("{}", "").strip(), id=f"{command.name} {line}")
    for path, command in (
        *commands(analyses),
        *commands(calibrate),
        *(found for found in commands(simulator) if found[0] in MEASURES),
    )
    if isinstance(command, Verb)
    for line in command.examples
]


@pytest.mark.parametrize(("name", "path", "command"), PAGES)
def test_every_command_has_a_page_that_names_all_it_takes_and_how(
    name: str, path: tuple[str, ...], command: Shown, capsys
) -> None:
    run = PROGRAMS[name][0]
    assert run([*path, "--help"]) == 0
    page = capsys.readouterr().out
    called = " ".join([name, *path])
    assert page.startswith(f"Usage: {called}")
    for selector in getattr(command, "selectors", ()):
        assert f"  {selector.name}=" in page
    for item in command.params:
        option = isinstance(item, click.Option)
        shown = ", ".join(item.opts) if option else item.make_metavar(click.Context(command))
        assert f"  {shown}" in page
    for below in getattr(command, "commands", ()):
        assert f"\n  {below} " in page
    assert command.examples
    for line in command.examples:
        assert f"\n  {line.replace('{}', called)}\n" in page
    assert max(len(line) for line in page.partition("\nExamples:\n")[0].splitlines()) <= 80
    assert run([*path, "-h"]) == 0
    assert capsys.readouterr().out == page
    for same in (["help", *path], ["--help", *path]) if path else ():
        assert run(same) == 0
        assert capsys.readouterr().out == page


def test_short_pages_are_whole_sentences() -> None:
    for _, program in PROGRAMS.values():
        for _, command in commands(program):
            if not isinstance(command, click.Group):
                short = command.get_short_help_str(62)
                assert short.endswith(".") and not short.endswith("...")


def wrong(text: str) -> list[str]:
    """Lines of stderr but for the notes of an import, which say what it assumes."""
    return [line for line in text.splitlines() if not line.startswith("note: ")]


@pytest.mark.parametrize(("path", "line"), EXAMPLES, ids=[line for _, line in EXAMPLES])
def test_every_example_works(
    path: tuple[str, ...], line: str, tmp_path: Path, monkeypatch, capsys
) -> None:
    command = re.fullmatch(r"(?:eval \"\$\()?python -m sim (.*?)(?:\)\"| \| source)?", _code(line))
    assert command is not None, line
    words = shlex.split(command[1])
    assert tuple(words[: len(path)]) == path
    verb = path[0]
    if verb == "cache":  # not the one that is in use
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    # The sources of machines are files of the project; nothing is written there.
    monkeypatch.chdir(CONF.parent if verb == "machine" else tmp_path)
    assert main(words + (SMALL if verb in SIMULATES else [])) == 0
    printed = capsys.readouterr()
    assert wrong(printed.err) == []
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    says_so = verb in ("trace", "audit")
    assert bool(printed.out) == (says_so or (not files and verb != "warm"))


@pytest.mark.parametrize(("command", "line"), READ)
def test_every_example_of_what_reads_results_can_be_read(command: Verb, line: str) -> None:
    context = command.make_context(str(command.name), shlex.split(line))
    assert context.args == []


def _code(line: str) -> str:
    return line.partition("  #")[0].strip()


MODEL = ("pydantic", "numpy", "numba", "polars", "hydra", "omegaconf", "rich", "matplotlib")
AT_ONCE = {
    "sim --help": (),
    "sim run --help": (),
    "analysis report --help": (),
    "calibration --help": (),
    "corescale --help": (),
    "sim list kernel": (),
    "corescale rnu": (),
    "corescale list experiment": ("analysis", "calibration"),
}


@pytest.mark.parametrize("line", AT_ONCE)
def test_what_needs_no_model_is_answered_without_importing_it(line: str) -> None:
    program, *words = line.split()
    code = (
        f"import sys; from {program}.__main__ import main; main({words}); "
        f"print([m for m in {MODEL + AT_ONCE[line]} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CONF.parent, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_simulator_knows_nothing_of_what_reads_its_results() -> None:
    code = (
        "import sys; from sim.__main__ import main; import sim.command.completion; main([]); "
        "print([m for m in sys.modules if m.split('.')[0] in ('analysis', 'calibration')])"
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
    assert project["scripts"] == {"corescale": "corescale.__main__:command"}
    shown = on_a_terminal(
        [sys.executable, "-c", "from corescale.__main__ import command; command()"]
    )
    assert shown.status == 0
    assert shown.text.startswith("Usage: corescale")


# Lines that print without simulating, and lines that are refused, of each program.
LINES = [
    "sim list kernel",
    "sim describe kernel.fix kernel=linux_stock",
    "sim describe columns",
    "sim completion bash",
    "sim machine import 'pack:2 core:4 pu:2'",
    "sim run -m workload=micro/counter run=smoke cores=[1] workload.counter=shared,per_core",
    "sim run kernel=linux_stok",
    "sim run outt=x.parquet",
    "sim run --config-dir /nowhere",
    "sim explain top=0",
    "sim trace",
    "sim cache clean",
    "sim warm engine",
    "sim new /",
    "sim audit experiment=osdi10/fig4_exim",
    "analysis check osdi10/fig04_exim/nothing",
    "analysis crate /nowhere",
    "analysis claims /nowhere",
    "analysis claims --verdict maybe",
    "analysis compare /nowhere x",
    "analysis compare a",
    "analysis report /nowhere",
    "analysis report /nowhere --experiments osdi10/fig04_exim osdi10/fig05_memcached",
    "analysis figures --experiment osdi10/fig4_exim --out x y.parquet",
    "analysis tables --experiment osdi10/fig04_exim --out x /nowhere/y.parquet",
    "analysis judge --experiment osdi10/fig04_exim",
    "analysis plot /nowhere.parquet --x cores -o x.png",
    "analysis artifacts --out x y.parquet",
    "calibration mosbnech",
    "calibration all --evaluations x",
    "calibration all --chek",
]


@pytest.mark.parametrize("line", LINES)
def test_every_verb_says_the_same_under_its_old_name(
    line: str, tmp_path: Path, monkeypatch, capsys
) -> None:
    program, *words = shlex.split(line)
    monkeypatch.chdir(tmp_path)
    old = f"python -m {program}"
    status = PROGRAMS[old][0](words)
    printed = capsys.readouterr()
    verb = ["calibrate"] if program == "calibration" else []
    assert corescale([*verb, *words]) == status
    again = capsys.readouterr()
    new = " ".join(["corescale", *verb])
    assert again.out == printed.out
    assert again.err in (printed.err, printed.err.replace(old, new))
    assert bool(wrong(printed.err)) == (status != 0)
    assert list(tmp_path.iterdir()) == []


def test_the_lines_are_of_every_verb() -> None:
    said = {line.split()[1] for line in LINES if not line.startswith("calibration")}
    assert said == {*simulator.commands, *analyses.commands}


def test_options_of_the_report_take_words_up_to_the_next_option() -> None:
    report = analyses.commands["report"]
    line = "results --experiments a b --override k=1 --override l=2 --compare other"
    read = report.make_context("report", line.split()).params
    assert (str(read["results"]), str(read["compare"])) == ("results", "other")
    assert (read["experiments"], read["override"]) == (("a", "b"), ("k=1", "l=2"))
    after = report.make_context("report", ["results", "--experiments", "a", "--experiments", "b"])
    assert after.params["experiments"] == ("a", "b")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rapport"], "unknown verb 'rapport'\n  did you mean report?"),
        (["compare", "a"], "compare: AFTER is missing"),
        (["claims", "--verdict", "maybe"], "--verdict maybe: no verdict called 'maybe'"),
        (["claims", "--verdict", "reproducd"], "did you mean reproduced?"),
        (["claims", "--verdit", "x"], "--verdit: unknown option\n  did you mean --verdict?"),
        (["report", "x", "--experiments"], "--experiments: its value is missing"),
        (["report", "x", "y"], "report x y: report takes one word"),
        ([], "python -m analysis: the verb is missing"),
    ],
)
def test_analysis_says_what_is_wrong_in_one_message(words: list[str], said: str, capsys) -> None:
    assert analysis(words) == 2
    printed = capsys.readouterr()
    assert said in printed.err and printed.out == ""
    assert "Usage:" not in printed.err
