"""Files, inodes, threads and a route on later kernels: who meets whom, and what spares it."""

from __future__ import annotations

import math
from typing import Any

import pytest

from sim.config.compose import compose
from sim.engine import isa
from sim.engine.distributions import EXPONENTIAL
from sim.engine.isa import R_PACKAGE
from sim.kernel.context import KernelContext
from sim.kernel.objects.swapped_count import IncNotZero, SwappedCount
from sim.kernel.population import ALONE
from sim.kernel.table import KernelTable
from sim.program.assembler import Assembler, Label
from sim.program.simulation import run_program
from sim.simulate import simulate
from sim.sync.cna_lock import CnaLock
from sim.sync.qspinlock import QueuedSpinLock
from tests.machines import costs, new_program, operation, start, window
from views.two_by_two import interaction, relative

ON = ("run=smoke", "kernel=linux_5_10", "hardware=cascadelake_2x20", "run.replications=1")


def point(*chosen: str) -> dict[str, Any]:
    found: dict[str, Any] = simulate(compose([*ON, *chosen])).points[0]
    return found


def throughput(*chosen: str) -> float:
    return float(point(*chosen)["throughput"])


def moved(name: str, *chosen: str) -> float:
    """Cycles per operation for which an object's lines are fetched."""
    rows = simulate(compose([*ON, *chosen])).account
    of = [r for r in rows if r["object"] == name and r["cause"] == "coherence"]
    return float(sum(r["cycles_per_operation"] for r in of))


@pytest.mark.parametrize("program", ["open1", "open2", "dup1", "sched_yield"])
def test_processes_with_files_of_their_own_meet_nobody(program: str) -> None:
    alone = throughput(f"workload=scale/{program}", "cores=[1]")
    assert throughput(f"workload=scale/{program}", "cores=[8]") == pytest.approx(8 * alone)


@pytest.mark.parametrize("program", ["open1", "dup1"])
def test_threads_meet_at_their_table_of_descriptors(program: str) -> None:
    eight = (f"workload=scale/{program}", "cores=[8]")
    assert throughput(*eight, "workload.tasks=threads") < 0.7 * throughput(*eight)


@pytest.mark.parametrize("program", ["open3", "stat"])
def test_processes_that_name_one_file_meet_at_its_dentry(program: str) -> None:
    one, eight = (throughput(f"workload=scale/{program}", f"cores=[{n}]") for n in (1, 8))
    assert eight < 6 * one


def test_a_name_that_lies_apart_from_the_count_stays_with_every_core() -> None:
    stat = ("workload=scale/stat", "cores=[8]")
    hit = compose([*ON]).hardware.caches.l1.latency_cycles
    assert moved("dentry_name", *stat) > 5 * hit
    assert moved("dentry_name", *stat, "kernel.fix.lockref_apart=true") == hit


def test_a_spin_lock_around_the_count_costs_more_than_swaps() -> None:
    stat = ("workload=scale/stat", "cores=[8]")
    assert throughput(*stat, "kernel.objects.lockref.sharing=spin_lock") < throughput(*stat)


