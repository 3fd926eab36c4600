"""Make the record of a calibration: fit it, judge every parameter, leave out curve by curve."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from calibration.cross_validation import Predicted, cross_validated
from calibration.runs import Number, Point, Runs, configured, felt, points_of
from calibration.search import Fit, Prior, Problem, plausible_range, search
from calibration.uncertainty import Estimate, estimates
from sim.config.compose import compose
from sim.config.run import RunConfig
from sim.experiment import calibration_record as records
from sim.experiment.calibrations import Calibration, Parameter


@dataclass(frozen=True)
class Found:
    """What a fit found.

    Attributes:
        points: published points, in the order of the targets.
        before: values that `conf/` has.
        fit: where the search ended.
        estimates: of the parameters, in their order.
        predicted: series of curves that were left out.
    """

    points: list[Point]
    before: list[Number]
    fit: Fit
    estimates: list[Estimate]
    predicted: list[Predicted]


def calibrate(
    calibration: Calibration,
    evaluations: int,
    leave_out: bool,
    report: Callable[[str], None],
) -> Found:
    """Fit a calibration's parameters, and say how well each is known.

    Args:
        calibration: what to fit.
        evaluations: of the loss, at most; 0 leaves the parameters at their values in `conf/`.
        leave_out: whether to cross-validate.
        report: called with a line of progress.

    Raises:
        SimulationError: if a run deadlocks or takes too long.
    """
    points, before = points_of(calibration.targets), configured(calibration)
    prior = Prior.of(calibration.parameters, before)
    with Runs(calibration) as runs:
        problem = Problem(runs, points, before, prior)
        begin = prior.scores(before)
        if evaluations:
            fit = search(problem, begin, evaluations, lambda _, loss: report(f"loss {loss:.2f}"))
        else:
            fit = Fit(before, begin, problem.errors(before), problem.slopes(begin))
        for parameter, value in zip(calibration.parameters, fit.values, strict=True):
            report(f"{parameter.label}={value}")
        predicted = []
        for found in cross_validated(calibration, runs, problem, fit) if leave_out else ():
            report(f"without {found.left.name}: {found.series} {found.unseen:.1%} off")
            predicted.append(found)
    return Found(points, before, fit, estimates(problem, fit), predicted)


def record(calibration: Calibration, found: Found) -> records.Record:
    """What a fit found, as it is kept."""
    return records.Record(
        calibration=calibration.name,
        made_from=records.digests(calibration, _configs(calibration, found.fit.values)),
        parameters=[
            _estimate(parameter, found.before[n], found.estimates[n], found.points)
            for n, parameter in enumerate(calibration.parameters)
        ],
        points=[
            records.FittedPoint(
                reference=point.target.reference,
                series=point.target.series or "",
                measure=point.target.column,
                cores=point.cores,
                published=point.published,
                simulated=float(f"{point.published * np.exp(error):.6g}"),
            )
            for point, error in zip(found.points, found.fit.errors, strict=True)
        ],
        cross_validation=[_prediction(predicted) for predicted in found.predicted],
    )


def _configs(calibration: Calibration, values: Sequence[Number]) -> Iterator[RunConfig]:
    """Configurations of the targets, with parameters at some values."""
    for target in calibration.targets:
        overrides = [*target.overrides, *calibration.fixed]
        felt_here = felt(calibration.parameters, overrides)
        changed = [f"{calibration.parameters[n].key}={values[n]!r}" for n in felt_here]
        yield compose([*overrides, *changed])


def _estimate(
    parameter: Parameter, before: Number, found: Estimate, points: Sequence[Point]
) -> records.Estimate:
    low, high = plausible_range(parameter, before)
    return records.Estimate(
        key=parameter.key,
        workload=parameter.workload,
        value=found.value,
        low=_short(found.low),
        high=_short(found.high),
        plausible=(low, high),
        identified=found.identified,
        decided_by=decided_by([points[n] for n in found.decided_by]),
    )


def decided_by(points: Sequence[Point]) -> list[str]:
    """Points in words, one text for each published series."""
    cores: dict[tuple[str, str], list[int]] = {}
    for point in points:
        series = point.target.reference, point.target.series or ""
        cores.setdefault(series, []).append(point.cores)
    return [
        f"{reference} {series} at {', '.join(map(str, counts))}".replace("  ", " ")
        for (reference, series), counts in cores.items()
    ]


def _prediction(found: Predicted) -> records.Prediction:
    return records.Prediction(
        kind=found.left.kind,
        left_out=found.left.name,
        series=found.series,
        reference=found.reference,
        points=found.points,
        unseen=_short(found.unseen),
        seen=_short(found.seen),
        law=None if found.law is None else _short(found.law),
    )


def _short(value: float) -> float:
    """Four digits: more would be noise."""
    return float(f"{value:.4g}")
