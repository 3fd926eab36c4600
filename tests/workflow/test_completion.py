"""Completion: every word comes from the schema or a file's name, in three shells, at once."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from analysis.verbs import program as analyses
from corescale.verbs import program
from sim.__main__ import main
from sim.command.request import VERBS
from sim.command.shells import PROGRAM, VARIABLE, Words
from sim.command.verbs import SHELLS
from sim.command.verbs import program as simulator
from sim.config.compose import compose
from sim.config.files import CHOICE_GROUPS, CONF, choices
from sim.config.keys import keys, shape_of
from sim.config.presets import lines
from sim.config.run import RunConfig
from tests.workflow.pty_process import on_a_terminal


def candidates(words: list[str]) -> list[str]:
    """Complete the last of the words after the command's name, as Click does for any shell."""
    shell = Words(program, {}, PROGRAM, VARIABLE)
    found = shell.get_completions(words[:-1], words[-1])
    return [shell.format_completion(item) for item in found]


def completed(line: str) -> list[str]:
    """Complete a line as typed after the command's name."""
    return candidates(line.split(" "))


EVERY_VERB = [*simulator.commands, *analyses.commands, "calibrate", "lab"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("", [f"{verb} " for verb in EVERY_VERB]),
        ("--", ["--version ", "--help "]),
        ("exp", ["explain "]),
        ("run hard", ["hardware=", "hardware."]),
        ("run kernel=linux_s", ["kernel=linux_stock "]),
        ("run kernel/fix=a", ["kernel/fix=all "]),
        (
            "run -m kernel=linux_stock,linux_pk_m",
            ["kernel=linux_stock,linux_pk_messages "],
        ),
        ("run kernel.fix.open", ["kernel.fix.open_file_list="]),
        ("run kernel.fix.dentry_lock=t", ["kernel.fix.dentry_lock=true "]),
        ("run series=osdi10/fig06", ["series=osdi10/fig06_apache/"]),
        ("run series=osdi10/fig06_apache/s", ["series=osdi10/fig06_apache/stock "]),
        ("run order=", ["order=package ", "order=round_robin "]),
        ("run workload=micro/lock workload.lock=mc", ["workload.lock=mcs "]),
        ("run kernel.locks.mutex=", ["kernel.locks.mutex=adaptive ", "kernel.locks.mutex=queued "]),
        ("run kernel.locks.spin=q", ["kernel.locks.spin=qspinlock "]),
        ("run experiment=osdi10/fig04", ["experiment=osdi10/fig04_exim "]),
        ("run experiment=osdi10/fig04_exim curve=", ["curve=stock ", "curve=pk "]),
        ("run experiment=osdi10/fig04_exim workload.spool", ["workload.spool_directories="]),
        ("explain to", ["top="]),
        ("explain -", ["--config-dir ", "-h ", "--help "]),
        ("trace --out", ["--output "]),
        ("list ker", ["kernel ", "kernel/fix "]),
        ("list as", ["assumed "]),
        ("list assumed kernel=linux_s", ["kernel=linux_stock "]),
        ("describe colu", ["columns "]),
        ("describe metric.p", ["metric.peak_cores ", "metric.point "]),
        ("describe view.crossov", ["view.crossover "]),
        ("list vie", ["view "]),
        ("describe kernel.fix.open", ["kernel.fix.open_file_list "]),
        ("completion ", ["bash ", "zsh ", "fish "]),
        ("warm ", []),
        ("cache ", ["clear "]),
        ("machine ", ["import ", "measure ", "compare "]),
        (
            "machine import reference/core_to_core/apple",
            ["reference/core_to_core/apple_m1_pro.csv "],
        ),
        ("machine import x --clock", ["--clock-ghz "]),
        ("machine import x --no-smt --latencies conf/config.y", ["conf/config.yaml "]),
        ("cl", ["claims "]),
        ("check osdi10/fig04", ["osdi10/fig04_exim/"]),
        ("check micro/lock_collapse/tick", ["micro/lock_collapse/ticket_collapses "]),
        ("audit doub", ["doublings="]),
        ("audit experiment=osdi10/fig04", ["experiment=osdi10/fig04_exim "]),
        ("claims --verdict repro", ["reproduced "]),
        ("figures --experiment osdi10/fig04", ["osdi10/fig04_exim "]),
        ("report results --experiments osdi10/fig04", ["osdi10/fig04_exim "]),
        ("report conf/conf", ["conf/config.yaml "]),
        ("compare conf/config.yaml conf/conf", ["conf/config.yaml "]),
        ("calibrate mos", ["mosbench "]),
        ("lab kernel=linux_s", ["kernel=linux_stock "]),
        ("lab kernel.locks.spin=q", ["kernel.locks.spin=qspinlock "]),
        ("lab --no", ["--no-browser "]),
        ("calibrate mosbench --ch", ["--check "]),
        ("run -- kernel=linux_s", ["kernel=linux_stock "]),
        ("describe kernel.fix kernel=linux_s", ["kernel=linux_stock "]),
        ("rum kernel=", []),
        ("run workload.name", []),
        ("run cores=", ["cores=all "]),
    ],
)
def test_a_word_is_completed(line: str, found: list[str], monkeypatch) -> None:
    monkeypatch.chdir(CONF.parent)
    assert completed(line) == found


