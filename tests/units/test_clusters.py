"""Clusters are of something: a kernel whose objects would not notice them is refused."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from sim.config.compose import compose
from sim.config.errors import ConfigError
from sim.config.files import choices
from sim.config.run import RunConfig
from sim.experiment.assumptions import felt_parts
from sim.kernel.table import BY_CLUSTER, OBJECTS, STRATEGIES
from tests.project_files import of_the_project

WORKLOADS = sorted(of_the_project(choices("workload")))


def asks(kernel: list[str], workloads: Sequence[str] = WORKLOADS) -> bool:
    """Whether any workload's program on a kernel depends on its clusters."""
    return any("cluster" in (felt_parts(config) or ()) for config in configs(kernel, workloads))


def configs(kernel: list[str], workloads: Sequence[str] = WORKLOADS) -> list[RunConfig]:
    found = []
    for workload in workloads:
        try:
            found.append(compose([f"workload={workload}", *kernel]))
        except ConfigError:  # not on this machine or kernel
            continue
    return found


@cache
def felt_on_the_base() -> dict[str, frozenset[str]]:
    """What each workload's program depends on, on the kernel that every strategy is tried on."""
    return {one.workload.name: felt_parts(one) or frozenset() for one in configs(BASE)}


@pytest.mark.parametrize(("key", "name"), list(STRATEGIES), ids=lambda part: part)
def test_a_strategy_asks_for_clusters_if_and_only_if_it_says_so(key: str, name: str) -> None:
    chosen = f"kernel.objects.{key}.{OBJECTS[key].choice}={name}"
    use = [name for name, felt in felt_on_the_base().items() if f"objects.{key}" in felt]
    assert asks([*BASE, chosen], use or WORKLOADS) == ((key, name) in BY_CLUSTER)


def plain(key: str) -> str:
    """Name a strategy of an object that knows no clusters."""
    return next(name for of, name in STRATEGIES if of == key and (of, name) not in BY_CLUSTER)


OF_BASE = sorted({key for key, _ in BY_CLUSTER})
BASE = [
    *("kernel=barrelfish", "kernel.cluster=machine"),
    *(f"kernel.objects.{key}.{OBJECTS[key].choice}={plain(key)}" for key in OF_BASE),
]
REFUSED = [
    ["kernel=linux_stock", "kernel.cluster=package"],
    ["kernel=linux_pk", "kernel.cluster=core"],
    ["kernel=windows_2008r2", "kernel.cluster=package"],
]


@pytest.mark.parametrize("overrides", REFUSED, ids=lambda found: found[0])
def test_clusters_that_change_nothing_are_refused(overrides: list[str]) -> None:
    with pytest.raises(ConfigError) as refusal:
        compose(overrides)
    name, extent = overrides[0].partition("=")[2], overrides[1].partition("=")[2]
    said = str(refusal.value)
    assert said.startswith(
        f"{overrides[1]}: {extent} changes nothing, as no object of {name} is one of a cluster\n"
        "  allowed: machine, or one of the objects address_space replicated, "
    )


def test_a_file_whose_clusters_change_nothing_is_refused(tmp_path: Path) -> None:
    wrong, right = (tmp_path / name / "kernel/of_a_test.yaml" for name in ("wrong", "right"))
    text = "defaults: [linux_pk, _self_]\nname: of_a_test\ncluster: package\n"
    for file, more in ((wrong, ""), (right, "objects: {processes: {sharing: owned}}\n")):
        file.parent.mkdir(parents=True)
        file.write_text(text + more)
    with pytest.raises(ConfigError) as refusal:
        compose(["kernel=of_a_test"], [tmp_path / "wrong"])
    assert str(refusal.value).startswith(f"{wrong}: cluster: package changes nothing")
    assert compose(["kernel=of_a_test"], [tmp_path / "right"]).kernel.cluster == "package"
