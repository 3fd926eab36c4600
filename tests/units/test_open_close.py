"""Files opened and closed below one mount: each fix of the file system acts by itself."""

from __future__ import annotations

import pytest

from sim.config.compose import compose
from sim.simulate import simulate

FILE_SYSTEM = ("vfsmount_table", "vfsmount_refcount", "dentry_refcount", "dentry_lock")


def rate(cores: int, *overrides: str) -> float:
    run = ["workload=micro/open_close", f"cores=[{cores}]", "run=smoke", "run.operations=60"]
    points = simulate(compose([*run, *overrides])).points
    return sum(float(row["throughput_per_core"]) for row in points) / len(points)


def test_pk_opens_files_as_fast_on_48_cores_as_on_one() -> None:
    assert rate(48) == pytest.approx(rate(1), rel=0.15)


def test_stock_collapses_and_the_mount_table_alone_does_not_mend_it() -> None:
    stock = rate(48, "kernel=linux_stock")
    mended = rate(48, "kernel=linux_stock", "kernel.fix.vfsmount_table=true")
    assert stock < 0.05 * rate(1, "kernel=linux_stock")
    assert stock < mended < 0.5 * rate(48)


@pytest.mark.parametrize("fix", [*FILE_SYSTEM, "open_file_list"])
def test_pk_without_one_of_its_fixes_does_not_scale(fix: str) -> None:
    assert rate(48, f"kernel.fix.{fix}=false") < 0.9 * rate(48)


def test_more_lookups_per_file_cost_stock_more() -> None:
    few, many = (rate(8, "kernel=linux_stock", f"workload.path_lookups={n}") for n in (1, 4))
    assert many < 0.5 * few