def is_there(config: RunConfig, name: str) -> bool:
    """Whether a run has what a key is of, or is a switch of."""
    for line in lines(name) or [name]:
        part: Any = config if name.startswith("kernel.") else None
        if part is None:
            return True
        for step in line.split(".")[:-1]:
            part = getattr(part, step)
            if part is None:
                return False
    return True


def test_objects_that_the_chosen_kernel_lacks_are_not_offered() -> None:
    assert completed("run kernel=linux_pk kernel.objects.monitor") == []
    assert completed("run kernel=linux_pk kernel.objects.monitor.m") == []
    offered = ["kernel.objects.monitor.marshal_cycles="]
    assert completed("run kernel=barrelfish kernel.objects.monitor.m") == offered
    assert completed("run kernel=barrelfish_per_package kernel.objects.monitor.m") == offered
    assert completed("run kernel=windows_2008r2 kernel.objects.dentry") == []
    assert completed("run kernel=windows_2008r2 kernel.fix.dentry_l") == []
    assert completed("run kernel=linux_pk kernel.fix.dentry_l") == ["kernel.fix.dentry_lock="]


def test_what_a_file_of_ones_own_prints_is_no_candidate(tmp_path: Path) -> None:
    (tmp_path / "extensions").mkdir()
    (tmp_path / "extensions/mine.py").write_text(
        "import os\nprint('one')\nos.system('echo two')\nos.write(1, b'three')\n"
    )
    own = {"CORESCALE_CONFIG_DIR": str(tmp_path), VARIABLE: "bash_complete"}
    done = subprocess.run(
        [sys.executable, "-m", "corescale", "run", "kernel.fix.dentry_l"],
        cwd=CONF.parent,
        env=os.environ | own,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "kernel.fix.dentry_lock=\n"
    assert "one" in done.stderr and "two" in done.stderr and "three" in done.stderr
    answer = [sys.executable, "-m", "sim", "describe", "run.seed", "--config-dir", str(tmp_path)]
    described = subprocess.run(answer, cwd=CONF.parent, capture_output=True, text=True, check=True)
    assert described.stdout.startswith("run.seed=") and "three" in described.stderr


def test_a_broken_file_that_is_not_chosen_hides_nothing(tmp_path: Path) -> None:
    (tmp_path / "kernel").mkdir()
    (tmp_path / "kernel/broken.yaml").write_text("defaults: [linux_pk\nname: : x\n")
    own = f"run --config-dir {tmp_path}"
    assert completed(f"{own} kernel=brok") == ["kernel=broken "]
    assert completed(f"{own} kernel.fix.dentry_l") == ["kernel.fix.dentry_lock="]
    assert completed(f"{own} kernel=broken hardware.clock") == ["hardware.clock_ghz="]


@pytest.mark.parametrize("group", [*CHOICE_GROUPS, "experiment"])
def test_every_choice_of_a_group_is_offered(group: str) -> None:
    assert completed(f"run {group}=") == [f"{group}={name} " for name in choices(group)]


@pytest.mark.parametrize(
    "line", ["", "workload=micro/lock", "hardware=amd_8x4 kernel=barrelfish workload=micro/unmap"]
)
def test_the_keys_offered_are_those_of_the_run_that_is_typed(line: str) -> None:
    before = line.split()
    offered, found = [""], set()
    while offered:
        words = candidates(["run", *before, offered.pop()])
        offered += [word for word in words if word.endswith(".")]
        found |= {word[:-1] for word in words if word.endswith("=")}
    config = compose(before)
    known = keys(shape_of(config))
    leaves = {name for name, key in known.items() if key.is_leaf and is_there(config, name)}
    selectors = {selector.name for selector in VERBS["run"].selectors}
    fixed = {name for name in leaves - found if name.rpartition(".")[2] in ("name", "kind")}
    fixed |= {"hardware.coherence.protocol"}
    assert found - set(CHOICE_GROUPS) - selectors == leaves - fixed


def test_a_file_of_the_users_own_is_completed_with_its_keys(tmp_path: Path) -> None:
    (tmp_path / "workload").mkdir()
    (tmp_path / "workload/of_a_test.yaml").write_text(
        "defaults: [micro/lock@_here_]\nname: of_a_test\n"
    )
    own = f"run --config-dir {tmp_path}"
    assert completed(f"{own} workload=of_a_t") == ["workload=of_a_test "]
    assert completed(f"{own} workload=of_a_test workload.back") == ["workload.backoff_cycles="]


def test_files_are_completed_where_files_are_named(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").mkdir()
    (tmp_path / "results/x.parquet").touch()
    assert completed("run out=res") == ["out=results/"]
    assert completed("run out=results/") == ["out=results/x.parquet "]
    assert completed("trace -o ") == ["results/"]


@pytest.mark.parametrize(
    "line",
    [
        "run --config-dir /nowhere kernel=",
        "run out=/nowhere/x",
        "run out=~nobody-of-this-name/",
        "run --bogus experiment=nothing curve=",
        "trace -o /nowhere/",
        "machine imprt x",
        "completion b z",
    ],
)
def test_a_line_that_is_wrong_gets_no_candidates_and_no_error(line: str) -> None:
    assert completed(line) == []


def test_in_a_folder_that_is_gone_nothing_is_completed_and_nothing_said(
    tmp_path: Path, monkeypatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert completed("run out=") == []


# What each line needs, and what it can do without.
LIGHT = ("numpy", "numba", "polars", "hydra", "omegaconf", "rich", "scipy", "matplotlib")
IMPORTS = {
    "ex": (*LIGHT, "pydantic", "yaml"),
    "run kernel=": (*LIGHT, "pydantic", "analysis"),
    "run experiment=": (*LIGHT, "pydantic", "analysis"),
    "run kernel.fix.": (*LIGHT, "analysis"),
    "report --exp": (*LIGHT, "pydantic"),
}


@pytest.mark.parametrize("line", IMPORTS)
def test_completion_imports_nothing_that_takes_time(line: str) -> None:
    code = (
        "import sys; from corescale.__main__ import main; main(); "
        f"print([m for m in {IMPORTS[line]} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *line.split(" ")],
        cwd=CONF.parent,
        env=os.environ | {VARIABLE: "zsh_complete"},
        capture_output=True,
        text=True,
        check=True,
    )
    *found, without = done.stdout.splitlines()
    assert without == "[]" and found


@pytest.fixture
def command(tmp_path: Path) -> dict[str, str]:
    """An environment with a `corescale` on its path."""
    script = tmp_path / "bin" / "corescale"
    script.parent.mkdir()
    script.write_text(
        f'#!/bin/sh\ncd "{CONF.parent}" && exec "{sys.executable}" -m corescale "$@"\n'
    )
    script.chmod(0o755)
    return {**os.environ, "PATH": f"{script.parent}:{os.environ['PATH']}"}


BASH = """
eval "$(corescale completion bash)"
complete -p corescale
COMP_LINE="$1" COMP_POINT=${#1}
_corescale_completion
printf '%s|' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize(
    ("line", "inserted"),
    [
        ("corescale exp", "explain |"),
        ("corescale run hardw", "hardware=|hardware.|"),
        ("corescale run kernel=linux_s", "linux_stock |"),  # bash replaces what is behind the =
        ("corescale run experiment=osdi10/fig04_exim curve=", "stock |pk |"),
        ("corescale run -m kernel=linux_stock,linux_pk_m", "linux_stock,linux_pk_messages |"),
        ("corescale machine im", "import |"),
        ("corescale machine import x --name y --pack", "--packages |"),
        ("corescale calibrate mos", "mosbench |"),
        ("corescale claims --verdict not", "not\\ reproduced |not\\ modelled |not\\ run |"),
    ],
)
def test_bash_inserts_the_candidates(command: dict[str, str], line: str, inserted: str) -> None:
    done = subprocess.run(
        ["bash", "--norc", "-c", BASH, "bash", line],
        env=command,
        capture_output=True,
        text=True,
        check=True,
    )
    registered, _, replies = done.stdout.partition("\n")
    assert registered == "complete -o nospace -F _corescale_completion corescale"
    assert replies == inserted


# What is typed, what zsh makes of the line, and what fish offers for its last word.
TYPED = [
    ("run hardw", "run hardware", ["hardware=", "hardware."]),
    ("run kernel=linux_s", "run kernel=linux_stock ", ["kernel=linux_stock"]),
    ("run kernel.fi", "run kernel.fix.", ["kernel.fix."]),
    (
        "run -m kernel=linux_stock,linux_pk_m",
        "run -m kernel=linux_stock,linux_pk_messages ",
        ["kernel=linux_stock,linux_pk_messages"],
    ),
    ("machine im", "machine import ", ["import"]),
    ("machine import x --pack", "machine import x --packages ", ["--packages"]),
    (
        "report --experiments osdi10/fig04",
        "report --experiments osdi10/fig04_exim ",
        ["osdi10/fig04_exim"],
    ),
    ("calibrate mos", "calibrate mosbench ", ["mosbench"]),
    ("run kernel.fix.open", "run kernel.fix.open_file_list=", ["kernel.fix.open_file_list="]),
    (
        "run 'kernel=barrelfish' 'kernel.cl",
        "run 'kernel=barrelfish' 'kernel.cluster=",
        ["kernel.cluster="],
    ),
]
ZSH = """
PS1=
autoload -Uz compinit
compinit -u -D
eval "$(corescale completion zsh)"
finish() { print -r -- "<$BUFFER>"; exit }
zle -N finish
bindkey '^X' finish
"""
FISH = "source (corescale completion fish | psub); complete -C $argv[1]"


@pytest.mark.skipif(shutil.which("zsh") is None, reason="no zsh on PATH")
@pytest.mark.parametrize(("line", "inserted"), [(line, zsh) for line, zsh, _ in TYPED])
def test_zsh_completes_the_line(
    command: dict[str, str], tmp_path: Path, line: str, inserted: str
) -> None:
    (tmp_path / ".zshrc").write_text(ZSH)
    own = command | {"ZDOTDIR": str(tmp_path), "TERM": "dumb"}
    keys_pressed = f"corescale {line}\t\x18"
    shown = on_a_terminal(["zsh", "-i"], columns=200, environment=own, typed=keys_pressed)
    assert re.findall("<(.*?)>", shown.text) == [f"corescale {inserted}"]


@pytest.mark.skipif(shutil.which("fish") is None, reason="no fish on PATH")
@pytest.mark.parametrize(("line", "offered"), [(line, fish) for line, _, fish in TYPED])
def test_fish_offers_the_candidates(
    command: dict[str, str], tmp_path: Path, line: str, offered: list[str]
) -> None:
    done = subprocess.run(
        ["fish", "--no-config", "-c", FISH, f"corescale {line}"],
        env=command | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert sorted(done.stdout.splitlines()) == sorted(offered)


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_accepts_its_lines(shell: str, tmp_path: Path, capsys) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} on PATH")
    assert main(["completion", shell]) == 0
    script = tmp_path / "script"
    script.write_text(capsys.readouterr().out)
    assert subprocess.run([shell, "-n", str(script)], check=False).returncode == 0
