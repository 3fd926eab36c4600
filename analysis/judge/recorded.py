"""What each claim was found to be when the project's results were recorded: `docs/claims.csv`.

    claim,verdict,value,published,criterion,basis,seconds,memory_mib
    osdi10/fig04_exim/stock_collapses,reproduced,0.134,0.132,within 15 %,fitted,3.1,210

`docs/hooks/claims_table.py` writes it from a folder of results, and with it the tables of the
artifact appendix. `corescale check` compares with it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from functools import cache
from io import StringIO
from pathlib import Path

from analysis.judge.claims import criterion
from sim.experiment.claim import Claim

FILE = Path(__file__).resolve().parents[2] / "docs" / "claims.csv"


@dataclass(frozen=True)
class Recorded:
    """One claim as it was found, all as text.

    claim : experiment and id
    value, published : of the metric, with all digits; empty without one
    criterion : what was asked of it
    basis : what it rests on
    seconds : processor time of what it needs alone
    memory_mib : of the largest process
    """

    claim: str
    verdict: str
    value: str
    published: str
    criterion: str
    basis: str
    seconds: str
    memory_mib: str


COLUMNS = tuple(field.name for field in fields(Recorded))


def text(rows: Iterable[Recorded]) -> str:
    """The record as CSV."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([COLUMNS, *map(astuple, rows)])
    return out.getvalue()


@cache
def read(file: Path = FILE) -> dict[str, Recorded]:
    """Read the record, by claim; empty where there is none."""
    if not file.is_file():
        return {}
    with file.open(encoding="utf-8", newline="") as lines:
        rows = [Recorded(**row) for row in csv.DictReader(lines)]
    return {row.claim: row for row in rows}


def of(experiment: str, claim: Claim) -> Recorded | None:
    """Look up a claim of the project; None where it is not recorded, or was another when it was."""
    found = read().get(f"{experiment}/{claim.id}")
    published = "" if claim.published is None else str(claim.published)
    if found is None or (found.published, found.criterion) != (published, criterion(claim)):
        return None
    return found
