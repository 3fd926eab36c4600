"""Locks that perf saw beside those of a simulated workload: the same ones by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.__main__ import main
from sim.config.compose import compose
from sim.measure import perf_lock
from sim.measure.kernel_locks import NAMES, Waited, beside, object_of, waited, waits
from sim.simulate import locks_waited_for

TEXT = """# output: contended, total wait, max wait, avg wait, type, caller
200, 6000, 80, 30, spinlock, folio_lruvec_lock_irqsave+0x64
40, 2000, 90, 50, rwsem:W, __vm_munmap+0x55
20, 1500, 90, 75, rwsem:R, lock_mm_and_find_vma+0x1f
5, 500, 100, 100, mutex, pipe_write+0x3e
"""

SAME = {
    "mmap_sem": ["mmap_lock", "&mm->mmap_lock", "vm_mmap_pgoff+0x9c", "do_user_addr_fault+0x1b"],
    "zone_lock": ["zone->lock", "rmqueue_bulk+0x2f", "free_pcppages_bulk.constprop.0+0x4e"],
    "lru_lock": ["folio_lruvec_lock_irqsave", "lock_page_lruvec_irqsave+0x5", "release_pages"],
    "siglock": ["siglock", "&sighand->siglock", "do_send_sig_info+0x3d", "get_signal+0x5a"],
    "dentry": ["d_lock", "lockref_get_not_dead+0x12", "dput+0x9"],
    "vma_lock": ["lock_vma_under_rcu+0x7"],
    None: ["pipe_write+0x3e", "rq_lock", "ep_poll", "tasklist_lock"],
}


@pytest.mark.parametrize("key", SAME)
def test_a_lock_of_the_kernel_is_known_by_its_symbol_and_by_who_takes_it(key: str | None) -> None:
    assert {name: object_of(name) for name in SAME[key]} == dict.fromkeys(SAME[key], key)


def test_shares_are_of_all_waiting_and_what_is_in_both_comes_first() -> None:
    found = waited(perf_lock.read(TEXT, "waits"))
    assert found[0] == Waited("folio_lruvec_lock_irqsave+0x64", 6000.0, 200.0)
    pairs = beside(found, {"mmap_sem": 900.0, "lru_lock": 50.0, "index_root": 50.0})
    rows = [(p.lock, p.measured, p.simulated, p.times) for p in pairs]
    assert rows == [
        ("mmap_sem", 0.35, 0.9, 60.0),
        ("lru_lock", 0.6, 0.05, 200.0),
        ("index_root", None, 0.05, 0.0),
        ("pipe_write+0x3e", 0.05, None, 5.0),
    ]


def test_the_waits_of_an_account_are_the_mean_of_its_replications() -> None:
    row = {"object": "dentry", "cause": "lock_wait", "replication": 0, "cycles_per_operation": 8.0}
    other = row | {"replication": 1, "cycles_per_operation": 4.0}
    assert waits([row, other, row | {"cause": "coherence"}]) == {"dentry": 6.0}


def test_every_name_is_of_a_lock_that_some_workload_waits_for() -> None:
    runs = (
        *("workload=exim kernel=linux_stock", "workload=apache kernel=linux_stock"),
        *("workload=postgres kernel=linux_stock", "workload=scale/signal1 kernel=linux_6_12"),
        "workload=scale/malloc1 workload.tasks=threads kernel=linux_6_12",
    )
    known = {
        name for run in runs for name in locks_waited_for(compose([*run.split(), "cores=[8]"]), 8)
    }
    assert set(NAMES) <= known


def test_perfs_locks_stand_beside_those_of_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "waits.csv").write_text(TEXT)
    machine = tmp_path / "of_a_test/hardware/of_a_test.yaml"
    machine.parent.mkdir(parents=True)
    text = (Path(__file__).parents[2] / "conf/hardware/skylake_1x4.yaml").read_text()
    machine.write_text(text.replace("name: skylake_1x4", "name: of_a_test"))
    run = ["workload=scale/malloc1", "workload.tasks=threads", "kernel=linux_6_12", "run=smoke"]
    line = ["machine", "compare", "of_a_test", "--locks", "waits.csv", *run]
    assert main([*line, "cores=[4]"]) == 0
    said = capsys.readouterr().out
    assert "mmap_sem\t35.0%" in said and "95% of the measured waiting" in said
    assert main(line) == 2
    assert "one count, as 'cores=[4]'" in capsys.readouterr().err
    assert main(["machine", "compare", "of_a_test", *run]) == 2
    assert "--locks alone" in capsys.readouterr().err
    assert main(["machine", "compare", "of_a_test", "--locks", str(machine), *run]) == 2
    assert "not what perf lock contention prints" in capsys.readouterr().err
    (tmp_path / "waits.csv").write_text("# output: max wait, type, caller\n9, mutex, f\n")
    assert main([*line, "cores=[4]"]) == 2
    assert "-F contended,wait_total" in capsys.readouterr().err
