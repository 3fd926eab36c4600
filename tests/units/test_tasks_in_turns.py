"""More processes than hardware threads: they take turns, and do no more together."""

from __future__ import annotations

from typing import Any

import pytest

from sim.config.compose import compose
from sim.config.errors import ConfigError
from sim.machine.site import open_site
from sim.simulate import simulate

SMALL = ("kernel=linux_5_10", "hardware=cascadelake_2x20", "hardware.topology.cores_per_package=2")


def point(*chosen: str) -> dict[str, Any]:
    """The one point of a run on a machine of 8 hardware threads."""
    found: dict[str, Any] = simulate(compose(["run=smoke", *SMALL, *chosen])).points[0]
    return found


SWITCHES = "kernel.objects.run_queue.switch_cycles"
SHORT = ("kernel.objects.run_queue.period_us=0", "kernel.objects.run_queue.least_slice_us=10")


@pytest.mark.parametrize("tasks", [9, 16, 30])
def test_tasks_that_take_turns_do_what_the_hardware_threads_can(tasks: int) -> None:
    program = ("workload=scale/brk1", f"{SWITCHES}=0")
    all_busy = point(*program, "cores=[8]")["throughput"]
    turns = point(*program, f"cores=[{tasks}]")
    assert turns["cores"] == tasks
    assert turns["throughput"] == pytest.approx(all_busy, rel=0.01)
    assert turns["throughput_per_core"] * 8 == pytest.approx(turns["throughput"])


def test_a_switch_takes_its_time_from_every_slice() -> None:
    program = ("workload=scale/brk1", "hardware.topology.threads_per_core=1", "cores=[16]", *SHORT)
    program = (*program, "run=quick")
    clock = compose([*SMALL]).hardware.clock_ghz
    switch = round(10 * clock * 1000 / 4)  # a quarter of a slice
    spared = point(*program, f"{SWITCHES}=0")["throughput"]
    assert point(*program, f"{SWITCHES}={switch}")["throughput"] == pytest.approx(
        spared / 1.25, rel=0.05
    )


def test_a_core_with_one_task_never_switches() -> None:
    site = open_site(compose(list(SMALL)).hardware, 11, "package")
    assert [site.tasks_on(core) for core in range(site.cores)] == [2, 2, 2, 1, 1, 1, 1, 1]
    program = ("workload=scale/brk1", "run=quick", *SHORT, f"{SWITCHES}=100000")
    few, many = (point(*program, f"cores=[{tasks}]")["throughput"] for tasks in (9, 16))
    assert few > 2 * many  # one of eight switches, or all do


@pytest.mark.parametrize(
    ("program", "why"),
    [
        (("scale/malloc1", "workload.tasks=threads"), "allowed: workload.tasks=processes"),
        (("scale/unlink1", "workload.directory=shared"), "allowed: workload.directory=own"),
        (("scale/sched_yield",), "a task that yields gives its turn away"),
        (("exim",), "9 is more than the 8 cores"),
    ],
)
def test_what_waits_for_a_task_without_a_core_is_refused(
    program: tuple[str, ...], why: str
) -> None:
    with pytest.raises(ConfigError, match=why):
        compose([*SMALL, f"workload={program[0]}", *program[1:], "cores=[9]"])
