"""Every claim of a results folder with its verdict, as rows for a terminal or a pipe."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from analysis.artifact import stored
from analysis.judge import unfitted
from analysis.read.tidy import ResultsError, read_json
from analysis.wording import VERDICTS, number


@dataclass(frozen=True)
class Row:
    """One claim of one experiment."""

    experiment: str
    claim: str
    statement: str
    value: str
    published: str
    verdict: str

    def cells(self) -> tuple[str, str, str, str, str, str]:
        """Return the row as texts, the verdict first."""
        return (
            self.verdict,
            self.experiment,
            self.claim,
            shown(self.value),
            shown(self.published),
            self.statement,
        )


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
        )
        for file in files
        for row in read_json(file)
    ]


def unfitted_errors(results: Path) -> list[str]:
    """Say the one error over all that no fit has seen; nothing without such points."""
    series = []
    for file in sorted(results.glob(f"*/*/{stored.FILE}")):
        points, null = stored.read_tables(file, ["error_points", "null_model"])
        series.append(unfitted.of_experiment("/".join(file.parts[-3:-1]), points, null))
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
    found = Table("verdict", "experiment", "claim", "value", "published", "statement")
    for row in rows:
        found.add_row(*row.cells())
    return found


def summary(rows: list[Row]) -> str:
    """How many claims have each verdict, in words."""
    counts = Counter(row.verdict for row in rows)
    parts = [f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict]]
    return f"{len(rows)} claims: {', '.join(parts)}" if parts else "no claims"
