"""Whoever sets a number of a strategy that is not chosen is told, and nobody else."""

from __future__ import annotations

import pytest

from sim.config.compose import compose
from sim.config.files import choices
from sim.experiment.idle import own_numbers, remarks, users_of
from tests.project_files import of_the_project

pytestmark = pytest.mark.usefixtures("unchanging_files")

DENTRY = "kernel.objects.dentry."


@pytest.mark.parametrize(
    ("overrides", "key", "users"),
    [
        (["kernel=linux_stock"], DENTRY + "lock_free_cycles", ("generation",)),
        (["kernel=linux_stock"], DENTRY + "hold_cycles", ()),
        (["kernel=linux_pk"], DENTRY + "lock_free_cycles", ()),
        (["kernel=linux_pk"], DENTRY + "hold_cycles", ("locked",)),
        (["kernel=linux_pk", DENTRY + "sharing=locked"], DENTRY + "hold_cycles", ()),
        (["kernel=linux_pk"], DENTRY + "sharing", ()),
        (["kernel=linux_pk"], "kernel.objects.page_fault.cycles", ()),
        (["workload=micro/lock"], DENTRY + "hold_cycles", ()),
        (["kernel=windows_2008r2", "workload=micro/unmap"], DENTRY + "hold_cycles", ()),
        ([], "run.seed", ()),
        ([], "kernel.objects", ()),
        ([], "kernel.objects.nothing.hold_cycles", ()),
    ],
)
def test_a_number_has_users_among_the_strategies_that_are_not_chosen(
    overrides: list[str], key: str, users: tuple[str, ...]
) -> None:
    assert users_of(compose(overrides), key) == users


def test_a_number_that_one_run_of_several_uses_is_not_remarked_upon() -> None:
    key = DENTRY + "lock_free_cycles"
    stock, fixed = (compose([f"kernel={name}"]) for name in ("linux_stock", "linux_pk"))
    said = f"{key}: changes nothing; it is a number of {DENTRY}sharing=generation"
    assert list(remarks([stock], [key], ())) == [said]
    assert list(remarks([stock, fixed], [key], ())) == []


@pytest.mark.parametrize("kernel", sorted(of_the_project(choices("kernel"))))
def test_nothing_is_said_of_the_projects_own_kernels(kernel: str) -> None:
    workload = "micro/unmap" if kernel == "windows_2008r2" else "exim"
    config = compose([f"kernel={kernel}", f"workload={workload}"])
    assert list(remarks([config], [], ())) == []
    assert all(key.startswith("kernel.objects.") for key in own_numbers(kernel, ()))
