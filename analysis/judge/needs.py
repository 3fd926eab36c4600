"""What a claim needs: the runs of which its metric reads something, so that it is judged alone.

    ratio of stock at 48 cores over 1   -->  stock: plain, cores 1 and 48
    gain of a fix, pk at 48             -->  pk: plain and with the fix flipped, 48
    peak of a curve                     -->  the whole plain curve

It follows from what a metric's fields say that they name (`sim.experiment.fields`). A metric of the
user's own may read more than it names: all runs of its experiment are needed. What a run gives does
not depend on what else is run, so a claim has the same value alone as in the workflow.
`tests/reproduction` and `docs/hooks/claims_table.py` compare the two for every claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from analysis.judge.evidence import Evidence, is_at
from sim.config.run import RunConfig
from sim.experiment.claim import Claim
from sim.experiment.fields import Thing, fields_of, words_of
from sim.experiment.file import Experiment
from sim.experiment.metric import Metric
from sim.experiment.plan import PlannedCurve
from sim.experiment.variants import Variant
from sim.experiment.variation import BASE, Variation

OWN_KINDS = "metrics."
"""Where the kinds of metrics lie that read no more than their fields name."""

NAMED_BY: Mapping[str, Thing] = {"toggle": "switch", "what_if": "freed object"}
"""Kinds of variants that a metric looks at where a field of it names one."""


@dataclass(frozen=True)
class Run:
    """A run of a curve that a claim needs, at no more core counts than it needs."""

    curve: str
    variation: Variation
    config: RunConfig


def runs(
    claim: Claim, experiment: Experiment, planned: Sequence[PlannedCurve], evidence: Evidence
) -> list[Run]:
    """List the runs that a claim needs, in the order of the plan; each once.

    Parameters
    ----------
    planned : curves of the experiment, at least those that the claim names
    evidence : says which points are published and fitted; its results may be empty
    """
    return joined(
        run
        for metric in claim.metrics
        for curve in planned
        if curve.id in curves(metric, experiment)
        for run in _of_curve(metric, curve, evidence)
    )


def joined(runs: Iterable[Run]) -> list[Run]:
    """List each run once, at all core counts at which it is needed."""
    found: dict[tuple[str, str, str], Run] = {}
    for run in runs:
        key = (run.curve, run.variation.kind, run.variation.label)
        other = found.get(key, run)
        cores = sorted({*run.config.core_counts, *other.config.core_counts})
        found[key] = _at(run, cores)
    return list(found.values())


def alone(evidence: Evidence, needed: Iterable[Run]) -> Evidence:
    """Return what some runs alone would leave of the evidence of an experiment."""
    runs = list(needed)
    of_runs, of_points = pl.lit(False), pl.lit(False)
    for run in runs:
        point = (pl.col("curve") == run.curve) & pl.col("cores").is_in(run.config.core_counts)
        varied = pl.col("variant_kind") == run.variation.kind
        of_runs |= point & varied & (pl.col("variant") == run.variation.label)
        if run.variation == BASE:  # nothing else has an account or an error
            of_points |= point
    return replace(
        evidence,
        points=evidence.points.filter(of_runs),
        shares=evidence.shares.filter(of_points),
        errors=evidence.errors.filter(of_points),
    )


def curves(metric: Metric, experiment: Experiment) -> list[str]:
    """List the curves that a metric names; all of them where it names none or is the user's own."""
    fields = [field for field, names in fields_of(type(metric)) if names.thing == "curve"]
    named = [curve for field in fields for curve in words_of(metric, (field,))]
    if _is_own(metric) and named:
        return named
    return [curve.id for curve in experiment.curves]


def _is_own(metric: Metric) -> bool:
    return type(metric).__module__.startswith(OWN_KINDS)


def _of_curve(metric: Metric, curve: PlannedCurve, evidence: Evidence) -> list[Run]:
    """Runs of one curve that a metric needs."""
    if not _is_own(metric):
        every = [(BASE, curve.config), *((v.variation, v.config) for v in curve.variants)]
        return [Run(curve.id, variation, config) for variation, config in every]
    wanted = _cores(metric, curve, evidence)
    at: Mapping[str, object] = getattr(metric, "at", {})
    found = []
    if not at:
        found.append((Run(curve.id, BASE, curve.config), wanted))
    # Other machines of an axis are looked at where the plain run has not so many cores.
    more = wanted if at else wanted - set(curve.config.core_counts)
    for variant in curve.variants:
        if _is_named(metric, variant, at):
            run = Run(curve.id, variant.variation, variant.config)
            found.append((run, more if variant.kind == "axis" else wanted))
    counted = [(run, counts & set(run.config.core_counts)) for run, counts in found]
    return [_at(run, counts) for run, counts in counted if counts]


def _cores(metric: Metric, curve: PlannedCurve, evidence: Evidence) -> set[int]:
    """Core counts at which a metric looks at a curve; all where its fields name none."""
    fields = [field for field, names in fields_of(type(metric)) if names.thing == "cores"]
    if not fields:
        return set(curve.config.core_counts)
    own = {cores for of, cores in metric.points(evidence) if of == curve.id}
    return own or {cores for field in fields for cores in words_of(metric, (field,))}


def _is_named(metric: Metric, variant: Variant, at: Mapping[str, object]) -> bool:
    """Whether a metric looks at a variant: a point of axes, its switch flipped, its object free."""
    if variant.kind == "axis":
        return is_at(variant.variation, at)
    if variant.kind not in NAMED_BY:
        return False
    thing = NAMED_BY[variant.kind]
    fields = [field for field, names in fields_of(type(metric)) if names.thing == thing]
    changed = variant.variation.key if thing == "switch" else variant.variation.value
    return any(changed in words_of(metric, (field,)) for field in fields)


def _at(run: Run, cores: Iterable[int]) -> Run:
    """Return a run at some core counts."""
    return replace(run, config=run.config.model_copy(update={"cores": sorted(cores)}))
