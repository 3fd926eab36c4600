"""Kernel objects of the network stack: each fix acts on its object alone, and where it should."""

from collections import Counter

import pytest

from sim.config.compose import compose
from sim.engine import isa
from sim.lowering import build_program
from sim.machine.site import open_site
from sim.simulate import simulate
from tests.project_files import fixes_of

REPLICATIONS = 2
QUICK = [f"run.replications={REPLICATIONS}", "run.operations=150", "run.warmup_operations=60"]
SETTLED = ["run.warmup_operations=600", "run.operations=300"]  # a collapse takes its time
TOUCHED = {  # objects whose instructions change; of the others only the lines do, or nothing
    "dst_entry_refcount": {"dst_entry"},
    "protocol_memory": {"protocol_memory"},
    "parallel_accept": {"accept", "flow_steering"},
    "inode_lists": {"inode_lists"},
    "dcache_lists": {"dcache_lists"},
    "dentry_lock": {"dentry"},
    "dentry_refcount": {"dentry_refcount"},
    "vfsmount_refcount": {"vfsmount"},
    "vfsmount_table": {"vfsmount_table"},
}
OF_MEMCACHED = {"dst_entry_refcount", "protocol_memory"}


def instructions(*overrides):
    config = compose(list(overrides))
    program = build_program(config, open_site(config.hardware, 4, config.core_order))
    return Counter((program.object_of(one), one.op, one.value) for one in program.instructions)


def throughput(cores, *overrides):
    points = simulate(compose([*QUICK, f"cores=[{cores}]", *overrides])).points
    return sum(row["throughput"] for row in points) / len(points)


def accounted(cores, *overrides):
    """Cycles per operation by object, and by object and cause."""
    outcome = simulate(compose([*QUICK, f"cores=[{cores}]", *overrides]))
    found = Counter()
    for row in outcome.account:
        found[row["object"]] += row["cycles_per_operation"] / REPLICATIONS
        found[row["object"], row["cause"]] += row["cycles_per_operation"] / REPLICATIONS
    return found


@pytest.mark.parametrize("workload", ["memcached", "apache"])
def test_every_fix_changes_the_program_of_one_object_only(workload):
    stock = instructions(f"workload={workload}", "kernel=linux_stock")
    for fix in fixes_of(compose(["kernel=linux_stock"]).kernel):
        fixed = instructions(f"workload={workload}", "kernel=linux_stock", f"kernel.fix.{fix}=true")
        different = {key[0] for key in (stock - fixed) + (fixed - stock)}
        expected = TOUCHED.get(fix, set())
        if workload == "memcached" and fix not in OF_MEMCACHED:
            expected = set()
        assert different == expected, fix


def test_stock_memcached_waits_for_the_free_list_of_packet_buffers():
    account = accounted(48, "workload=memcached", "kernel=linux_stock", *SETTLED)
    waits = {key: value for key, value in account.items() if isinstance(key, tuple)}
    assert max(waits, key=lambda key: waits[key]) == ("dma_buffers", "lock_wait")


def test_memcacheds_bottlenecks_hide_behind_one_another():
    base = ["workload=memcached", "kernel=linux_stock", *SETTLED]
    fixes = [
        "kernel.fix.dma_buffers=true",
        "kernel.fix.net_device_false_sharing=true",
        "kernel.fix.dst_entry_refcount=true",
    ]
    rates = [throughput(48, *base, *fixes[:n]) for n in range(4)]
    assert rates == sorted(rates)
    assert rates[3] > 1.9 * rates[0]
    alone = throughput(48, *base, fixes[2])  # the last of them first
    assert alone < 1.1 * rates[0]


@pytest.mark.parametrize(
    ("fix", "object_"),
    [
        ("dst_entry_refcount", "dst_entry"),
        ("protocol_memory", "protocol_memory"),
        ("net_device_false_sharing", "net_device"),
        ("dma_buffers", "dma_buffers"),
    ],
)
def test_without_one_fix_its_object_costs_more_on_many_cores_and_not_on_one(fix, object_):
    pk = ["workload=memcached", "kernel=linux_pk"]
    off = f"kernel.fix.{fix}=false"
    assert accounted(20, *pk, off)[object_] > 1.2 * accounted(20, *pk)[object_]
    assert accounted(1, *pk, off)[object_] < 1.05 * accounted(1, *pk)[object_]


