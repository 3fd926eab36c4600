"""What a figure shows, in words: captions, and the text for readers who cannot see it."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from analysis.artifact.record import Artifact
from analysis.read import breakdown, tidy
from analysis.wording import counted, number, percent
from sim.experiment.file import Measure


def of_measure(artifact: Artifact, measure: Measure) -> str:
    """First and last value of each curve, beside the published ones, and the mean error."""
    parts = [f"{measure.label} against cores."]
    summary = tidy.base(artifact.summaries[measure.id])
    published = artifact.published[measure.id]
    for curve, label in artifact.curves:
        mine = summary.filter(pl.col("curve") == curve).sort("cores")
        text = _ends(label, dict(mine.select("cores", "mean").iter_rows()))
        paper = published.filter(pl.col("curve") == curve)
        theirs = {round(x): y for x, y in paper.select("cores", "published").iter_rows()}
        shared = {c: y for c, y in sorted(theirs.items()) if c in mine["cores"].to_list()}
        if shared:
            first, last = next(iter(shared)), list(shared)[-1]
            text += f" (published: {number(shared[first])}"
            text += f" to {number(shared[last])})" if last != first else ")"
        errors = artifact.errors.filter(
            (pl.col("measure") == measure.id) & (pl.col("curve") == curve) & (pl.col("n") > 0)
        )
        all_points = errors.filter(pl.col("points") == "all")
        if len(all_points):
            mean, n = all_points["mean_absolute_percent"][0], all_points["n"][0]
            text += f"; mean absolute error {percent(mean)} over {n} point{'s' if n != 1 else ''}"
        parts.append(text + ".")
    return " ".join(parts)


def of_speedup(artifact: Artifact) -> str:
    """Speed-up of each curve at the most cores."""
    parts = ["Speed-up over one core, against the ideal line."]
    for curve, label in artifact.curves:
        mine = artifact.speedup.filter(pl.col("curve") == curve).sort("cores")
        if mine.is_empty():
            continue
        cores, value, paper = mine.select("cores", "speedup", "published").row(-1)
        text = f"{label}: {number(value)} times at {cores} cores"
        parts.append(text + (f" (published: {number(paper)})." if paper is not None else "."))
    return " ".join(parts)


def of_breakdown(artifact: Artifact) -> str:
    """Return the two largest contributions of each curve at the most cores."""
    texts = []
    for curve, label in artifact.curves:
        found = top_causes(artifact, curve, label, 2)
        texts.append("; ".join(found))
    return "Shares of an operation's cycles by object and cause. " + ". ".join(texts) + "."


def top_causes(artifact: Artifact, curve: str, label: str, count: int = 4) -> list[str]:
    """Return the largest contributions of one curve at its most cores, in words."""
    counts = artifact.shares.filter(pl.col("curve") == curve)["cores"].to_list()
    if not counts:
        return []
    cores = int(max(counts))
    return [
        breakdown.sentence(contribution, label, cores)
        for contribution in breakdown.top(artifact.shares, curve, cores, count)
    ]


def _ends(label: str, values: Mapping[int, float]) -> str:
    first, last = min(values), max(values)
    if first == last:
        return f"{label}: {number(values[first])} at {counted(first)}"
    return f"{label}: {number(values[first])} at {first} and {number(values[last])} at {last} cores"
