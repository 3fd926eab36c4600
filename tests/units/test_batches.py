"""gmake and pedsort: whole jobs, done by all cores, with the paper's times at one core."""

import pytest

from sim.config.compose import compose
from sim.simulate import simulate

PEDSORT = ["workload=pedsort", "kernel=linux_stock", "run=smoke"]
THREADS = [*PEDSORT, "workload.mode=threads"]
GMAKE = ["workload=gmake", "kernel=linux_pk", "run=smoke"]


def mean(column, *overrides):
    points = simulate(compose(list(overrides))).points
    return sum(row[column] for row in points) / len(points)


def seconds(mode, obj, *overrides):
    """Core time per job charged to an object in a mode."""
    outcome = simulate(compose(list(overrides)))
    found = [r for r in outcome.account if (r["mode"], r["object"]) == (mode, obj)]
    return sum(r["cycles_per_operation"] for r in found) / 2.4e9 / len(outcome.points)


def test_a_build_takes_the_papers_time_at_one_core():
    assert mean("user_us", *GMAKE, "cores=1") == pytest.approx(562.226e6, rel=0.01)
    assert mean("system_us", *GMAKE, "cores=1") == pytest.approx(52.08e6, rel=0.03)


def test_a_job_of_processes_takes_the_papers_time_at_one_core():
    assert mean("user_us", *PEDSORT, "cores=1") == pytest.approx(77.26e6, rel=0.03)
    assert mean("system_us", *PEDSORT, "cores=1") == pytest.approx(2.427e6, rel=0.05)


def test_one_core_never_idles():
    for job in (GMAKE, PEDSORT, THREADS):
        assert mean("idle_us", *job, "cores=1") == 0


def test_serial_stages_leave_all_other_cores_idle():
    config = compose(GMAKE).workload
    serial = (config.start_us + config.link_us) / 1e6
    idle = seconds("idle", "serial_stage", *GMAKE, "cores=24")
    assert idle == pytest.approx(23 * serial, rel=0.02)


def test_stragglers_vanish_when_compilations_are_many_and_short():
    few = seconds("idle", "stragglers", *GMAKE, "cores=24")
    many = [*GMAKE, "cores=24", "workload.compilations=14400", "workload.bursts=1"]
    assert seconds("idle", "stragglers", *many) < 0.4 * few


@pytest.mark.parametrize("simulated", [0.001, 0.004])
def test_a_build_does_not_depend_on_the_share_that_is_simulated(simulated):
    whole = mean("throughput", *GMAKE, "cores=24")
    part = mean("throughput", *GMAKE, "cores=24", f"workload.simulated={simulated}")
    assert part == pytest.approx(whole, rel=0.03)


def test_threads_do_not_depend_on_the_share_at_equal_work_per_portion():
    less = mean("throughput", *THREADS, "cores=36")
    more = mean(
        "throughput", *THREADS, "cores=36", "workload.simulated=0.03125", "workload.portions=33312"
    )
    assert more == pytest.approx(less, rel=0.04)


def test_the_order_of_cores_matters_through_the_shared_cache_alone():
    dealt = [*PEDSORT, "cores=8", "order=round_robin"]
    filled = [*PEDSORT, "cores=8", "order=package"]
    assert mean("throughput", *filled) < 0.92 * mean("throughput", *dealt)
    small = "workload.working_set_kib=500"
    assert mean("throughput", *filled, small) == pytest.approx(
        mean("throughput", *dealt, small), rel=0.02
    )


def test_only_threads_sleep_for_their_address_space():
    assert seconds("idle", "mmap_sem", *THREADS, "cores=48") > 30
    assert seconds("idle", "mmap_sem", *PEDSORT, "cores=48") == 0


def test_no_fix_helps_the_address_space_of_threads():
    several = [*THREADS, "cores=48", "run.replications=8"]  # which differ by 4 %
    stock = mean("throughput", *several)
    fixed = mean("throughput", *several, "kernel/fix=all")
    assert fixed == pytest.approx(stock, rel=0.05)


@pytest.mark.parametrize("job", [GMAKE, PEDSORT, THREADS])
def test_time_per_job_adds_up_to_the_throughput(job):
    for row in simulate(compose([*job, "cores=[1,7,48]"])).points:
        spent = row["user_us"] + row["system_us"] + row["idle_us"]
        assert spent == pytest.approx(1e6 / row["throughput_per_core"], rel=1e-6)
