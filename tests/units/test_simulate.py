"""What a run refuses, and that waiting for a period is idle time."""

import pytest

from sim.config.compose import compose
from sim.simulate import SimulationError, simulate

FREE = [
    "hardware.caches.l1.latency_cycles=0",
    *(
        f"hardware.coherence.{key}_cycles=0"
        for key in (
            "locked_instruction",
            "local_transfer",
            "base_transfer",
            "hop",
            "local_occupancy",
            "base_occupancy",
            "hop_occupancy",
        )
    ),
    "hardware.memory.latency_cycles=0",
]


def test_operations_that_take_no_time_are_refused_with_a_message():
    config = compose(
        ["workload=micro/counter", "workload.think_cycles=0", "run=smoke", "cores=[1]", *FREE]
    )
    with pytest.raises(SimulationError, match="takes no time at all"):
        simulate(config)


@pytest.mark.parametrize("cores", [1, 2, 12])
def test_readers_after_a_write_wait_for_it_idle(cores):
    config = compose(
        [
            "workload=micro/line_sharing",
            "workload.mode=read_after_write",
            "run=smoke",
            f"cores=[{cores}]",
        ]
    )
    for row in simulate(config).points:
        assert row["user_us"] < 0.02 * row["idle_us"]


def test_every_reader_of_a_written_line_adds_to_the_readers_latency():
    config = compose(
        [
            "workload=micro/line_sharing",
            "workload.mode=read_after_write",
            "run=smoke",
            "cores=[1,2,6,12,24,48]",
            "run.replications=1",
        ]
    )
    latencies = [row["latency_mean_cycles"] for row in simulate(config).points]
    assert latencies == sorted(latencies)
    assert latencies[0] == config.hardware.caches.l1.latency_cycles
    assert latencies[1] == config.hardware.coherence.local_transfer_cycles
