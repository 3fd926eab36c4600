"""What a calibration found, as the report shows it: values, intervals, and what was left out."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.report.layout import Table, figure_of, fixed
from sim.experiment import calibration_record, calibrations
from sim.experiment.calibration_record import Estimate, Prediction, Record


def shown() -> list[dict[str, object]]:
    """Every calibration that has a record, in the order of their names.

    Raises
    ------
    ConfigError : a record is damaged
    """
    found = []
    for name in calibrations.names():
        record = calibration_record.read(name)
        if record is not None:
            found.append(of_record(record, calibrations.load(name).why))
    return found


def of_record(record: Record, why: str) -> dict[str, object]:
    """What the page says of one calibration."""
    now = calibration_record.digests(calibrations.load(record.calibration))
    curves = [p for p in record.cross_validation if p.kind == "curve"]
    return {
        "name": record.calibration,
        "why": why,
        "changed": record.changed(now),
        "points": len(record.points),
        "parameters": len(record.parameters),
        "mean_percent": fixed(100 * record.mean_error),
        "values": values(record.parameters),
        "predicted": predictions(record.cross_validation),
        "summary": summary(curves),
    }


def values(parameters: Sequence[Estimate]) -> Table:
    """A row for every fitted number."""
    rows = [
        [
            estimate.key,
            estimate.workload or "all",
            figure_of(estimate.value),
            f"{figure_of(estimate.low)} to {figure_of(estimate.high)}",
            f"{figure_of(estimate.plausible[0])} to {figure_of(estimate.plausible[1])}",
            "yes" if estimate.identified else "no",
            "; ".join(map(short, estimate.decided_by)),
        ]
        for estimate in parameters
    ]
    header = ["number", "of", "fitted", "95 % interval", "plausible", "identified", "decided by"]
    return Table(header, rows, [False, False, True, True, True, False, False])


def predictions(predicted: Sequence[Prediction]) -> Table:
    """A row for every series that was left out, with its curve or its kernel."""
    rows = [
        [
            left_out(p.left_out),
            p.series or "all",
            short(p.reference),
            str(p.points),
            fixed(100 * p.unseen),
            fixed(100 * p.seen),
            "" if p.law is None else fixed(100 * p.law),
        ]
        for p in predicted
    ]
    header = ["left out", "series", "published in", "points"]
    header += ["error %", "if fitted %", "USL %"]
    return Table(header, rows, [False, False, False, True, True, True, True])


def short(published: str) -> str:
    """A published file, and what follows its name, without its folder and ending."""
    file, _, rest = published.partition(".csv")
    return f"{file.rpartition('/')[2]}{rest}"


def left_out(words: str) -> str:
    """What was left out of a fit: the names chosen, and settings by the ends of theirs."""
    found = []
    for word in words.split():
        key, _, value = word.rpartition("=")
        found.append(f"{key.rpartition('.')[2]}={value}" if "." in key else value)
    return ", ".join(found)


def summary(curves: Sequence[Prediction]) -> str:
    """One sentence: the cross-validated error of all series, and that of the law beside it."""
    if not curves:
        return ""
    unseen = sum(p.unseen for p in curves) / len(curves)
    judged = [(p.unseen, p.law) for p in curves if p.law is not None]
    said = (
        f"With its curve left out of the fit, a series is predicted with a mean error of "
        f"{unseen:.1%} ({len(curves)} series)"
    )
    if judged:
        mine, law = (sum(column) / len(judged) for column in zip(*judged, strict=True))
        said += (
            f"; the {len(judged)} of throughput with {mine:.1%}, where the Universal Scalability "
            f"Law, fitted to the other points of the same series, has {law:.1%}"
        )
    return f"{said}.".replace("%", " %")
