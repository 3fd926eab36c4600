"""The network card: its limits in closed form, and who is idle when it is the limit."""

import pytest
from pydantic import ValidationError

from sim.config.compose import compose
from sim.config.run import RunConfig
from sim.machine.nic import NetworkCard, Traffic
from sim.machine.site import open_site
from sim.program.assembler import Assembler
from sim.simulate import simulate

QUICK = ["run.replications=1", "run.operations=200", "run.warmup_operations=100"]


def card():
    site = open_site(compose([]).hardware, 1, "package")
    return NetworkCard(Assembler(), site)


def rows(*overrides):
    return simulate(compose([*QUICK, *overrides])).points


def test_packets_of_a_burst_share_one_descriptor_transaction():
    nic = card()
    settings, ghz = nic.card, nic.clock_ghz
    alone = nic.receive_cycles(Traffic(20, 20 * 68, 1))
    together = nic.receive_cycles(Traffic(20, 20 * 68, 20))
    assert alone - together == pytest.approx(19 * settings.descriptor_ns * ghz, abs=1)
    assert together == pytest.approx(
        (20 * settings.receive_packet_ns + settings.descriptor_ns) * ghz, abs=1
    )


def test_the_card_receives_five_million_packets_in_long_bursts_and_2_8_million_scattered():
    nic = card()
    per_second = nic.clock_ghz * 1e9 * 1000
    burst = nic.receive_cycles(Traffic(1000, 64_000, 1000))
    scattered = nic.receive_cycles(Traffic(1000, 64_000, 1))
    assert per_second / burst == pytest.approx(5.0e6, rel=0.01)
    assert per_second / scattered == pytest.approx(2.8e6, rel=0.01)


def test_long_packets_take_their_time_on_the_wire():
    nic = card()
    payload = 10 * 1434  # with 66 bytes of overhead, 1500 bytes each
    assert nic.receive_cycles(Traffic(10, payload, 10)) == round(10 * 1500 * 8 / 10 * 2.4)


@pytest.mark.parametrize(
    ("receive", "transmit", "engine"), [(2000, 100, "nic_rx"), (100, 2000, "nic_tx")]
)
def test_a_saturated_engine_passes_its_own_rate_and_gets_the_blame(receive, transmit, engine):
    config = compose(
        [
            "workload=memcached",
            "cores=[24]",
            f"hardware.nic.receive_packet_ns={receive}",
            f"hardware.nic.transmit_packet_ns={transmit}",
            "hardware.nic.descriptor_ns=0",
            *QUICK,
        ]
    )
    outcome = simulate(config)
    assert outcome.points[0]["throughput"] == pytest.approx(1e9 / 2000, rel=0.02)
    idle = {
        row["object"]: row["cycles_per_operation"]
        for row in outcome.account
        if row["mode"] == "idle"
    }
    assert idle[engine] > 0.99 * sum(idle.values())


def test_cores_idle_only_when_the_card_is_the_limit():
    fast = [
        "hardware.nic.receive_packet_ns=0",
        "hardware.nic.transmit_packet_ns=0",
        "hardware.nic.descriptor_ns=0",
        "hardware.nic.wire_gbit_s=1000",
    ]
    (free,) = rows("workload=apache", "cores=[48]", *fast)
    (limited,) = rows("workload=apache", "cores=[48]")
    assert free["idle_us"] < 0.01 * free["system_us"]
    assert limited["idle_us"] > 0.1 * limited["system_us"]


def test_more_outstanding_batches_change_no_rate():
    long = ["workload=memcached", "cores=[48]", *QUICK, "run.operations=2000"]
    (two,) = simulate(compose(long)).points
    for outstanding in (3, 4):
        (more,) = simulate(compose([*long, f"workload.batches_outstanding={outstanding}"])).points
        assert more["throughput"] == pytest.approx(two["throughput"], rel=0.01)


def test_a_server_on_the_network_needs_a_card():
    config = compose(["workload=apache"])
    bare = config.hardware.model_copy(update={"nic": None})
    parts = {name: getattr(config, name) for name in ("kernel", "workload", "run", "limits")}
    with pytest.raises(ValidationError, match="network card"):
        RunConfig(hardware=bare, **parts)


def test_scattered_udp_packets_pass_at_the_rate_of_apaches():
    (udp,) = rows("workload=micro/udp", "cores=[48]")
    (apache,) = rows("workload=apache", "cores=[48]")
    assert udp["throughput"] == pytest.approx(apache["throughput"], rel=0.05)
