"""Compute-bound programs, and what bounds them: links, memory, caches, barriers and locks."""

from __future__ import annotations

import pytest

from sim.config.compose import compose
from sim.engine import isa
from sim.engine.state import Window
from sim.machine.residency import miss_share
from sim.machine.site import open_site
from sim.machine.streaming import Routes, Streams
from sim.program.assembler import Assembler
from sim.program.simulation import run_program
from sim.simulate import simulate
from sim.sync.futex_barrier import FutexBarrier
from sim.sync.futex_mutex import FutexMutex

PROGRAMS = ["nas/cg", "nas/ft", "nas/is", "splash/barnes_hut", "splash/radiosity"]


def outcome(workload, kernel="barrelfish", cores=(1,), *overrides):
    chosen = f"cores=[{','.join(map(str, cores))}]"
    base = [f"workload={workload}", f"kernel={kernel}", "hardware=amd_4x4", "run=smoke", chosen]
    return simulate(compose([*base, *overrides]))


def times(workload, kernel="barrelfish", cores=(1,), *overrides):
    """Cycles of one run by core count."""
    found = {}
    for row in outcome(workload, kernel, cores, *overrides).points:
        found.setdefault(row["cores"], []).append(row["latency_mean_cycles"])
    return {n: sum(values) / len(values) for n, values in found.items()}


def amd_4x4(cores):
    return open_site(compose(["hardware=amd_4x4"]).hardware, cores, "package")


# --- streams and caches


def test_routes_are_shortest_and_take_the_lowest_node_of_equals():
    topology = amd_4x4(16).hardware.topology
    routes = Routes(topology)
    assert routes.between(0, 0) == []
    assert routes.between(0, 2) == [(0, 2)]
    assert routes.between(0, 3) == [(0, 1), (1, 3)]


def test_data_of_a_whole_package_come_at_the_speed_of_one_link():
    site = amd_4x4(8)
    asm = Assembler()
    streams = Streams(asm, site)
    start = asm.place()
    with asm.at("program"):
        asm.emit(isa.BEGIN)
        with asm.repeat(100), streams.arriving(asm, (0,), 1, 64.0):
            asm.compute(1)
        asm.emit(isa.END)
    asm.jump(start)
    for core in range(4, 8):
        asm.thread(core, start)
    measured = run_program(asm, site.dies, site.distance, Window(4, 40, 10**12))
    bytes_moved = 40 * 100 * 64 * 1024
    gb_s = bytes_moved / (measured.elapsed / site.hardware.clock_ghz)
    assert gb_s == pytest.approx(site.hardware.streaming.link_gb_s, rel=0.02)


def test_data_that_fit_the_caches_are_not_fetched_and_data_that_do_not_are():
    hardware = amd_4x4(4).hardware
    capacity = hardware.caches.l3.capacity_kib + 4 * hardware.caches.l2.capacity_kib
    shares = [miss_share(hardware, factor * capacity, 4) for factor in (0.5, 0.9, 1, 1.1, 1.5)]
    assert shares[0] < 0.001
    assert shares[2] == 0.5
    assert shares[4] > 0.999
    assert shares == sorted(shares)


# --- barriers and mutexes


def test_nobody_leaves_a_futex_barrier_before_all_have_come():
    site = amd_4x4(7)
    asm = Assembler()
    with asm.at("program"):
        barrier = FutexBarrier(asm, 7, 500, 500)
        come = asm.new_lines(1)
        start = asm.place()
        asm.emit(isa.BEGIN)
        asm.emit(isa.COMPUTE_DRAWN, value=20_000)
        asm.emit(isa.FETCH_ADD, address=come, value=1)
        barrier.wait(asm)
        with asm.registers(1) as (seen,):
            asm.emit(isa.LOAD, address=come, dst=seen)
        barrier.wait(asm)
        asm.emit(isa.END)
        asm.jump(start)
    for core in range(7):
        asm.thread(core, start)
    measured = run_program(asm, site.dies, site.distance, Window(7, 700, 10**12), traced=50_000)
    loads = {
        n for n, one in enumerate(asm.instructions) if one.op == isa.LOAD and one.address == come
    }
    seen = [int(r["value"]) for r in measured.trace if int(r["pc"]) in loads]
    assert len(seen) > 300
    assert all(value % 7 == 0 for value in seen)  # all of a round had come when anyone looked


