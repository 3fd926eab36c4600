"""Controls: read off what the project knows, each of which can be set."""

from __future__ import annotations

import pytest

from lab.controls import choosers, sections
from lab.runs import curve_of, with_value
from sim.command.list import summary
from sim.config.compose import compose
from sim.config.files import choices
from sim.config.keys import keys, shape_of
from sim.experiment.assumptions import is_relevant
from sim.sync.spin_lock import KINDS as SPIN_LOCKS

RUNS = ("kernel=linux_stock", "workload=memcached", "workload=micro/unmap kernel=barrelfish")


def controls(line: str) -> dict:
    curve = curve_of(line.split(), ("sketch",), [])
    found = [one for part in sections(curve, []) for one in part.controls]
    found += choosers(curve, [])[len(("workload", "kernel", "hardware", "cores", "order")) :]
    assert len({one.key for one in found}) == len(found)
    return {one.key: one for one in found}


def test_what_can_be_chosen_is_what_lies_in_conf() -> None:
    shown = {one.key: one for one in choosers(curve_of([], ("sketch",), []), [])}
    for group in ("workload", "kernel", "hardware"):
        known = choices(group)
        assert [option.value for option in shown[group].options] == list(known)
        assert shown[group].options[0].meaning == summary(next(iter(known.values())))
    assert shown["cores"].value == "1,6,12,18,24,30,36,42,48"
    assert [option.value for option in shown["order"].options] == ["", "package", "round_robin"]


@pytest.mark.parametrize("line", RUNS)
def test_the_fixes_that_matter_to_the_workload_are_switches(line: str) -> None:
    config = compose(line.split())
    expected = [
        key
        for key in keys(shape_of(config))
        if key.startswith("kernel.fix.") and is_relevant(config, key)
    ]
    shown = controls(line)
    assert [key for key in shown if key.startswith("kernel.fix.")] == expected
    assert all(shown[key].kind == "switch" for key in expected)


def test_locks_strategies_and_costs_are_there_with_what_is_allowed() -> None:
    shown = controls("kernel=linux_stock")
    assert {option.value for option in shown["kernel.locks.spin"].options} == set(SPIN_LOCKS)
    strategies = {option.value for option in shown["kernel.objects.dentry.sharing"].options}
    assert strategies == {"locked", "generation"}
    hop = shown["hardware.coherence.hop_cycles"]
    assert (hop.kind, hop.value, hop.unit) == ("number", "127", "cycles")
    assert float(hop.low) == 0 and float(hop.high) == 1e12


def test_every_control_can_be_set_to_what_it_shows() -> None:
    words = ("kernel=linux_stock",)
    for key, control in controls(*words).items():
        assert with_value(words, key, control.value, []) == words, key
        others = [option.value for option in control.options if option.value != control.value]
        if control.kind == "switch":
            others = ["false" if control.value == "true" else "true"]
        for value in others[:1]:
            assert with_value(words, key, value, [])[-1] == f"{key}={value}"


def test_what_a_curve_changes_is_marked() -> None:
    changed = controls("kernel=linux_stock kernel.fix.dentry_lock=true")
    marked = {key for key, control in changed.items() if control.is_changed}
    assert marked == {"kernel.fix.dentry_lock", "kernel.objects.dentry.sharing"}
    assert not any(control.is_changed for control in controls("kernel=linux_stock").values())
