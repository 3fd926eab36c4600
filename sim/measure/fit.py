"""The machine's own latencies and occupancies, fitted to how its cores share one line.

Nothing else is fitted: what locks, counters and memory do is then a prediction. Of the core counts
of the paced series of one line every second one counts, so that the others are predictions, too.
The loss is that of `calibration`: logarithms of simulated over measured, each in units of how well
the point is known, and a pull to where the search begins: wide for occupancies, of which nothing
was known, narrow for transfers, which pairs of cores have measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from sim.machine.settings.hardware import Hardware
from sim.measure.model import Model, Number
from sim.measure.records import Record

Vector = NDArray[np.float64]
FITTED_ON = ("line_write", "line_read_after_write")
ACCURACY = 0.005
"""Of a point that is known better than that: the model's own noise."""
STEP = 0.05
"""Of a derivative, in logarithms: more than the noise of a mean."""
LEAST_CYCLES = 4
"""Of a number, below which rounding to whole cycles would stop the search: it is not fitted."""
EVALUATIONS = 40
ENOUGH = 1e-4
PREFIX = "hardware.coherence."


@dataclass(frozen=True)
class Parameter:
    """A setting that is fitted: where the search begins, and its spread in logarithms."""

    key: str
    begin: int
    spread: float


@dataclass(frozen=True)
class Fit:
    """Values by key, where they were, and the points that they were fitted on."""

    values: dict[str, Number]
    before: dict[str, Number]
    points: tuple[Record, ...]


def parameters(machine: Hardware) -> list[Parameter]:
    """Settings that some distance of the machine has a use for."""
    topology = machine.topology
    parts = []
    if topology.cores_per_die > 1:
        parts.append("local")
    if topology.dies_per_package > 1:
        parts.append("die")
    names = [(f"{part}_transfer_cycles", f"{part}_occupancy_cycles") for part in parts]
    if topology.packages > 1:
        names += [("base_transfer_cycles", "base_occupancy_cycles")]
        names += [("hop_cycles", "hop_occupancy_cycles")]
    found = []
    for transfer, occupancy in names:
        for name, spread in ((transfer, 0.05), (occupancy, 1.0)):
            value = getattr(machine.coherence, name, None)
            if value is not None and value >= LEAST_CYCLES:
                found.append(Parameter(f"{PREFIX}{name}", value, spread))
    return found


def fitted_points(records: Sequence[Record]) -> list[Record]:
    """Every second core count of the series of one line, the second first; disturbed ones not."""
    counts = sorted({r.cores for r in records if r.series in FITTED_ON})
    chosen = set(counts[1::2])
    return [r for r in records if r.series in FITTED_ON and r.cores in chosen and not r.is_noisy]


def fit(model: Model, machine: Hardware, records: Sequence[Record]) -> Fit:
    """Fit what can be; without points or parameters, nothing."""
    wanted, points = parameters(machine), fitted_points(records)
    points = [point for point in points if model.answer(point) is not None]
    before: dict[str, Number] = {p.key: p.begin for p in wanted}
    if not wanted or not points:
        return Fit({}, {}, ())
    spread = np.array([p.spread for p in wanted])
    begin = np.log([p.begin for p in wanted])
    accuracy = np.array([max(ACCURACY, min(_relative(r), 1.0)) for r in points])

    def values(scores: Vector) -> dict[str, Number]:
        cycles = np.exp(begin + scores * spread)
        return {p.key: max(1, round(c)) for p, c in zip(wanted, cycles.tolist(), strict=True)}

    def errors(chosen: dict[str, Number]) -> Vector:
        answers = [model.answer(point, chosen) or point.value for point in points]
        found: Vector = np.log(np.array(answers) / [point.value for point in points])
        return found

    def residuals(scores: Vector) -> Vector:
        return np.concatenate([errors(values(scores)) / accuracy, scores])

    def jacobian(scores: Vector) -> Vector:
        here = values(scores)
        at = errors(here)
        columns = []
        for n, parameter in enumerate(wanted):
            old = here[parameter.key]
            new = max(round(old * np.exp(STEP)), old + 1)
            slope = (errors({**here, parameter.key: int(new)}) - at) / np.log(new / old)
            columns.append(slope * spread[n])
        return np.vstack([np.column_stack(columns) / accuracy[:, np.newaxis], np.eye(len(wanted))])

    found = least_squares(
        residuals,
        np.zeros(len(wanted)),
        jac=jacobian,
        loss="soft_l1",
        ftol=ENOUGH,
        max_nfev=EVALUATIONS,
    )
    return Fit(values(found.x), before, tuple(points))


def _relative(record: Record) -> float:
    return 1.0 if record.half_interval is None else record.half_interval / record.value