def test_a_futex_mutex_excludes():
    site = amd_4x4(6)
    asm = Assembler()
    with asm.at("program"):
        mutex = FutexMutex(asm, 500, 500)
        inside = asm.new_lines(1)
        start = asm.place()
        asm.emit(isa.BEGIN)
        mutex.acquire(asm)
        with asm.registers(1) as (before,):
            asm.emit(isa.FETCH_ADD, address=inside, dst=before, value=1)
            asm.compute(1000)
            asm.emit(isa.FETCH_ADD, address=inside, dst=before, value=-1)
        mutex.release(asm)
        asm.emit(isa.END)
        asm.jump(start)
    for core in range(6):
        asm.thread(core, start)
    measured = run_program(asm, site.dies, site.distance, Window(6, 600, 10**12), traced=20_000)
    words = [int(r["value"]) for r in measured.trace if int(r["address"]) == inside]
    assert len(words) > 500
    assert set(words) == {0, 1}


# --- programs


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("kernel", ["barrelfish", "linux_2_6_26"])
def test_time_per_run_adds_up(program, kernel):
    for row in outcome(program, kernel, (1, 5, 16)).points:
        spent = row["user_us"] + row["system_us"] + row["idle_us"]
        assert spent == pytest.approx(1e6 / row["throughput_per_core"], rel=1e-9)


@pytest.mark.parametrize("program", PROGRAMS)
def test_one_core_takes_the_same_time_on_both_systems(program):
    barrelfish, linux = times(program)[1], times(program, "linux_2_6_26")[1]
    assert barrelfish == pytest.approx(linux, rel=0.005)


def test_waiting_is_user_time_on_barrelfish_and_idle_time_on_linux():
    spins = outcome("nas/is", "barrelfish", (16,)).points
    sleeps = outcome("nas/is", "linux_2_6_26", (16,)).points
    assert all(row["idle_us"] == 0 and row["system_us"] == 0 for row in spins)
    assert all(row["idle_us"] > row["user_us"] and row["system_us"] > 0 for row in sleeps)


def test_a_perfectly_parallel_program_speeds_up_with_the_cores():
    alone = ["workload.serial_cycles=0", "workload.imbalance=0"]
    found = times("splash/barnes_hut", "barrelfish", (1, 16), *alone)
    assert found[1] / found[16] == pytest.approx(16, rel=0.01)


def test_a_serial_part_bounds_the_speed_up_as_amdahl_says():
    config = compose(["workload=splash/barnes_hut"]).workload
    found = times("splash/barnes_hut", "barrelfish", (1, 8), "workload.imbalance=0")
    share = config.serial_cycles / (config.serial_cycles + config.parallel_cycles)
    assert found[1] / found[8] == pytest.approx(1 / (share + (1 - share) / 8), rel=0.01)


def test_the_hump_of_cg_is_the_link_s_and_goes_with_its_bandwidth():
    narrow = times("nas/cg", "barrelfish", (6, 8))
    wide = times("nas/cg", "barrelfish", (6, 8), "hardware.streaming.link_gb_s=100")
    assert narrow[8] > 1.5 * narrow[6]
    assert wide[8] < 0.75 * narrow[8]


def test_threads_that_are_moved_miss_the_cliff_of_cg():
    pinned = times("nas/cg", "linux_2_6_26", (10, 13), "kernel.threads.moved=0")
    moved = times("nas/cg", "linux_2_6_26", (10, 13), "kernel.threads.moved=1")
    assert pinned[13] < 0.5 * pinned[10]
    assert moved[13] > 0.8 * moved[10]


def test_a_critical_section_of_every_core_is_served_one_after_another():
    workload = compose(["workload=nas/is"]).workload
    found = times("nas/is", "linux_2_6_26", (12, 16))
    each = workload.iterations * workload.critical_cycles
    assert found[16] - found[12] == pytest.approx(4 * each, rel=0.25)


def test_spinners_slow_the_holder_by_the_configured_share():
    still = times("nas/is", "barrelfish", (8,), "kernel.threads.spin_slowdown=0")[8]
    slowed = times("nas/is", "barrelfish", (8,), "kernel.threads.spin_slowdown=0.5")[8]
    workload = compose(["workload=nas/is"]).workload
    extra = 7 * 0.5 * workload.critical_cycles * workload.iterations
    assert slowed - still == pytest.approx(extra, rel=0.02)


def test_radiosity_turns_up_where_waiters_spin_and_not_where_they_sleep():
    spin, sleep = (times("splash/radiosity", k, (11, 16)) for k in ("barrelfish", "linux_2_6_26"))
    assert spin[16] > 1.1 * spin[11]
    assert sleep[16] < 1.1 * sleep[11]
