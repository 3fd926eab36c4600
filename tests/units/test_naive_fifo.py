"""Naive FIFO: closed forms of a server that cores come back to."""

from __future__ import annotations

import pytest

from sim.config.compose import compose
from sim.naive_fifo import mean_transfer, naive_fifo, served
from sim.workload.settings import Turn

HZ = 2e9


def test_few_cores_think_and_many_wait_for_all_others() -> None:
    turn = Turn(hold_cycles=900, lines=1, think_cycles=9000)
    few, many = (served(turn, 100, cores, HZ) for cores in (5, 40))
    assert few["throughput"] == pytest.approx(5 * HZ / 10_000)
    assert few["latency_mean_cycles"] == pytest.approx(1000)
    assert many["throughput"] == pytest.approx(HZ / 1000)
    assert many["throughput_per_core"] == pytest.approx(HZ / 40_000)
    assert many["latency_mean_cycles"] == pytest.approx(40_000 - 9000)
    assert many["user_us"] == pytest.approx(1e6 * 40_000 / HZ)


def test_all_who_ask_at_once_are_served_in_the_middle_on_average() -> None:
    assert served(Turn(0, 2, None), 100, 6, HZ) == {"latency_mean_cycles": 3.5 * 200}


def test_a_line_takes_longer_to_come_the_more_packages_take_part() -> None:
    hardware = compose(["hardware=opteron_8x6"]).hardware
    near, far = (mean_transfer(hardware, cores, "package") for cores in (6, 48))
    assert near == hardware.coherence.local_transfer_cycles < far


def test_it_says_nothing_of_one_core() -> None:
    found = naive_fifo(compose(["workload=micro/counter", "cores=[1,2,48]"]))
    assert list(found["user_us"]) == ["2", "48"]


@pytest.mark.parametrize(
    ("workload", "applies"),
    [
        ("workload=micro/lock", True),
        ("workload=micro/lock,workload.lock=rw", False),
        ("workload=micro/counter,workload.counter=shared", True),
        ("workload=micro/counter,workload.counter=sloppy", False),
        ("workload=micro/line_sharing,workload.mode=read", False),
        ("workload=exim", False),
    ],
)
def test_it_is_for_cores_that_all_want_one_thing(workload: str, applies: bool) -> None:
    assert bool(naive_fifo(compose([*workload.split(","), "cores=[2]"]))) is applies
