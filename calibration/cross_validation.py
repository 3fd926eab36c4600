"""What a fit predicts of a curve that it has not seen: leave one out, fit again, simulate it.

A curve is what one run gives: throughput, user and system time are measures of the same seconds, so
they are left out together. Its points at one core stay, if they say what an operation costs: they
set the unit of the work, as for any law that a curve is compared with. Kernels are left out whole,
too.

The second fit starts from the first and uses its derivatives: parameters that only the missing
curve decided go to the middle of their plausible range, all others move a little.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.judge import fit as laws
from analysis.read.reference import series
from calibration.runs import Point, Runs
from calibration.search import Fit, Problem, fit_beside
from sim.config.compose import compose
from sim.experiment.assumptions import felt_parts
from sim.experiment.calibrations import Calibration, Target

FEWEST = laws.FEWEST_POINTS + 1
"""Points of a series from which a law can be fitted to all but one."""


@dataclass(frozen=True)
class Left:
    """What is left out at once.

    Attributes:
        name: of the curve, or of the kernel.
        kind: `curve` or `kernel`.
        targets: that name its points.
    """

    name: str
    kind: str
    targets: list[Target]


@dataclass(frozen=True)
class Predicted:
    """One published series, as a fit that has not seen its curve predicts it.

    Errors are means over the published points with more than one core, relative.

    Attributes:
        left: what was left out.
        series: name of the published series.
        reference: its file.
        points: how many there are.
        unseen: mean error of the fit without them.
        seen: of the fit with them.
        law: of the Universal Scalability Law, fitted to all points of the series but the one that
            it then predicts; None where there are too few, or no throughput.
    """

    left: Left
    series: str
    reference: str
    points: int
    unseen: float
    seen: float
    law: float | None


def is_unit(target: Target) -> bool:
    """Whether a target says what an operation costs on one core."""
    return target.cores == [1]


def left_out(calibration: Calibration) -> list[Left]:
    """Every curve of a calibration, then every kernel."""
    curves: dict[tuple[str, ...], list[Target]] = {}
    kernels: dict[str, list[Target]] = {}
    for target in calibration.targets:
        if not is_unit(target):
            config = compose(target.overrides)
            curves.setdefault(tuple(target.overrides), []).append(target)
            if felt_parts(config):
                kernels.setdefault(config.kernel.name, []).append(target)
    found = [Left(" ".join(overrides), "curve", of) for overrides, of in curves.items()]
    return found + [Left(name, "kernel", of) for name, of in kernels.items() if len(kernels) > 1]


def cross_validated(
    calibration: Calibration, runs: Runs, problem: Problem, fit: Fit
) -> Iterator[Predicted]:
    """Leave out one curve or kernel after the other, and predict its series."""
    for left in left_out(calibration):
        values = without(problem, fit, left).values
        for target in distinct(left.targets):
            points = every_point(target)
            yield Predicted(
                left,
                target.series or "",
                target.reference,
                len(points),
                mean_error(runs, points, values),
                mean_error(runs, points, fit.values),
                law_error(target),
            )


def without(problem: Problem, fit: Fit, left: Left) -> Fit:
    """Fit again, to all points but those left out."""
    hidden = {id(target) for target in left.targets}
    kept = [n for n, point in enumerate(problem.points) if id(point.target) not in hidden]
    rest = Problem(problem.runs, [problem.points[n] for n in kept], problem.start, problem.prior)
    return fit_beside(rest, fit, fit.slopes[kept])


def distinct(targets: Sequence[Target]) -> list[Target]:
    """One target for each published series."""
    return list({(t.reference, t.series, t.column): t for t in targets}.values())


def every_point(target: Target) -> list[Point]:
    """All published points of a target's series with more than one core, at whole core counts."""
    published = series(target.reference, target.series, target.columns)
    return [Point(target, round(p.x), p.y) for p in published if p.x > 1 and p.x == round(p.x)]


def mean_error(runs: Runs, points: Sequence[Point], values: Sequence[float]) -> float:
    """Mean relative error of simulated points."""
    simulated = np.array(runs.simulated(points, values))
    published = np.array([point.published for point in points])
    return float(np.mean(np.abs(simulated / published - 1)))


def law_error(target: Target) -> float | None:
    """Mean error of a law at each point, fitted to the others of the series."""
    published = series(target.reference, target.series, target.columns)
    every = {round(p.x): p.y * p.x for p in published if p.x == round(p.x)}
    if target.column != "throughput_per_core" or len(every) < FEWEST:
        return None
    errors = []
    for cores in [n for n in every if n > 1]:
        law = laws.of_curve({n: y for n, y in every.items() if n != cores}, "usl")
        if law is None:
            return None
        found = float(law.throughput(np.array([float(cores)]))[0])
        errors.append(abs(found / every[cores] - 1))
    return float(np.mean(errors))
