"""Metis: phases, pages, and what each fix of super-pages is good for."""

from collections import Counter

import pytest

from sim.config.compose import compose
from sim.engine import isa
from sim.lowering import build_program
from sim.machine.site import open_site
from sim.simulate import simulate, trace

QUICK = ["workload=metis", "run=quick", "run.replications=1", "run.jobs=1"]
REDUCE_ONLY = [
    "workload.map_user_ms=0",
    "workload.copy_user_ms=0",
    "workload.other_system_ms=0",
    "workload.serial_ms=0",
    "workload.moves_per_fresh_byte=0",
    "workload.fresh_mib=1",
]


def run(*overrides):
    """Outcome of one replication of one job after the warm-up."""
    return simulate(compose([*QUICK, *overrides]))


def row(*overrides):
    """The one row of a run at one core count."""
    (found,) = run(*overrides).points
    return found


def cycles(outcome, **wanted):
    """Cycles per job charged to a mode, object or cause."""
    return sum(
        entry["cycles_per_operation"]
        for entry in outcome.account
        if all(entry[key] == value for key, value in wanted.items())
    )


def instructions(*overrides):
    """Account objects and operations of the program, without running it."""
    config = compose([*QUICK, *overrides])
    program = build_program(config, open_site(config.hardware, 4, config.core_order))
    return Counter((program.object_of(one), one.op, one.value) for one in program.instructions)


def test_cores_are_enabled_round_robin():
    assert compose(QUICK).core_order == "round_robin"


@pytest.mark.parametrize("pages", ["4KB", "2MB"])
@pytest.mark.parametrize("kernel", ["linux_stock", "linux_pk"])
def test_time_per_job_adds_up_to_the_throughput(kernel, pages):
    outcome = run(f"kernel={kernel}", f"workload.pages={pages}", "cores=[1,7,48]")
    for found in outcome.points:
        spent = found["user_us"] + found["system_us"] + found["idle_us"]
        assert spent == pytest.approx(1e6 / found["throughput_per_core"], rel=1e-9)


def test_workers_are_idle_only_while_the_root_starts_the_job():
    found = row("kernel=linux_pk", "cores=[48]")
    serial = compose(QUICK).workload.serial_ms * 1e3
    assert found["idle_us"] == pytest.approx(47 * serial, rel=0.01)
    assert row("kernel=linux_pk", "cores=[1]")["idle_us"] == 0


@pytest.mark.parametrize(
    ("kernel", "pages", "key"),
    [("linux_stock", "4KB", "simulated_4kb"), ("linux_pk", "2MB", "simulated_2mb")],
)
def test_results_do_not_depend_on_the_simulated_share(kernel, pages, key):
    base = [f"kernel={kernel}", f"workload.pages={pages}", "cores=[28]", "run.jobs=4"]
    one = row(*base)
    share = getattr(compose(QUICK).workload, key)
    other = row(*base, f"workload.{key}={share * 3}")
    assert other["throughput"] == pytest.approx(one["throughput"], rel=0.01)
    assert other["system_us"] == pytest.approx(one["system_us"], rel=0.06)


def test_a_job_faults_once_per_fresh_page():
    config = compose(
        [*QUICK, "kernel=linux_pk", "workload.pages=4KB", "workload.simulated_4kb=0.001"]
    )
    rows = trace(config, 4, 200_000)
    first_job = [found["instruction"] for found in rows].index("end")
    faults = sum(
        (found["object"], found["instruction"]) == ("page_fault", "request")
        for found in rows[:first_job]
    )
    expected = config.workload.fresh_mib * 256 * 0.001
    assert faults == pytest.approx(expected, abs=4)


def test_super_pages_fault_512_times_less_often_under_the_same_lock():
    small, large = (
        cycles(run("kernel=linux_pk", f"workload.pages={pages}", "cores=[48]"), object="mmap_sem")
        for pages in ("4KB", "2MB")
    )
    assert large < small / 300


@pytest.mark.parametrize("kernel", ["linux_stock", "linux_pk"])
def test_with_4_kib_pages_mmap_sem_takes_more_of_a_job_the_more_cores_fault(kernel):
    waits = [
        cycles(run(f"kernel={kernel}", "workload.pages=4KB", f"cores=[{cores}]"), object="mmap_sem")
        for cores in (1, 8, 24, 48)
    ]
    assert waits == sorted(waits)
    assert waits[3] > 3 * waits[2]


@pytest.mark.parametrize("fix", ["superpage_locking", "superpage_zeroing"])
@pytest.mark.parametrize("kernel", ["linux_stock", "linux_pk"])
def test_each_fix_of_super_pages_helps_first_and_last(fix, kernel):
    slow, fast = (
        row(f"kernel={kernel}", "cores=[48]", f"kernel.fix.{fix}={on}")["throughput"]
        for on in ("false", "true")
    )
    # While one thread zeroes at a time its own speed limits it, whatever the stores: the fix alone
    # saves no more than the lines that users fetch again.
    alone = fix == "superpage_zeroing" and kernel == "linux_stock"
    assert fast > (1.01 if alone else 1.03) * slow


