"""PostgreSQL's queries do what the configuration says, and its locks wait as they should."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from sim.config.compose import compose
from sim.engine import isa
from sim.lowering import build_program
from sim.machine.site import open_site
from sim.simulate import simulate, trace
from tests.project_files import fixes_of

FIXES = fixes_of(compose(["kernel=linux_stock"]).kernel)
FEW = ["workload=postgres", "run.replications=2"]


def instructions(*overrides: str) -> Counter[Any]:
    """Account objects and operations of the program, without running it."""
    config = compose(["workload=postgres", *overrides])
    program = build_program(config, open_site(config.hardware, 4, config.core_order))
    return Counter((program.object_of(one), one.op, one.value) for one in program.instructions)


def mean(column: str, *overrides: str) -> float:
    points = simulate(compose([*FEW, *overrides])).points
    return sum(float(row[column]) for row in points) / len(points)


def query(*overrides: str) -> Counter[Any]:
    """Shared instructions of one query on one core, by object."""
    rows = trace(compose(["workload=postgres", "run=smoke", *overrides]), 1, 20_000)
    ends = [n for n, row in enumerate(rows) if row["instruction"] == "end"]
    return Counter((row["object"], row["instruction"]) for row in rows[ends[2] + 1 : ends[3] + 1])


@pytest.mark.parametrize("modified", ["false", "true"])
@pytest.mark.parametrize("fix", FIXES)
def test_only_the_fix_of_lseek_matters_and_it_changes_lseek_alone(fix: str, modified: str) -> None:
    stock = ["kernel=linux_stock", f"workload.modified={modified}"]
    before, after = instructions(*stock), instructions(*stock, f"kernel.fix.{fix}=true")
    different = {key[0] for key in (before - after) + (after - before)}
    assert different == ({"inode_mutex_lseek"} if fix == "inode_mutex_lseek" else set())


def test_modifying_postgres_changes_its_lock_manager_alone() -> None:
    before, after = (instructions(f"workload.modified={x}") for x in ("false", "true"))
    assert {key[0] for key in (before - after) + (after - before)} == {"lock_manager"}


def test_a_query_on_stock_takes_an_inode_mutex_for_every_seek() -> None:
    seeks = compose(["workload=postgres"]).workload.lseeks
    counted_down_and_up = query("kernel=linux_stock")["inode_mutex_lseek", "fetch_add"]
    assert counted_down_and_up == 2 * seeks
    assert not any(name == "inode_mutex_lseek" for name, _ in query("kernel=linux_pk"))


def test_a_query_takes_the_spin_lock_of_the_index_root_once_to_pin_and_once_to_unpin() -> None:
    assert query("kernel=linux_pk")["index_root", "swap"] == 2


@pytest.mark.parametrize(
    ("write_fraction", "user_us", "system_us"), [(0.0, 42.11, 0.603), (0.05, 45.79, 1.022)]
)
def test_one_core_spends_the_time_that_the_paper_gives(
    write_fraction: float, user_us: float, system_us: float
) -> None:
    run = ["kernel=linux_pk", "cores=[1]", f"workload.write_fraction={write_fraction}"]
    assert mean("user_us", *run) == pytest.approx(user_us, rel=0.03)
    assert mean("system_us", *run) == pytest.approx(system_us, rel=0.1)
    assert mean("idle_us", *run) == pytest.approx(1.75, rel=0.01)


@pytest.mark.parametrize("kernel", ["linux_stock", "linux_pk"])
@pytest.mark.parametrize("modified", ["false", "true"])
def test_time_per_query_adds_up_to_the_throughput(kernel: str, modified: str) -> None:
    switches = [f"kernel={kernel}", f"workload.modified={modified}", "workload.write_fraction=0.05"]
    config = compose([*FEW, *switches, "cores=[1,7,48]", "run=smoke"])
    for row in simulate(config).points:
        spent = row["user_us"] + row["system_us"] + row["idle_us"]
        assert spent == pytest.approx(1e6 / row["throughput_per_core"], rel=1e-9)


def test_waiters_of_the_lock_manager_sleep_and_those_of_the_inode_mutex_spin_in_the_kernel() -> (
    None
):
    crowded = ["workload.lock_manager.hold_cycles=2000", "cores=[48]"]
    unmodified = ["workload.modified=false", *crowded]
    assert mean("idle_us", "kernel=linux_pk", *unmodified) > 20
    assert mean("idle_us", "kernel=linux_pk", *crowded) < 2
    assert mean("system_us", "kernel=linux_stock", "cores=[48]") > 100
    assert mean("system_us", "kernel=linux_pk", "cores=[48]") < 1.5


def test_more_seeks_collapse_earlier() -> None:
    at_32 = ["kernel=linux_stock", "cores=[32]"]
    rates = [mean("throughput", *at_32, f"workload.lseeks={n}") for n in (1, 2, 4)]
    assert rates[0] > 0.95 * rates[1] > 2 * rates[2]


def test_every_path_of_a_query_has_registers() -> None:
    config = compose(["workload=postgres", "kernel=linux_stock", "workload.modified=false"])
    program = build_program(config, open_site(config.hardware, 2, "package"))
    assert max(one.dst for one in program.instructions) < isa.REGISTERS
