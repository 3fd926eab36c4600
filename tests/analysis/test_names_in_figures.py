"""Legends decide nothing: renaming all curves' labels and groups changes no number and no row."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from functools import cache
from typing import Any

import polars as pl

from analysis import wording
from analysis.judge import claims
from analysis.read import reference
from analysis.read.results import Results
from sim.experiment.file import Experiment
from sim.experiment.plan import experiments, load_experiment
from sim.experiment.variation import BASE, FREE, Variation
from sim.experiment.view import View
from sim.kernel.design import fixes
from tests.analysis.synthetic import columns
from views.topology import TopologyView

RATES = ("throughput", "throughput_per_core", "latency_mean_cycles", "system_us", "user_us")
TOGGLES = ("kernel.fix.vfsmount_table", "kernel.fix.dst_entry_refcount")
OBJECTS = ("lock", "directory", "work")
NAMES = {"group", "label", "series"}
"""Columns of tables with names as readers see them."""


def drawn(*place: object) -> float:
    """A number from 1 to 2 that depends on where it stands and on nothing else."""
    digest = hashlib.sha256(repr(place).encode()).digest()
    return 1 + int.from_bytes(digest[:4], "big") / 2**32


def variants(experiment: Experiment) -> Iterator[tuple[Variation, int, str]]:
    """Variation, cores and machine of each point of every curve."""
    axes = {key: values for key, values in experiment.axes.items() if key != "cores"}
    counts = {view.cores for view in experiment.views if hasattr(view, "cores")}
    counts |= {view.over_cores for view in experiment.views if hasattr(view, "over_cores")}
    changed = [BASE]
    if experiment.toggles:
        changed += [Variation("toggle", {toggle: False}) for toggle in TOGGLES]
    for asked in experiment.what_if:
        changed += [Variation("what_if", {FREE: name}) for name in asked.free]
    for band in experiment.sensitivity:
        for key, factors in band.scale.items():
            changed += [Variation("sensitivity", {key: 100 * f}, f) for f in factors]
        changed.append(Variation("sensitivity", {"assumed.key": 50}, 0.5))
    for count in counts | {1, 2, 4, 8, 48, *(experiment.cores or [])}:
        yield from ((variation, count, "first") for variation in changed)
    for values in itertools.product(*axes.values()) if axes else ():
        changes = dict(zip(axes, values, strict=True))
        machine = str(changes.get("hardware", "first"))
        place = axes.get("hardware", [machine]).index(machine)
        cores = 48 * 2 ** (place + ("hardware.interconnect_scale" not in axes))
        yield Variation("axis", changes), cores, machine


def results(experiment: Experiment) -> Results:
    """Results of an experiment made by formula from the ids of its curves."""
    points: list[dict[str, Any]] = []
    account: list[dict[str, Any]] = []
    found = {(of.label, *where): of for of, *where in variants(experiment)}
    for curve, ((variant, cores, machine), of), n in itertools.product(
        experiment.curves, found.items(), range(3)
    ):
        at = columns(curve.id, of) | {"cores": cores, "replication": n}
        speed = drawn(curve.id, variant, cores) + 0.05 * drawn(curve.id, variant, cores, n)
        rates = {column: speed * (cores if column == "throughput" else 1) for column in RATES}
        points.append(at | {"hardware": machine, "seed": 1000 * cores + n, "unit": "x"} | rates)
        for thing in OBJECTS:
            cycles = {"cycles_per_operation": 100 * drawn(curve.id, thing, cores) * cores**0.5}
            account.append(at | {"mode": "user", "object": thing, "cause": "compute"} | cycles)
    return Results(pl.DataFrame(points), pl.DataFrame(account))


@cache
def joined() -> list[tuple[Experiment, View]]:
    """Each view of each experiment that has several curves to join."""
    found = [load_experiment(name) for name in experiments()]
    return [(e, view) for e in found for view in e.views if not isinstance(view, TopologyView)]


def renamed(experiment: Experiment) -> Experiment:
    """The same experiment with other words, whose order and beginnings are others, too."""
    words: dict[str, str] = {}

    def word(text: str) -> str:
        return words.setdefault(text, f"{drawn(text)} zzz")

    curves = [
        c.model_copy(update={"label": word(c.label), "group": word(c.group)})
        for c in experiment.curves
    ]
    return experiment.model_copy(update={"curves": curves})


def test_legends_decide_no_number_no_verdict_and_no_row() -> None:
    for experiment, view in joined():
        found = results(experiment)
        table, other = (
            view.table(e, found, reference.ROOT) for e in (experiment, renamed(experiment))
        )
        assert len(table), (experiment.name, view.id)
        kept = [column for column in table.columns if column not in NAMES]
        assert table.select(kept).equals(other.select(kept)), (experiment.name, view.id)
        for text, cells in zip(table.columns, other.columns, strict=True):
            assert text == cells


def test_every_object_and_switch_that_a_figure_names_has_a_name_of_its_own() -> None:
    found = [load_experiment(name) for name in experiments()]
    freed = {thing for e in found for asked in e.what_if for thing in asked.free}
    asked = {getattr(claim.metric, "object", None) for e in found for claim in e.claims}
    assert (freed | asked) - {None} <= set(wording.THINGS)
    assert set(wording.SWITCHES) == set(fixes())
    for names in (map(wording.label_of, wording.THINGS), map(wording.switch_of, fixes())):
        listed = list(names)
        assert len(set(listed)) == len(listed)


def test_a_claims_metric_names_curves_and_objects_as_figures_do() -> None:
    experiment = load_experiment("osdi10/fig04_exim")
    names = claims.names_of_curves(experiment)
    freed = next(c for c in experiment.claims if c.metric and c.metric.kind == "freed")
    assert claims.described(freed, names) == (
        "gain in throughput if mount table cost nothing, Stock at 48 cores"
    )
    grouped = load_experiment("osdi10/fig03_summary")
    assert claims.names_of_curves(grouped)[grouped.curves[0].id] == "Stock, Exim"