def counted(kind: type[SwappedCount], cores: int) -> tuple[int, int]:
    """Cycles of 100 references of each core, taken and dropped; and the count after them."""
    packages = [core // 4 for core in range(cores)]
    asm = new_program()
    table = KernelTable(compose(["kernel=linux_5_10"]).kernel)
    context = KernelContext(asm, table, None, ALONE)  # type: ignore[arg-type]
    counter = kind(context)

    def body(asm: Assembler) -> None:
        with operation(asm), asm.repeat(100):
            counter.acquire(asm)
            counter.acquire(asm)
            counter.release(asm)
        asm.emit(isa.HALT)

    for core in range(cores):
        start(asm, core, body)
    result = run_program(asm, packages, costs(packages), window(cores), 1)
    return int(result.elapsed), int(result.words[counter.word])


def test_swapped_counts_lose_nothing_and_a_drop_by_an_atomic_add_is_cheaper() -> None:
    (both, left), (once, kept) = counted(SwappedCount, 8), counted(IncNotZero, 8)
    assert left == kept == 800
    assert once < 0.9 * both


def test_a_number_that_is_freed_after_the_lists_lock_keeps_the_list_shorter() -> None:
    tasks = ("workload=scale/thread_create", "cores=[20]")
    cycles = "kernel.objects.task_list"
    slow = (f"{cycles}.link_cycles=3000", f"{cycles}.number_cycles=2000")
    outside = throughput(*tasks, *slow, "kernel.fix.pid_freed_outside=true")
    assert outside > 1.1 * throughput(*tasks, *slow)


def test_lists_of_each_core_help_once_the_hash_has_a_lock_for_each_chain() -> None:
    walk = ("workload=scale/xfs_walk", "workload.hashed=true", "hardware=xeon_4x18", "cores=[72]")
    lists, chains = "kernel.fix.per_core_inode_lists=true", "kernel.fix.inode_hash_buckets=true"
    neither, both = throughput(*walk), throughput(*walk, lists, chains)
    assert throughput(*walk, lists) == pytest.approx(neither, rel=0.05)
    assert both > 1.5 * throughput(*walk, chains)


def test_files_of_one_directory_are_made_one_after_another() -> None:
    one, four = (throughput("workload=scale/unlink1", f"cores=[{n}]") for n in (1, 4))
    assert four < 1.5 * one
    assert throughput("workload=scale/unlink1", "workload.directory=own", "cores=[4]") > 3 * one


def test_a_routes_padding_and_counter_gain_more_together_than_one_by_one() -> None:
    route = ("workload=scale/memcached_localhost", "cores=[40]", "workload.work_us=2")
    own = "hardware.coherence.combined_read_cycles=null"
    fixes = ("kernel.fix.dst_padding=true", "kernel.fix.rcuref=true")
    cells = [throughput(*route, own, *on) for on in ((), fixes[:1], fixes[1:], fixes)]
    found = interaction(list(cells))
    assert found is not None and found > 1.2
    assert cells[3] > 1.8 * cells[0]


def test_threads_that_want_one_mutex_do_less_than_one_alone_and_processes_scale() -> None:
    mutex = "workload=scale/pthread_mutex1"
    alone = throughput(mutex, "cores=[1]")
    assert throughput(mutex, "cores=[8]") < 0.8 * alone
    processes = throughput(mutex, "cores=[8]", "workload.tasks=processes")
    assert processes == pytest.approx(8 * alone)


def test_an_interaction_is_both_over_the_product_of_each() -> None:
    assert interaction([2.0, 3.0, 4.0, 12.0]) == pytest.approx(2.0)
    assert interaction([2.0, 3.0, 4.0]) is None
    shares = relative([1.0, 2.0, 4.0, 8.0])
    assert math.prod(value or 0 for value in shares) == pytest.approx(1.0)
    assert relative([1.0, None]) == [None, None]


def test_a_list_before_a_transmit_queues_lock_lets_one_core_send_for_all() -> None:
    send = ("workload=scale/udp_transmit", "workload.queues=2", "cores=[16]")
    assert throughput(*send, "kernel.fix.qdisc_list=true") > 1.2 * throughput(*send)
    own = ("workload=scale/udp_transmit", "workload.queues=16")
    alone = throughput(*own, "cores=[1]")
    assert throughput(*own, "cores=[16]") == pytest.approx(16 * alone, rel=0.1)


def test_a_listener_of_each_core_shares_no_lock_but_flows_come_to_any_core() -> None:
    accept = ("workload=apache", "workload.instances=single", "hardware=opteron_8x6", "cores=[16]")
    shared, reuse, steered = (
        throughput(*accept, f"kernel.objects.network.accept.sharing={name}")
        for name in ("shared", "reuseport", "per_core")
    )
    assert shared < reuse < steered


def crossings(kind: type[QueuedSpinLock], *hand_offs: int) -> int:
    """How often 300 acquisitions of twelve cores in three packages pass a lock to another one."""
    packages = [core // 4 for core in range(12)]
    asm = new_program()
    lock = kind(asm, 12, *hand_offs)
    last, changes = asm.new_lines(1), asm.new_lines(1)

    def body(asm: Assembler) -> None:
        with operation(asm), asm.registers(1) as (package,):
            same = Label()
            asm.emit(isa.COMPUTE_DRAWN, value=500, target=EXPONENTIAL)
            lock.acquire(asm)
            asm.emit(isa.LOAD, address=last, dst=package)
            asm.branch(package, isa.EQUAL, 0, same, source=R_PACKAGE)
            asm.emit(isa.FETCH_ADD, address=changes, value=1)
            asm.place(same)
            asm.emit(isa.STORE, address=last, source=R_PACKAGE)
            asm.compute(200)
            lock.release(asm)

    for core in range(12):
        start(asm, core, body)
    result = run_program(asm, packages, costs(packages), window(300, 10), 1)
    return int(result.words[changes])


def test_a_numa_aware_queue_hands_its_lock_over_within_a_package_while_it_may() -> None:
    assert crossings(CnaLock, 64) < crossings(QueuedSpinLock) / 3
    assert crossings(CnaLock, 1) > crossings(CnaLock, 64)
