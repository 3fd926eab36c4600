"""Every claim of a results folder with its verdict, as rows for a terminal or a pipe."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from analysis.artifact import parts, stored
from analysis.judge import unfitted
from analysis.judge.scoreboard import Scoreboard, scoreboard
from analysis.read.tidy import ResultsError, read_json
from analysis.wording import number

COLUMNS = (
    "verdict",
    "experiment",
    "claim",
    "value",
    "published",
    "statement",
    "basis",
    "why",
)


@dataclass(frozen=True)
class Row:
    """One claim of one experiment."""

    experiment: str
    claim: str
    statement: str
    value: str
    published: str
    verdict: str
    basis: str = ""
    why: str = ""
    limitation: str = ""

    def cells(self) -> tuple[str, ...]:
        """Return the row as texts: `COLUMNS`."""
        return (
            self.verdict,
            self.experiment,
            self.claim,
            shown(self.value),
            shown(self.published),
            self.statement,
            self.basis,
            self.reason,
        )

    @property
    def reason(self) -> str:
        """Why the claim fails, and where the limitations say more; empty where it holds."""
        where = f" (docs/limitations.md, {self.limitation})" if self.limitation else ""
        return self.why + where


def read(results: Path) -> list[Row]:
    """Read the verdicts of every analysed experiment of a results folder.

    Raises
    ------
    ResultsError : the folder holds none
    """
    files = sorted(results.glob("*/*/claims.json"))
    if not files:
        raise ResultsError(f"{results}: no analysed experiment in this folder; run snakemake first")
    return [
        Row(
            "/".join(file.parts[-3:-1]),
            row["claim"],
            row["statement"],
            row["value"],
            row["published"],
            row["verdict"],
            row.get("basis", ""),
            row.get("why", ""),
            row.get("limitation", ""),
        )
        for file in files
        for row in read_json(file)
    ]


def unfitted_errors(results: Path) -> list[str]:
    """Say the one error over all that no fit has seen; nothing without such points."""
    series = []
    for file in sorted(results.glob(f"*/*/{parts.FILE}")):
        tables = stored.read_tables(file, ["error_points", "null_model", "naive_fifo"])
        series.append(unfitted.of_experiment("/".join(file.parts[-3:-1]), *tables))
    found = unfitted.weighted(series)
    return found.sentences() if found else []


def shown(text: str) -> str:
    """A number of a verdict as a reader sees it; anything else as it is."""
    try:
        return number(float(text))
    except ValueError:
        return text


def table(rows: list[Row]) -> Table:
    """Lay the rows out for a terminal."""
    found = Table(*COLUMNS)
    for row in rows:
        found.add_row(*row.cells())
    return found


def summary(rows: list[Row]) -> list[str]:
    """How many claims of each basis hold, in words, predictions first."""
    if not rows:
        return ["no claims"]
    found = counts(rows)
    said = [f"{len(rows)} claims: {found.headline}."]
    return [*said, found.others] if found.others else said


def counts(rows: list[Row]) -> Scoreboard:
    """The scoreboard of the rows."""
    return scoreboard((row.basis, row.verdict) for row in rows)
