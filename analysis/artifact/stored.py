"""`artifact.json`: the artifact of an experiment as a file, from which the report is written.

    {
      "format": 2,
      "experiment": "osdi10/fig04_exim",
      "present": ["pk", "stock"],                        curves that have results
      "timeline": "",                                    what the trace shows, in words
      "verdicts": [{"id": ..., "value": 0.41, ...}],     one per claim, values as numbers or names
      "tables": {"errors": TABLE, "breakdown": TABLE, ...},
      "summaries": {MEASURE: TABLE}, "published": {MEASURE: TABLE}, "views": {VIEW: TABLE}
    }

A TABLE is {"rows": 26, "columns": {NAME: {"type": "Float64", "values": [...]}}}, with Polars' names
of types and null where there is no value. Numbers have all their digits; those that JSON lacks are
the texts "inf", "-inf" and "nan". The same results give the same bytes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import polars as pl

from analysis.artifact.record import Artifact
from analysis.judge.claims import Verdict
from analysis.read.tidy import ResultsError, read_json
from sim.experiment.file import Experiment
from sim.experiment.references import roots

FORMAT = 2
TABLES = {
    "errors": "errors",
    "error_points": "error_points",
    "breakdown": "shares",
    "null_model": "null",
    "naive_fifo": "naive",
    "speedup": "speedup",
}
"""Name of each table of an artifact, and the field that holds it."""
SEVERAL = ("summaries", "published", "views")
"""Fields that hold tables by the id of a measure or view."""
TYPES: dict[str, Any] = {
    str(kind): kind
    for kind in (
        *(pl.String, pl.Boolean, pl.Float64, pl.Float32, pl.Null),
        *(pl.Int64, pl.Int32, pl.Int16, pl.Int8, pl.UInt64, pl.UInt32, pl.UInt16, pl.UInt8),
    )
}
"""Types of columns that can be kept."""


def text(artifact: Artifact) -> str:
    """The artifact as JSON.

    Raises
    ------
    ResultsError : a view's table has a column of another type than numbers, text and truth
    """
    content = {
        "format": FORMAT,
        "experiment": artifact.experiment.name,
        "present": sorted(artifact.present),
        "timeline": artifact.timeline,
        "verdicts": [
            {field.name: _value(getattr(verdict, field.name)) for field in fields(Verdict)}
            for verdict in artifact.verdicts
        ],
        "tables": {
            name: _table(f"table {name}", getattr(artifact, field))
            for name, field in TABLES.items()
        },
        **{
            several: {
                name: _table(f"{several}, {name}", table)
                for name, table in getattr(artifact, several).items()
            }
            for several in SEVERAL
        },
    }
    return json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n"


def read_tables(path: Path, names: Sequence[str]) -> list[pl.DataFrame]:
    """Read some tables of what `text` wrote, whatever the experiment; names as in `TABLES`.

    Raises
    ------
    ResultsError : there is no such file, or it is damaged
    """
    content = read_json(path)
    try:
        return [_frame(content["tables"][name]) for name in names]
    except (KeyError, TypeError, ValueError, AttributeError, pl.exceptions.PolarsError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise ResultsError(f"{path}: damaged ({reason})") from None


def read(path: Path, experiment: Experiment) -> Artifact:
    """Read what `text` wrote of an experiment.

    Raises
    ------
    ResultsError : there is no such file, it is another experiment's, or it is damaged
    """
    content = read_json(path)
    try:
        if (content["format"], content["experiment"]) != (FORMAT, experiment.name):
            raise ResultsError(
                f"{path}: of {content['experiment']} in format {content['format']}, and not of "
                f"{experiment.name} in format {FORMAT}"
            )
        tables = {name: _frame(content["tables"][name]) for name in TABLES}
        summaries, published, views = (
            {name: _frame(table) for name, table in content[several].items()} for several in SEVERAL
        )
        return Artifact(
            experiment=experiment,
            present=frozenset(content["present"]),
            summaries=summaries,
            published=published,
            error_points=tables["error_points"],
            errors=tables["errors"],
            null=tables["null_model"],
            naive=tables["naive_fifo"],
            speedup=tables["speedup"],
            shares=tables["breakdown"],
            verdicts=[_verdict(row, experiment) for row in content["verdicts"]],
            views=views,
            timeline=content["timeline"],
            references=roots(experiment.config_dirs),
        )
    except (KeyError, TypeError, ValueError, AttributeError, pl.exceptions.PolarsError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise ResultsError(f"{path}: damaged ({reason})") from None


def _table(what: str, table: pl.DataFrame) -> dict[str, Any]:
    """A table as plain values, column by column."""
    for column, kind in table.schema.items():
        if str(kind) not in TYPES:
            raise ResultsError(f"{what}: column {column!r} is of type {kind}, which is not kept")
    return {
        "rows": len(table),
        "columns": {
            column.name: {
                "type": str(column.dtype),
                "values": [_value(value) for value in column.to_list()],
            }
            for column in table.iter_columns()
        },
    }


def _frame(table: Mapping[str, Any]) -> pl.DataFrame:
    """A table from plain values."""
    columns = []
    for name, column in table["columns"].items():
        kind, values = TYPES[column["type"]], column["values"]
        if len(values) != table["rows"]:
            raise ValueError(f"column {name} has {len(values)} of {table['rows']} rows")
        if kind in (pl.Float64, pl.Float32):
            values = [_number(value) for value in values]
        columns.append(pl.Series(name, values, kind))
    return pl.DataFrame(columns)


def _verdict(row: Mapping[str, Any], experiment: Experiment) -> Verdict:
    """A claim's verdict. What is no name is a number, those that JSON lacks included."""
    names = {c.id: c.metric is not None and c.metric.gives_a_name for c in experiment.claims}
    value = row["value"]
    return Verdict(**{**row, "value": value if names[row["id"]] else _number(value)})


def _value(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _number(value: Any) -> float | None:
    """A number as it was."""
    return None if value is None else float(value)
