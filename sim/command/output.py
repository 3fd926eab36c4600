"""Writing results: three files side by side, all or nothing, the same bytes every time.

`x.parquet` holds a row per (curve, variant, cores, replication), `x.account.parquet` where their
cycles went, `x.config.json` what ran: the resolved configuration with every number's source. Each
is written under a temporary name in the same folder and renamed; the configuration comes last, so
whoever finds it finds all three, and with its digests knows whether they are whole. Nothing that
depends on the clock or the host is written.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from sim.command.columns import ACCOUNT, POINTS, TRACE, Column
from sim.config.errors import ConfigError, message
from sim.version import engine_hash

if TYPE_CHECKING:
    from sim.trace import Trace

TYPES = {"text": pl.String, "integer": pl.Int64, "number": pl.Float64}
BASE = "base"


@dataclass(frozen=True)
class Result:
    """Rows of one run of the engine, and the curve and variant they belong to."""

    curve: str
    variant: str
    points: list[dict[str, Any]]
    account: list[dict[str, Any]]


def tables(results: Sequence[Result]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Join results into the points and the account: fixed columns, sorted rows, base first."""
    points = _table([(item, row) for item in results for row in item.points], POINTS)
    account = _table([(item, row) for item in results for row in item.account], ACCOUNT)
    return points, account


def name_of(curve: str, variant: str) -> str:
    """Name what rows belong to; a variant is a curve of its own, so that rows do not mix."""
    return curve if variant == BASE else f"{curve} ~ {variant}"


def _table(rows: list[tuple[Result, dict[str, Any]]], columns: Sequence[Column]) -> pl.DataFrame:
    content = [
        {**row, "curve": name_of(item.curve, item.variant), "variant": item.variant}
        for item, row in rows
    ]
    frame = pl.DataFrame(
        [[row[column.name] for column in columns] for row in content],
        schema={column.name: TYPES[column.type] for column in columns},
        orient="row",
    )
    order = ["curve", "variant", "cores", "replication"]
    order += [name for name in ("mode", "object", "cause") if name in frame.columns]
    return frame.sort(pl.col("variant") != BASE, *order, maintain_order=True).sort(
        "curve", maintain_order=True
    )


def check_file(out: str) -> Path:
    """Return the Parquet file that `out=` names, once it is known that it can be written."""
    path = Path(out).expanduser()
    if not out or path.suffix != ".parquet":
        raise ConfigError(
            message(f"out={out}", "not the name of a Parquet file", "allowed: NAME.parquet")
        )
    for target in beside(path):
        if target.is_dir():
            raise ConfigError(message(f"out={out}", f"{target} is a folder"))
    check_writable(path.parent, f"out={out}")
    return path


def check_folder(out: str) -> Path:
    """Return the folder that `out=` names for a whole experiment, once it can be written."""
    path = Path(out).expanduser()
    if not out or path.suffix == ".parquet":
        raise ConfigError(
            message(
                f"out={out}",
                "a whole experiment writes one Parquet file per curve into a folder",
                "allowed: out=FOLDER, or curve=ID out=NAME.parquet",
            )
        )
    check_writable(path, f"out={out}")
    return path


def check_writable(folder: Path, origin: str) -> None:
    """Check that files can be made in `folder`, or in what it will be made in."""
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not existing.is_dir():
        raise ConfigError(message(origin, f"{existing} is not a folder"))
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        raise ConfigError(
            message(origin, f"{existing} cannot be written: {error.strerror or error}")
        ) from None


def beside(path: Path) -> tuple[Path, Path, Path]:
    """Name the three files of one output: points, account, configuration."""
    return path, path.with_suffix(".account.parquet"), path.with_suffix(".config.json")


def check_traced(path: Path, suffixes: Sequence[str]) -> Path:
    """Return the file that `-o` names for a trace, once it is known that it can be written."""
    if path.suffix not in suffixes or path.is_dir():
        raise ConfigError(
            message(
                f"-o {path}", "not the name of a trace", f"allowed: NAME{', NAME'.join(suffixes)}"
            )
        )
    check_writable(path.parent, f"-o {path}")
    return path


def write_trace(path: Path, trace: Trace) -> None:
    """Write a trace as Parquet."""
    columns: dict[str, Any] = dict(trace.numbers())
    for name, (distinct, numbers) in trace.names().items():
        columns[name] = pl.Series(distinct, dtype=pl.String).gather(numbers)
    frame = pl.DataFrame(
        {column.name: columns[column.name] for column in TRACE},
        schema={column.name: TYPES[column.type] for column in TRACE},
    )
    _write_all([path], [lambda temporary: _parquet(frame, temporary)], f"-o {path}")


def write_text(path: Path, text: str) -> None:
    """Write one text file."""
    write_parts(path, [text.encode()])


def write_parts(path: Path, parts: Iterable[bytes]) -> None:
    """Write one file, part after part as they are made."""

    def writer(temporary: Path) -> None:
        with temporary.open("wb") as file:
            file.writelines(parts)

    _write_all([path], [writer], f"-o {path}")


def write(path: Path, results: Sequence[Result], configuration: dict[str, Any]) -> None:
    """Write the three files, or none."""
    points, account = tables(results)
    digests: dict[str, str] = {}

    def write_table(frame: pl.DataFrame, name: str, temporary: Path) -> None:
        _parquet(frame, temporary)
        digests[name] = hashlib.sha256(temporary.read_bytes()).hexdigest()

    def write_configuration(temporary: Path) -> None:
        content = {"engine": engine_hash(), "sha256": digests, **configuration}
        text = json.dumps(content, indent=2, ensure_ascii=False)
        temporary.write_text(text + "\n", encoding="utf-8")

    points_name, account_name = (target.name for target in beside(path)[:2])
    writers: list[Callable[[Path], object]] = [
        lambda temporary: write_table(points, points_name, temporary),
        lambda temporary: write_table(account, account_name, temporary),
        write_configuration,
    ]
    _write_all(beside(path), writers, f"out={path}")


def _write_all(
    targets: Sequence[Path], writers: Sequence[Callable[[Path], object]], origin: str
) -> None:
    """Write files of one folder under temporary names, and rename them all at the end."""
    folder = targets[0].parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _temporary(folder, len(writers)) as names:
            for writer, name in zip(writers, names, strict=True):
                writer(name)
            for name, target in zip(names, targets, strict=True):
                os.replace(name, target)
    except OSError as error:
        raise ConfigError(
            message(origin, f"cannot be written: {error.strerror or error}")
        ) from None


@contextmanager
def _temporary(folder: Path, count: int) -> Iterator[list[Path]]:
    """Reserve unique names in `folder`, and remove what is left of them at the end."""
    names: list[Path] = []
    mask = os.umask(0)
    os.umask(mask)
    try:
        for _ in range(count):
            handle, name = tempfile.mkstemp(prefix=".corescale-", suffix=".tmp", dir=folder)
            os.fchmod(handle, 0o666 & ~mask)
            os.close(handle)
            names.append(Path(name))
        yield names
    finally:
        for path in names:
            path.unlink(missing_ok=True)


def _parquet(frame: pl.DataFrame, path: Path) -> None:
    frame.write_parquet(path, compression="zstd", compression_level=3, statistics=True)
