"""Writing results: three files side by side, all or nothing, the same bytes every time.

`x.parquet` holds a row per (curve, variant, cores, replication), `x.account.parquet` where their
cycles went, `x.config.json` what ran: the resolved configuration with every number's source. Each
is written under a temporary name in the same folder and renamed; the configuration comes last, so
whoever finds it finds all three, and with its digests knows whether they are whole. Nothing that
depends on the clock or the host is written.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from sim.config.errors import ConfigError, message, show
from sim.config.files import expanded
from sim.drafts import check_writable, drafts, refused
from sim.experiment.columns import ACCOUNT, POINTS, TRACE, Column
from sim.experiment.variation import BASE, Variation
from sim.version import engine_hash

if TYPE_CHECKING:
    from sim.trace import Trace

TYPES = {"text": pl.String, "integer": pl.Int64, "number": pl.Float64}


@dataclass(frozen=True)
class Result:
    """Rows of one run of the engine, the curve they belong to, and what the run changes of it.

    `swept` are the keys that differ between the runs of one request, with this run's values.
    """

    curve: str
    variation: Variation
    points: list[dict[str, Any]]
    account: list[dict[str, Any]]
    swept: Mapping[str, Any] = field(default_factory=dict)


def tables(results: Sequence[Result]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Join results into the points and the account: sorted rows, base first.

    The columns are fixed; each key that was swept has another, named after it.
    """
    points = _table([(item, row) for item in results for row in item.points], POINTS)
    account = _table([(item, row) for item in results for row in item.account], ACCOUNT)
    return points, account


def name_of(curve: str, variation: Variation) -> str:
    """Name what rows belong to; a variant is a curve of its own, so that rows do not mix."""
    return curve if variation == BASE else f"{curve} ~ {variation.label}"


def _table(rows: list[tuple[Result, dict[str, Any]]], columns: Sequence[Column]) -> pl.DataFrame:
    content = [
        {
            **row,
            "curve": name_of(item.curve, item.variation),
            "variant": item.variation.label,
            "variant_of": item.curve,
            **item.variation.columns,
        }
        for item, row in rows
    ]
    frame = pl.DataFrame(
        [[row[column.name] for column in columns] for row in content],
        schema={column.name: TYPES[column.type] for column in columns},
        orient="row",
    ).with_columns(_swept([item for item, _ in rows], columns))
    order = ["curve", "variant", "cores", "replication"]
    order += [name for name in ("mode", "object", "cause") if name in frame.columns]
    return frame.sort(pl.col("variant_kind") != BASE.kind, *order, maintain_order=True).sort(
        "curve", maintain_order=True
    )


def _swept(of_rows: Sequence[Result], columns: Sequence[Column]) -> list[pl.Series]:
    """A column for each key that was swept: of numbers, or of text as it is typed."""
    fixed = {column.name for column in columns}
    keys = dict.fromkeys(key for item in of_rows for key in item.swept if key not in fixed)
    found = []
    for key in keys:
        values = [item.swept.get(key) for item in of_rows]
        kinds = {type(value) for value in values if value is not None}
        if kinds <= {int}:
            found.append(pl.Series(key, values, dtype=pl.Int64))
        elif kinds <= {int, float}:
            found.append(pl.Series(key, values, dtype=pl.Float64, strict=False))
        else:
            text = [None if value is None else show(value).strip("'") for value in values]
            found.append(pl.Series(key, text, dtype=pl.String))
    return found


def check_file(out: str) -> Path:
    """Return the Parquet file that `out=` names, once it is known that it can be written."""
    path = expanded(out, f"out={out}")
    if not out or path.suffix != ".parquet":
        raise ConfigError(
            message(f"out={out}", "not the name of a Parquet file", "allowed: NAME.parquet")
        )
    check_writable(beside(path), f"out={out}")
    return path


def check_folder(out: str) -> Path:
    """Return the folder that `out=` names for a whole experiment, once it can be written."""
    path = expanded(out, f"out={out}")
    if not out or path.suffix == ".parquet":
        raise ConfigError(
            message(
                f"out={out}",
                "a whole experiment writes one Parquet file per curve into a folder",
                "allowed: out=FOLDER, or curve=ID out=NAME.parquet",
            )
        )
    check_writable([path / "any"], f"out={out}")
    return path