def test_a_shared_listening_socket_collapses_and_one_per_core_scales():
    stock = ["workload=micro/accept", "kernel=linux_stock"]
    pk = ["workload=micro/accept", "kernel=linux_pk"]
    assert throughput(48, *stock) < 3 * throughput(1, *stock)
    assert throughput(48, *pk) > 45 * throughput(1, *pk)
    assert throughput(48, *stock, "workload.sockets=per_core") > 45 * throughput(1, *stock)


@pytest.mark.parametrize("instances", ["single", "per_core"])
def test_parallel_accept_keeps_flows_local_for_one_socket_of_all_cores_only(instances):
    choice = f"workload.instances={instances}"
    flows = accounted(12, "workload=apache", "kernel=linux_pk", choice)["flow_steering"]
    assert (flows > 0) == (instances == "per_core")
    assert accounted(12, "workload=apache", "kernel=linux_stock", choice)["flow_steering"] > 0


def test_a_misdirected_flow_is_one_of_n_minus_1_in_n():
    config = compose(["kernel=linux_stock"])
    workload = compose(["workload=apache"]).workload
    packets = workload.received_packets + workload.transmitted_packets
    lines = packets * config.kernel.objects.network.connection.packet_lines
    site = open_site(config.hardware, 6, "package")
    per_line = int(site.distance.bulk_transfer[0])
    found = accounted(6, "workload=apache", "kernel=linux_stock")["flow_steering"]
    assert found == pytest.approx(lines * per_line * 5 / 6, rel=0.03)
    assert accounted(1, "workload=apache", "kernel=linux_stock")["flow_steering"] == 0


@pytest.mark.parametrize("object_", ["dentry", "vfsmount", "dst_entry"])
def test_a_sloppy_reference_count_scales_and_a_shared_one_does_not(object_):
    base = ["workload=micro/refcount", f"workload.object={object_}"]
    for kernel, low, high in [("linux_stock", 0, 3), ("linux_pk", 45, 50)]:
        speedup = throughput(48, *base, f"kernel={kernel}") / throughput(
            1, *base, f"kernel={kernel}"
        )
        assert low < speedup < high


def test_apache_opens_and_closes_one_file_and_one_connection_per_request():
    config = compose(["workload=apache", "kernel=linux_stock"])
    program = build_program(config, open_site(config.hardware, 4, "package"))
    taken = Counter(
        program.object_of(one) for one in program.instructions if one.op == isa.AWAIT_TURN
    )
    assert taken["open_file_list"] == 2 * config.workload.opens
    assert taken["inode_lists"] == taken["dcache_lists"] == 2


def test_the_registers_of_a_request_are_enough_for_every_path():
    for workload in ("apache", "memcached", "micro/udp"):
        key = {"apache": "requests", "memcached": "batches", "micro/udp": "exchanges"}[workload]
        for kernel in ("linux_stock", "linux_pk"):
            config = compose(
                [f"workload={workload}", f"kernel={kernel}", f"workload.{key}_outstanding=4"]
            )
            build_program(config, open_site(config.hardware, 2, "package"))


def test_one_core_spends_the_time_that_the_paper_gives():
    long = ["cores=[1]", "run.minimum_operations=8000", "run.replications=2"]
    for overrides, microseconds in [
        (["workload=memcached", "kernel=linux_pk"], 4.022),
        (["workload=apache", "kernel=linux_pk"], 60.41),
        (["workload=apache", "kernel=linux_stock", "workload.instances=per_core"], 79.84),
    ]:
        points = simulate(compose([*overrides, *long])).points
        spent = sum(row["user_us"] + row["system_us"] for row in points) / len(points)
        assert spent == pytest.approx(microseconds, rel=0.01)
        assert all(row["idle_us"] < 0.001 * spent for row in points)
