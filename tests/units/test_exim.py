"""Exim's messages do what the configuration says, and a fix acts through its object alone."""

from collections import Counter

import pytest

from sim.config.compose import compose
from sim.engine import isa
from sim.lowering import build_program
from sim.machine.site import open_site
from sim.simulate import simulate, trace
from sim.workload.exim import share
from tests.project_files import fixes_of, is_a_users, papers_fixes

KNOWN = fixes_of(compose(["kernel=linux_stock"]).kernel)
FIXES = [fix for fix in KNOWN if not is_a_users(fix)]
TOUCHED = {
    "dentry_lock": {"dentry"},
    "dentry_refcount": {"dentry_refcount"},
    "vfsmount_refcount": {"vfsmount"},
    "vfsmount_table": {"vfsmount_table"},
    "open_file_list": set(),  # the same instructions, on a line per core
    "page_false_sharing": {"page_struct"},
}


def instructions(*overrides):
    """Account objects and operations of the program, without running it."""
    config = compose(list(overrides))
    program = build_program(config, open_site(config.hardware, 4, config.core_order))
    return Counter((program.object_of(one), one.op, one.value) for one in program.instructions)


@pytest.mark.parametrize("total", [0, 1, 3, 20, 449])
def test_parts_share_a_total_without_loss(total):
    assert sum(share(total, 20, part) for part in range(20)) == total


def test_stock_looks_up_the_mount_table_under_one_lock_dozens_of_times_per_message():
    config = compose(["kernel=linux_stock", "run=smoke"])
    rows = trace(config, 1, 200_000)
    ends = [n for n, row in enumerate(rows) if row["instruction"] == "end"]
    message = rows[ends[2] + 1 : ends[3] + 1]
    taken = [
        row
        for row in message
        if row["object"] == "vfsmount_table" and row["instruction"] == "fetch_add"
    ]
    lookups = config.workload.path_lookups * config.kernel.objects.vfsmount_table.lookups_per_path
    assert len(taken) == lookups
    assert 24 <= lookups < 200  # OSDI'10 section 5.2: dozens of times per message


def test_a_message_faults_appends_and_changes_directories_as_often_as_configured():
    config = compose(["kernel=linux_pk", "run=smoke"])
    rows = trace(config, 1, 200_000)
    ends = [n for n, row in enumerate(rows) if row["instruction"] == "end"]
    done = Counter((row["object"], row["instruction"]) for row in rows[ends[2] + 1 : ends[3] + 1])
    workload = config.workload
    assert done["page_fault", "request"] == workload.page_faults
    counted = 2  # a mutex counts down when it is taken, and up when it is given up
    assert done["shared_file", "fetch_add"] == counted * workload.log_appends
    assert done["directory", "fetch_add"] == counted * workload.directory_updates


@pytest.mark.parametrize("fix", FIXES)
def test_every_fix_changes_the_program_of_one_object_only(fix):
    stock = instructions("kernel=linux_stock")
    fixed = instructions("kernel=linux_stock", f"kernel.fix.{fix}=true")
    different = {key[0] for key in (stock - fixed) + (fixed - stock)}
    if fix in papers_fixes():
        assert different == TOUCHED.get(fix, set())
    else:
        assert len(different) <= 1


def test_pk_is_stock_with_every_fix_of_the_paper_on_and_nothing_else():
    switches = [f"kernel.fix.{fix}=true" for fix in papers_fixes()]
    by_hand = compose(["kernel=linux_stock", *switches]).kernel
    pk = compose(["kernel=linux_pk"]).kernel
    assert by_hand.fix == pk.fix
    assert by_hand.objects == pk.objects
    assert instructions("kernel=linux_stock", *switches) == instructions("kernel=linux_pk")


def test_one_core_spends_the_time_that_the_paper_gives():
    config = compose(["kernel=linux_pk", "cores=[1]", "run.replications=4"])
    points = simulate(config).points
    mean = {
        column: sum(row[column] for row in points) / len(points)
        for column in ("user_us", "system_us", "idle_us")
    }
    assert mean["user_us"] == pytest.approx(442.439, rel=0.02)
    assert mean["system_us"] == pytest.approx(1192.48, rel=0.02)
    assert mean["idle_us"] == 0


@pytest.mark.parametrize("kernel", ["linux_stock", "linux_pk"])
def test_time_per_operation_adds_up_to_the_throughput(kernel):
    for row in simulate(compose([f"kernel={kernel}", "cores=[1,7,48]", "run=smoke"])).points:
        spent = row["user_us"] + row["system_us"] + row["idle_us"]
        assert spent == pytest.approx(1e6 / row["throughput_per_core"], rel=1e-9)


def test_the_registers_of_a_message_are_enough_for_every_path():
    config = compose(["kernel=linux_stock"])
    program = build_program(config, open_site(config.hardware, 2, "package"))
    used = {one.dst for one in program.instructions}
    assert max(used) < isa.REGISTERS


def test_path_lookups_alone_change_with_their_number():
    """Neither how often work is drawn nor how much of it there is."""
    usual, fewer = (
        {row: times for row, times in found.items() if row[1] == isa.COMPUTE_DRAWN}
        for found in (
            instructions("kernel=linux_pk"),
            instructions("kernel=linux_pk", "workload.path_lookups=10"),
        )
    )
    assert usual == fewer and sum(usual.values()) > 2
