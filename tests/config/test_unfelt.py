"""An override that a run does not feel is said, and no other."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sim.__main__ import main
from sim.command.unfelt import Made, remarks
from sim.config.compose import compose_assignments
from sim.config.overrides import key_of, parse

pytestmark = pytest.mark.usefixtures("unchanging_files")

BANDWIDTH = "hardware.memory.bandwidth_gb_s=1"
EXIM = ("workload=exim", "run=smoke", "cores=[1,8]")
METIS = ("workload=metis", "run=smoke", "cores=[8]")
COUNTER = ("workload=micro/counter", "run=smoke", "cores=[1,2]")


def made(words: Sequence[str]) -> Made:
    layers = [parse(text) for text in words]
    return Made(compose_assignments(layers), layers)


@pytest.mark.parametrize(
    ("words", "text", "said"),
    [
        (EXIM, BANDWIDTH, True),
        (METIS, BANDWIDTH, False),
        (EXIM, "run.jobs=7", True),
        (METIS, "run.jobs=1", False),
        (EXIM, "run.seed=7", False),
        (EXIM, "hardware.coherence.hop_cycles=200", False),
        (COUNTER, "hardware.clock_ghz=2.4", False),  # what it was
        (COUNTER, "hardware.nic.cards=3", True),
        ((*COUNTER, "workload.counter=shared"), "workload.threshold=7", True),
        ((*COUNTER, "workload.counter=sloppy"), "workload.read_fraction=0.5", False),
        (COUNTER, "kernel=linux_stock", False),  # a choice says by its name what it is
        (COUNTER, "cores=[1,2]", False),
    ],
)
def test_what_a_run_does_not_feel_is_said(words: Sequence[str], text: str, said: bool) -> None:
    found = remarks([made([*words, text])], [text], ())
    assert [line.partition(":")[0] for line in found] == [text] * said


def test_what_one_run_of_several_feels_is_not_said() -> None:
    runs = [made([*words, BANDWIDTH]) for words in (EXIM, METIS)]
    assert remarks(runs[:1], [BANDWIDTH], ())
    assert remarks(runs, [BANDWIDTH], ()) == []


def test_the_command_line_says_it_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", *COUNTER, BANDWIDTH]) == 0
    assert capsys.readouterr().err.splitlines() == [
        f"{BANDWIDTH}: changes nothing here: micro/counter on linux_pk has the same result "
        "without it"
    ]
    assert key_of(BANDWIDTH) == "hardware.memory.bandwidth_gb_s"