def beside(path: Path) -> tuple[Path, Path, Path]:
    """Name the three files of one output: points, account, configuration."""
    return path, path.with_suffix(".account.parquet"), path.with_suffix(".config.json")


def check_kind(option: str, name: str, kind: str, suffixes: Sequence[str]) -> Path:
    """Return the file that an option names, once it is known that it can be written.

    Args:
        option: with what stands before the name: `out=`, `-o `.
        name: as typed.
        kind: of file, with its article.
        suffixes: that such a file may have.
    """
    origin = f"{option}{name}"
    path = expanded(name, origin)
    if path.suffix not in suffixes:
        allowed = f"allowed: NAME{', NAME'.join(suffixes)}"
        raise ConfigError(message(origin, f"not the name of {kind}", allowed))
    check_writable([path], origin)
    return path


def write_trace(path: Path, trace: Trace, configuration: Mapping[str, Any]) -> None:
    """Write a trace as Parquet, and beside it what was traced."""
    columns: dict[str, Any] = dict(trace.numbers())
    for name, (distinct, numbers) in trace.names().items():
        columns[name] = pl.Series(distinct, dtype=pl.String).gather(numbers)
    frame = pl.DataFrame(
        {column.name: columns[column.name] for column in TRACE},
        schema={column.name: TYPES[column.type] for column in TRACE},
    )
    digests: dict[str, str] = {}

    def write_table(draft: Path) -> None:
        digests[path.name] = hashlib.sha256(_parquet(frame, draft)).hexdigest()

    def write_configuration(draft: Path) -> None:
        draft.write_text(configuration_text(digests, configuration), encoding="utf-8")

    _write_all([path, beside(path)[-1]], [write_table, write_configuration], f"-o {path}")


def write_text(path: Path, text: str) -> None:
    """Write one text file."""
    write_parts(path, [text.encode()])


def write_parts(path: Path, parts: Iterable[bytes]) -> None:
    """Write one file, part after part as they are made."""

    def writer(draft: Path) -> None:
        with draft.open("wb") as file:
            file.writelines(parts)

    _write_all([path], [writer], f"-o {path}")


def write(path: Path, results: Sequence[Result], configuration: dict[str, Any]) -> None:
    """Write the three files, or none."""
    points, account = tables(results)
    digests: dict[str, str] = {}

    def write_table(frame: pl.DataFrame, name: str, draft: Path) -> None:
        digests[name] = hashlib.sha256(_parquet(frame, draft)).hexdigest()

    def write_configuration(draft: Path) -> None:
        draft.write_text(configuration_text(digests, configuration), encoding="utf-8")

    points_name, account_name = (target.name for target in beside(path)[:2])
    writers: list[Callable[[Path], object]] = [
        lambda draft: write_table(points, points_name, draft),
        lambda draft: write_table(account, account_name, draft),
        write_configuration,
    ]
    _write_all(beside(path), writers, f"out={path}")


def configuration_text(digests: Mapping[str, str], configuration: Mapping[str, Any]) -> str:
    """What the configuration beside results says, to the byte.

    Args:
        digests: sha256 of each file of results, by its name.
        configuration: what ran.
    """
    content = {"engine": engine_hash(), "sha256": dict(digests), **configuration}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _write_all(
    targets: Sequence[Path], writers: Sequence[Callable[[Path], object]], origin: str
) -> None:
    """Write files of one folder as drafts, which take their names when all are complete."""
    with refused(origin), drafts(targets) as names:
        for writer, name in zip(writers, names, strict=True):
            writer(name)


def _parquet(frame: pl.DataFrame, path: Path) -> memoryview:
    """Write a table, and return what was written.

    Through memory: polars' own writing to a file turns the system's errors into others.
    """
    content = io.BytesIO()
    frame.write_parquet(content, compression="zstd", compression_level=3, statistics=True)
    path.write_bytes(content.getbuffer())
    return content.getbuffer()
