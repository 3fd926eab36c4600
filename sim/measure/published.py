"""Published measurements of a machine as if a user had measured them: records of an experiment.

An experiment says which series of `reference/` each of its curves answers to, and by which
overrides. That is all that a row of `curves.csv` says, so what `machine compare` does with a user's
machine it does with published ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sim.config.errors import ConfigError, message
from sim.config.run import RunConfig
from sim.experiment import calibrations, references
from sim.experiment.file import Experiment, Measure
from sim.experiment.plan import PlannedCurve, load_experiment, plan
from sim.measure.records import TIME_OF_EACH, Record

LEFT_OUT = ("hardware", "cores")
"""What a record says by itself."""
US_PER_NS = 1e-3


def records(experiment: str) -> dict[str, list[Record]]:
    """Measured points of an experiment, by the machine that they were measured on.

    Raises:
        ConfigError: if there is no such experiment, or it shows something other than throughput
            or time.
    """
    loaded = load_experiment(experiment)
    found: dict[str, list[Record]] = {}
    for curve in plan(experiment).curves:
        for measure in loaded.measures:
            if measure.reference is not None and curve.id in measure.series:
                of = found.setdefault(curve.config.hardware.name, [])
                of += _series(loaded, curve, measure)
    return found


def _series(experiment: Experiment, curve: PlannedCurve, measure: Measure) -> Iterator[Record]:
    """One published series at the core counts that its curve runs at."""
    words = [a.text for a in curve.layers if a.key not in LEFT_OUT]
    name = _name(experiment, curve.id)
    for cores, value in points(measure, curve.id).items():
        if cores in curve.config.core_counts:
            shown, unit = _value(value / measure.scale, measure, curve.config)
            cpus = tuple(range(cores))
            yield Record(name, cores, shown, None, unit, 1, 0, 0, False, tuple(words), cpus)


def seen(experiment: str) -> frozenset[tuple[str, int]]:
    """Series and core counts of an experiment that a number of the model was chosen by."""
    loaded = load_experiment(experiment)
    used = calibrations.of_experiment(loaded)
    return frozenset(
        (_name(loaded, curve), cores)
        for measure in loaded.measures
        for curve in measure.series
        for cores in calibrations.fitted(measure, curve, used)
    )


def _name(experiment: Experiment, curve: str) -> str:
    return f"{experiment.name.partition('/')[2]}_{curve}"


def points(measure: Measure, curve: str) -> Mapping[int, float]:
    """Published values of a curve by its number of cores."""
    read = references.read(str(measure.reference))
    found = references.points(read, measure.series[curve], measure.reference_columns, read.origin)
    return {int(x): y for x, y in found}


def _value(value: float, measure: Measure, config: RunConfig) -> tuple[float, str]:
    """A value of a column of results in the unit of a record."""
    if measure.column == "throughput":
        return value, f"{config.workload.unit}/s"
    if measure.column == "user_us":
        return value / US_PER_NS, TIME_OF_EACH
    raise ConfigError(
        message(
            f"measures.{measure.id}",
            f"{measure.column} is not what a machine is measured by",
            "allowed: throughput, user_us",
        )
    )
