"""Timelines from traces: what the words of a counter hold, write by write."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from analysis.read.tidy import ResultsError, read_parquet

CENTRAL, SPARES = "central", "spares"
WRITES = ("store", "increment", "fetch_add", "swap", "compare_swap")


def read(path: Path) -> pl.DataFrame:
    """Read `traces/x.parquet`: a row per shared instruction, in time order."""
    return read_parquet(path)


def values(trace: pl.DataFrame) -> pl.DataFrame:
    """Values of a sloppy counter's words over time, and of the references in use.

    Returns
    -------
    name, time_cycles, value: one row per word and instant at which any word was written; words
    hold 0 before their first write. References in use = central count - spare references.
    """
    writes = trace.filter(
        pl.col("instruction").is_in(WRITES) & pl.col("region").is_in([CENTRAL, SPARES])
    )
    if writes.is_empty():
        raise ResultsError("the trace holds no write to a sloppy counter")
    spares = sorted(writes.filter(pl.col("region") == SPARES)["line"].unique().to_list())
    names = ["central count", *(f"spares of core {core}" for core in spares)]
    held = dict.fromkeys(names, 0)
    rows: list[tuple[str, int, int]] = []

    def record(time: int) -> None:
        rows.extend((name, time, held[name]) for name in names)
        rows.append(("in use", time, held[names[0]] - sum(held[name] for name in names[1:])))

    record(0)
    for time, region, line, value in writes.select(
        "time_cycles", "region", "line", "value"
    ).iter_rows():
        held[names[0] if region == CENTRAL else f"spares of core {line}"] = value
        record(time)
    schema = {"name": pl.String, "time_cycles": pl.Int64, "value": pl.Int64}
    table = pl.DataFrame(rows, schema=schema, orient="row")
    order = {name: place for place, name in enumerate(["in use", *names])}
    return table.sort(pl.col("name").replace_strict(order), "time_cycles", maintain_order=True)


def finding(trace: pl.DataFrame) -> str:
    """What the timeline shows, in words."""
    updates = trace.filter(pl.col("instruction") == "end").height
    central = trace.filter(
        pl.col("instruction").is_in(WRITES) & (pl.col("region") == CENTRAL)
    ).height
    cores = trace["core"].n_unique()
    return (
        f"{cores} cores take and drop references {updates} times in all; {central} of these "
        "updates touch the central count, the others are served by a core's spare references. "
        "References in use are drawn as the central count less all spares, so they are off by the "
        "update in progress while a core has written one of the two and not yet the other."
    )
