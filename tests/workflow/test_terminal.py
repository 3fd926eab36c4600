"""On a terminal: 80 columns are enough, progress is shown, and its owner's wishes are kept."""

from __future__ import annotations

import re

import pytest

from tests.warm_python import WarmPython
from tests.workflow.pty_process import warm_on_a_terminal

SIM = ("-m", "sim")
COUNTER = ["workload=micro/counter", "run=smoke", "cores=[1,2]"]
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOUR = re.compile(r"\x1b\[[0-9;]*[34]\d(;\d+)*m|\x1b\[[0-9;]*9\dm")
RUNS = {
    "run": ["run", "kernel=linux_stock", "run=smoke", "cores=[1,2,4]"],
    "explain": ["explain", "kernel=linux_stock", "run=smoke", "cores=[4]"],
}


def lines_after_progress(text: str) -> list[str]:
    """Lines that stay on the screen: a bar is drawn over and over on a line of its own."""
    return [
        ESCAPE.sub("", line.split("\r")[-1]).rstrip()
        for line in text.split("\x1b[2K")[-1].splitlines()
    ]


@pytest.mark.parametrize("verb", RUNS)
def test_tables_fit_80_columns_and_are_not_cut(python: WarmPython, verb: str) -> None:
    shown = warm_on_a_terminal(python, *SIM, *RUNS[verb])
    assert shown.status == 0
    lines = lines_after_progress(shown.text)
    assert len(lines) > 4
    assert max(len(line) for line in lines) <= 80
    assert "…" not in "\n".join(lines)
    assert "\t" not in shown.text


@pytest.mark.parametrize("verb", RUNS)
def test_progress_with_the_time_left_is_shown_and_goes_away(python: WarmPython, verb: str) -> None:
    shown = warm_on_a_terminal(python, *SIM, *RUNS[verb])
    assert "simulating" in shown.text
    assert re.search(r"\d:\d\d:\d\d", shown.text)
    assert not any("simulating" in line for line in lines_after_progress(shown.text))


def test_no_color_means_no_colour(python: WarmPython) -> None:
    assert COLOUR.search(warm_on_a_terminal(python, *SIM, "run", *COUNTER).text)
    plain = warm_on_a_terminal(python, *SIM, "run", *COUNTER, environment={"NO_COLOR": "1"})
    assert plain.status == 0
    assert not COLOUR.search(plain.text)


@pytest.mark.parametrize("verb", ["run", "explain"])
def test_a_dumb_terminal_gets_no_bar_and_no_escape(python: WarmPython, verb: str) -> None:
    shown = warm_on_a_terminal(python, *SIM, verb, *COUNTER, environment={"TERM": "dumb"})
    assert shown.status == 0
    assert "\x1b" not in shown.text
    assert "simulating" not in shown.text
    assert "counter" in shown.text


def test_an_error_on_a_terminal_is_one_message(python: WarmPython) -> None:
    shown = warm_on_a_terminal(python, *SIM, "explain", "kernel=linux_stok")
    assert shown.status == 2
    assert shown.text.splitlines()[0] == "kernel=linux_stok: no kernel called 'linux_stok'"
    assert "Traceback" not in shown.text