@pytest.mark.parametrize("fix", ["superpage_locking", "superpage_zeroing"])
def test_the_fixes_of_super_pages_do_nothing_for_small_pages(fix):
    base = ["kernel=linux_stock", "workload.pages=4KB"]
    assert instructions(*base) == instructions(*base, f"kernel.fix.{fix}=true")


def test_a_fix_of_super_pages_changes_its_own_object_only():
    base = ["kernel=linux_stock", "workload.pages=2MB"]
    stock = instructions(*base)
    locking = instructions(*base, "kernel.fix.superpage_locking=true")
    zeroing = instructions(*base, "kernel.fix.superpage_zeroing=true")
    assert locking == stock  # the same instructions, on a mutex per mapping
    different = {key[0] for key in (stock - zeroing) + (zeroing - stock)}
    assert different == {"superpage", "cache_refill"}


def test_only_zeroing_through_the_caches_makes_user_work_fetch_lines_again():
    stock, bypassing = (
        run("kernel=linux_pk", "cores=[1]", f"kernel.fix.superpage_zeroing={on}")
        for on in ("false", "true")
    )
    assert cycles(stock, object="cache_refill", mode="user") > 0
    assert cycles(bypassing, object="cache_refill") == 0
    zeroed = [cycles(outcome, object="superpage", cause="memory") for outcome in (stock, bypassing)]
    assert zeroed[0] == pytest.approx(zeroed[1], rel=0.01)  # one core's stores are the limit


def test_stores_past_the_caches_halve_what_the_controllers_move():
    base = ["kernel=linux_pk", "workload.pages=2MB"]
    cached, bypassing = (
        instructions(*base, f"kernel.fix.superpage_zeroing={on}") for on in ("false", "true")
    )
    changed = {
        sorted(value for name, op, value in found if name == "superpage" and op == isa.SUBMIT)[-2]
        for found in (cached, bypassing)
    }
    clock, memory = compose([]).hardware.clock_ghz, compose([]).hardware.memory
    assert changed == {round(n * 32768 * clock / memory.bandwidth_gb_s) for n in (1, 2)}


def test_one_core_zeroes_a_super_page_as_fast_as_it_can_write():
    found = run("kernel=linux_pk", "cores=[1]")
    hardware, workload = compose(QUICK).hardware, compose(QUICK).workload
    pages = workload.fresh_mib / 2
    per_page = cycles(found, object="superpage", cause="memory") / pages
    seconds = (2 << 20) / (hardware.memory.core_write_gb_s * 1e9)
    assert per_page == pytest.approx(seconds * hardware.clock_ghz * 1e9, rel=0.02)


def test_waiters_of_the_one_mutex_sleep_or_spin_as_the_kernel_says():
    for waiting, mode, other in (("sleep", "idle", "system"), ("spin", "system", "idle")):
        found = run(
            "kernel=linux_stock", "cores=[48]", f"kernel.objects.superpage.waiting={waiting}"
        )
        waits = [cycles(found, object="superpage_mutex", mode=name) for name in (mode, other)]
        assert waits[0] > 20 * waits[1]


def test_the_reduce_phase_moves_nearly_what_the_machine_can_at_48_cores():
    found = row("kernel=linux_pk", *REDUCE_ONLY, "cores=[48]")
    moved = compose(QUICK).workload.reduce_mib * (1 << 20)
    rate = found["throughput"] * moved / 1e9
    assert 45 < rate < 51.52 * 1.001  # a window's first and last jobs are not whole


def test_a_package_with_more_cores_than_others_limits_all():
    per_core = {
        cores: row("kernel=linux_pk", *REDUCE_ONLY, f"cores=[{cores}]")["throughput_per_core"]
        for cores in (24, 28, 32)
    }
    between = (per_core[24] + per_core[32]) / 2
    assert per_core[28] < 0.98 * between


def test_the_account_names_memory_for_super_pages_and_mmap_sem_for_small_ones():
    large = run("kernel=linux_pk", "cores=[48]")
    stalls = {
        cause: cycles(large, cause=cause)
        for cause in ("memory", "coherence", "lock_wait", "barrier", "blocked")
    }
    assert max(stalls, key=stalls.__getitem__) == "memory"
    small = run("kernel=linux_stock", "workload.pages=4KB", "cores=[48]")
    system = {
        entry["object"]: cycles(small, object=entry["object"], mode="system")
        for entry in small.account
    }
    assert max(system, key=system.__getitem__) == "mmap_sem"


def test_the_registers_of_a_job_are_enough_for_every_path():
    for pages in ("4KB", "2MB"):
        config = compose([*QUICK, "kernel=linux_stock", f"workload.pages={pages}"])
        program = build_program(config, open_site(config.hardware, 48, config.core_order))
        used = {one.dst for one in program.instructions}
        assert max(used) < isa.REGISTERS
