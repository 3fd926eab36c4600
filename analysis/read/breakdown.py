"""Where the cycles go: the account of a curve as shares of all cycles of one operation."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from analysis.read import tidy
from analysis.wording import contribution_of, counted, percent
from sim.experiment.variation import BASE

OTHER = "other"
SMALLEST = 0.005
"""Share below which a contribution is not worth a sentence: it would read as 0 %."""

KEYS = ["curve", "cores"]
WHAT = ["object", "cause"]


@dataclass(frozen=True)
class Contribution:
    """One (object, cause) of a curve at one core count."""

    thing: str
    cause: str
    cycles: float
    share: float

    @property
    def label(self) -> str:
        """The contribution in words."""
        return contribution_of(self.thing, self.cause)


def shares(account: pl.DataFrame) -> pl.DataFrame:
    """Mean cycles per operation and share of each (mode, object, cause), base variant only.

    Shares of one (curve, cores) add up to 1. A contribution absent from a replication counts as
    zero there.
    """
    plain = account.filter(pl.col("variant_kind") == BASE.kind)
    replications = plain.group_by(KEYS).agg(pl.col("replication").n_unique().alias("n"))
    return (
        plain.group_by([*KEYS, "mode", *WHAT])
        .agg(pl.col("cycles_per_operation").sort().sum().alias("cycles"))
        .join(replications, on=KEYS)
        .with_columns(pl.col("cycles") / pl.col("n"))
        .drop("n")
        .sort([*KEYS, "mode", *WHAT])
        .with_columns((pl.col("cycles") / pl.col("cycles").sum().over(KEYS)).alias("share"))
    )


def largest(account: pl.DataFrame) -> pl.DataFrame:
    """Largest contribution at each (curve, variant, cores): object, cause and its share."""
    point = [*tidy.KEYS, *tidy.VARIATION]
    # in order, so that the same numbers are added up in the same order each time
    cycles = account.group_by([*point, *WHAT], maintain_order=True).agg(
        pl.col("cycles_per_operation").sort().sum().alias("cycles")
    )
    return (
        cycles.with_columns((pl.col("cycles") / pl.col("cycles").sum().over(point)).alias("share"))
        .sort([*point, "share", *WHAT], descending=[*(False for _ in point), True, False, False])
        .group_by(point, maintain_order=True)
        .first()
        .drop("cycles")
    )


def contributions(shares_table: pl.DataFrame) -> pl.DataFrame:
    """The same, with the modes of one (object, cause) added up."""
    return (
        shares_table.group_by([*KEYS, *WHAT], maintain_order=True)
        .agg(pl.col("cycles").sum(), pl.col("share").sum())
        .sort([*KEYS, *WHAT])
    )


def top(table: pl.DataFrame, curve: str, cores: int, count: int = 4) -> list[Contribution]:
    """Return the largest contributions of one curve at one core count, largest first."""
    mine = (
        contributions(table)
        .filter(
            (pl.col("curve") == curve) & (pl.col("cores") == cores) & (pl.col("share") >= SMALLEST)
        )
        .sort(["share", *WHAT], descending=[True, False, False])
        .head(count)
    )
    return [Contribution(*row) for row in mine.select(*WHAT, "cycles", "share").iter_rows()]


def growth(few: pl.DataFrame, many: pl.DataFrame, mode: str | None = None) -> pl.DataFrame:
    """Objects whose cycles per operation grow from one account to another, most first.

    Columns: object, cause (the one that grows most within it), grown (cycles per operation).
    """
    if mode is not None:
        few, many = few.filter(pl.col("mode") == mode), many.filter(pl.col("mode") == mode)
    before = few.group_by(WHAT).agg(pl.col("cycles").sum().alias("before"))
    after = many.group_by(WHAT).agg(pl.col("cycles").sum().alias("after"))
    both = after.join(before, on=WHAT, how="left").with_columns(
        (pl.col("after") - pl.col("before").fill_null(0.0)).alias("grown")
    )
    return (
        both.sort(["grown", *WHAT], descending=[True, False, False])
        .group_by("object", maintain_order=True)
        .agg(pl.col("cause").first(), pl.col("grown").sum())
        .filter(pl.col("grown") > 0)
        .sort(["grown", "object"], descending=[True, False])
    )


def sentence(contribution: Contribution, label: str, cores: int) -> str:
    """One contribution in words, with its share and where it was seen."""
    return (
        f"{contribution.label}, {percent(100 * contribution.share, 0)} of {label}'s cycles "
        f"at {counted(cores)}"
    )


def _dominant(labelled: pl.DataFrame) -> set[str]:
    """Labels that take the most of a curve, over all its core counts."""
    sums = labelled.group_by("curve", "label").agg(pl.col("share").sort().sum())
    ordered = sums.sort(["curve", "share", "label"], descending=[False, True, False])
    return set(ordered.group_by("curve", maintain_order=True).first()["label"])


def grouped(table: pl.DataFrame, named: int = 8) -> pl.DataFrame:
    """Percent per (curve, cores, label): the `named` largest contributions, the rest as "other".

    A contribution is ranked by its largest share at any point of any curve, so that one label and
    one colour serve all panels. What takes most of a curve is named even if it ranks lower: there
    may be more than `named`. Percentages of one (curve, cores) add up to 100.
    """
    both = contributions(table).with_columns(
        pl.struct(WHAT)
        .map_elements(lambda row: contribution_of(row["object"], row["cause"]), pl.String)
        .alias("label")
    )
    ranking = (
        both.group_by("label")
        .agg(pl.col("share").max())
        .sort(["share", "label"], descending=[True, False])
    )
    # Naming all but one would spend a colour on "other" for a single contribution.
    kept = ranking["label"].to_list()
    if len(kept) > named + 1:
        most = _dominant(both)
        kept = [label for i, label in enumerate(kept) if i < named or label in most]
    rank = {label: position for position, label in enumerate(kept)}
    return (
        both.with_columns(
            pl.when(pl.col("label").is_in(kept))
            .then("label")
            .otherwise(pl.lit(OTHER))
            .alias("label")
        )
        .group_by([*KEYS, "label"])
        .agg((100 * pl.col("share").sort().sum()).alias("percent"))
        .with_columns(
            pl.col("label")
            .replace_strict(rank, default=len(rank), return_dtype=pl.Int64)
            .alias("rank")
        )
        .sort([*KEYS, "rank"])
    )
