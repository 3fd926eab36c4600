"""IP loopback and the network servers: lines that move, wires, and the slowest part."""

from __future__ import annotations

import numpy as np
import pytest

from sim.config.compose import compose
from sim.config.errors import ConfigError
from sim.engine import isa, records
from sim.machine.traffic import count
from sim.simulate import simulate

OPERATIONS = [isa.LOAD, isa.STORE, isa.END]
LOAD, STORE, END = range(3)


def trace(*accesses):
    """Records of (core, instruction) on one line."""
    made = np.zeros(len(accesses), records.TRACE)
    for record, (core, pc) in zip(made, accesses, strict=True):
        record["core"], record["pc"] = core, pc
    return made


def point(*overrides):
    return simulate(compose([*overrides, "run.replications=1"])).points[0]


def loopback(kernel, *overrides):
    return point(
        "hardware=amd_2x2", f"kernel={kernel}", "workload=ip_loopback", "cores=[2]", *overrides
    )


def settings(workload):
    return compose(["hardware=amd_2x2", f"workload={workload}", "cores=[4]"]).workload


def served(workload, *overrides, hardware="amd_2x2"):
    chosen = [f"hardware={hardware}", "kernel=barrelfish", f"workload={workload}"]
    cores = [] if any(key.startswith("cores") for key in overrides) else ["cores=[4]"]
    return simulate(compose([*chosen, *cores, *overrides, "run.replications=1"])).points[0][
        "throughput"
    ]


# --- the bus analyser


def test_a_line_moves_when_the_other_package_reads_what_was_written():
    found = count(trace((0, STORE), (1, LOAD), (1, LOAD), (0, END)), OPERATIONS, [0, 1], 0)
    assert (found.moved_out, found.moved_back, found.told_out) == (1, 0, 0)


def test_writing_a_line_that_the_other_side_holds_tells_it_and_moves_nothing():
    steps = trace((0, STORE), (1, LOAD), (0, STORE), (0, END))
    found = count(steps, OPERATIONS, [0, 1], 0)
    assert (found.moved_out, found.moved_back, found.told_out) == (1, 0, 1)


def test_nothing_moves_over_the_link_within_a_package():
    steps = trace((0, STORE), (1, LOAD), (1, STORE), (0, LOAD), (0, END))
    assert count(steps, OPERATIONS, [0, 0], 0).lines_moved == 0


def test_words_of_a_line_add_up_as_the_packets_say():
    packets = compose(["hardware=amd_2x2"]).hardware.link_packets
    steps = trace((0, STORE), (1, LOAD), (0, STORE), (0, END))
    found = count(steps, OPERATIONS, [0, 1], 0)
    # probe 2 + data 17 + 2 credits; then a probe 2 + 1 credit
    assert found.dwords(packets, out=True) == 21 + 3
    # request 2 + done 1 + 2 credits; then a response 1 + 1 credit
    assert found.dwords(packets, out=False) == 5 + 2


# --- IP loopback


def test_on_barrelfish_a_packet_moves_its_payload_once_and_two_lines_each_way():
    row = loopback("barrelfish")
    payload = -(-(1000 + 42) // 64)
    assert row["lines_moved"] == pytest.approx(payload + 2 + 2, rel=0.01)


def test_every_shared_structure_moves_twice_for_each_packet():
    few = loopback("linux_2_6_26", "kernel.packets.shared_lines=2")
    many = loopback("linux_2_6_26", "kernel.packets.shared_lines=12")
    assert many["lines_moved"] - few["lines_moved"] == pytest.approx(2 * 10, rel=0.01)
    assert many["throughput"] < few["throughput"]


def test_more_payload_goes_out_and_not_back():
    small = loopback("barrelfish", "workload.payload_bytes=100")
    large = loopback("barrelfish", "workload.payload_bytes=1000")
    out = large["link_dwords_out"] - small["link_dwords_out"]
    back = large["link_dwords_back"] - small["link_dwords_back"]
    lines = 17 - 3
    assert out == pytest.approx(24 * lines, rel=0.02)
    assert back == pytest.approx(7 * lines, rel=0.02)


def test_the_stack_runs_in_system_mode_in_the_kernel_and_in_user_mode_in_a_library():
    assert loopback("barrelfish")["system_us"] == 0
    linux = loopback("linux_2_6_26")
    assert linux["system_us"] > linux["user_us"] > 0


# --- network servers


def test_udp_echo_is_bound_by_the_wire():
    packets = served("udp_echo", hardware="intel_2x4")
    assert packets * 8 * (1300 + 66) == pytest.approx(1e9, rel=0.001)
    slower = served("udp_echo", "workload.server_cycles=4000", hardware="intel_2x4")
    assert slower == pytest.approx(packets, rel=0.001)


@pytest.mark.parametrize(
    ("workload", "part"), [("web_server", "server"), ("web_database", "database")]
)
def test_the_slowest_core_decides(workload, part):
    cycles = getattr(settings(workload), f"{part}_cycles")
    assert served(workload) == pytest.approx(2.8e9 / cycles, rel=0.01)
    faster = served(workload, f"workload.{part}_cycles={cycles * 3 // 4}")
    assert faster == pytest.approx(2.8e9 / (cycles * 3 // 4), rel=0.01)


def test_a_driver_on_the_server_s_core_takes_its_time_away():
    apart = served("web_server")
    together = served("web_server", "workload.driver_core=3")
    workload = settings("web_server")
    packets = workload.packets_in + workload.packets_out
    both = workload.server_cycles + packets * workload.packet_cycles
    assert together / apart == pytest.approx(workload.server_cycles / both, rel=0.01)


def test_parts_share_the_last_core_where_there_are_fewer():
    workload = settings("web_database")
    packets = (workload.packets_in + workload.packets_out) * workload.packet_cycles
    together = packets + workload.server_cycles + workload.database_cycles
    assert served("web_database", "cores=[1]") == pytest.approx(2.8e9 / together, rel=0.01)


def test_a_part_cannot_stand_between_two_on_one_core():
    with pytest.raises(ConfigError, match="the driver's"):
        compose(["hardware=amd_2x2", "workload=web_database", "workload.database_core=2"])
