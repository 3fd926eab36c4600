"""What limits a curve: the excess over one core, what a run without it gains, in words."""

from __future__ import annotations

import polars as pl
import pytest

from analysis.artifact.record import Analysed
from analysis.draw import style
from analysis.read import limits
from analysis.read.limits import Limit
from analysis.report import charts, explorer
from analysis.report.explained import Explained, Stated
from analysis.wording import faster, waiting_of
from sim.statistics import Interval

ONE = {("lock", "lock_wait"): 1.0, ("work", "compute"): 50.0}
MANY = {("lock", "lock_wait"): 40.0, ("work", "compute"): 55.0, ("line", "coherence"): 5.0}


def shares(*accounts: tuple[int, dict[tuple[str, str], float]]) -> pl.DataFrame:
    rows = [
        ("pk", cores, "system", thing, cause, cycles, cycles / sum(account.values()))
        for cores, account in accounts
        for (thing, cause), cycles in account.items()
    ]
    schema = ["curve", "cores", "mode", "object", "cause", "cycles", "share"]
    return pl.DataFrame(rows, schema=schema, orient="row")


def what_if(**gains: tuple[float, float, float]) -> pl.DataFrame:
    rows = [("pk", thing, "freed", 48, *ends) for thing, ends in gains.items()]
    columns = ["curve", "what", "change", "cores", "gain", "low", "high"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def test_what_grows_most_limits_and_the_work_of_one_core_is_told_apart() -> None:
    account = shares((1, ONE), (48, MANY))
    lock, *others = limits.of_curve(account, what_if(lock=(0.5, 0.4, 0.6)), "pk")
    assert (lock.thing, lock.cause, lock.cores, lock.few) == ("lock", "lock_wait", 48, 1)
    assert lock.share == pytest.approx(0.4) and lock.excess == pytest.approx(0.39)
    assert lock.work == pytest.approx(1 / 40) and not lock.includes_work
    assert lock.gain == Interval(0.5, 0.4, 0.6)
    assert lock.gain_of_excess == pytest.approx(0.39 / 0.61)
    work = next(one for one in others if one.thing == "work")
    assert work.is_work and work.gain is None


def test_with_one_core_count_nothing_is_said() -> None:
    assert limits.of_curve(shares((48, MANY)), None, "pk") == []


def limit(gain: Interval | None, work: float = 0.0, thing: str = "vfsmount_table") -> Limit:
    return Limit(thing, "lock_wait", 48, 1, 0.71, 0.5, work, gain)


def said(of: Limit, stated: Stated | None = None, *others: Limit) -> str:
    return Explained("Stock", "stock", of, stated, others).sentence


def paper(thing: str, why: str = "") -> Stated:
    return Stated(thing, "5.2", why, "page.html#claim-x")


@pytest.mark.parametrize(
    ("of", "would"),
    [
        (limit(Interval(2.18, 2.15, 2.21)), "without that cost it would be 3.2 times as fast"),
        (limit(Interval(0.25, 0.23, 0.27)), "it would be 1.25 times as fast (1.23 to 1.27)."),
        (limit(Interval(0.1, -0.1, 0.3)), "by no more than noise (0.90 to 1.30 times)."),
        (limit(None), "it would be 2 times as fast if nothing else changed."),
        (limit(Interval(-0.7, -0.8, -0.6), work=0.9), "2 times as fast if nothing else changed."),
        (limit(Interval(0.42, 0.41, 0.43), work=0.2), "with the work of one core that is part"),
    ],
)
def test_the_sentence_says_where_the_cycles_go_and_what_would_be_gained(
    of: Limit, would: str
) -> None:
    text = said(of)
    first = "At 48 cores Stock spends 71 % of its cycles waiting for the lock of the mount table; "
    assert text.startswith(first)
    assert would in text


def test_the_paper_agrees_disagrees_or_names_what_comes_later() -> None:
    of = limit(Interval(2.18, 2.15, 2.21))
    assert said(of, paper("vfsmount_table")).endswith("The paper says the same.")
    assert said(of, paper("directory", "it is small")).endswith(
        "The paper says the spool directories; the model disagrees: it is small."
    )
    second = Limit("directory", "lock_wait", 48, 1, 0.12, 0.1, 0.0)
    assert said(of, paper("directory"), second).endswith(
        "The paper names the spool directories, here 12 % of the cycles."
    )


def test_gains_and_causes_in_words() -> None:
    assert faster(2.18, 2.15, 2.21) == "3.2 times as fast (3.1 to 3.2)"
    assert faster(0.15, 0.14, 0.17) == "1.15 times as fast (1.14 to 1.17)"
    assert waiting_of("unheard_of", "device") == "waiting for unheard of"


# --- charts --------------------------------------------------------------------------------------


def test_the_parts_of_an_account_add_up_to_it_at_every_core_count(analysed: Analysed) -> None:
    account = explorer.of_account(analysed)
    assert account is not None and account.few == 1
    rows = pl.DataFrame(account.chart.spec["datasets"]["rows"])
    totals = dict(
        rows.group_by("curve", "cores")
        .agg(pl.col("cycles").sum())
        .select(pl.concat_str("curve", pl.lit(" "), "cores"), "cycles")
        .iter_rows()
    )
    wanted = analysed.shares.group_by("curve", "cores").agg(pl.col("cycles").sum())
    labels = dict(analysed.curves)
    for curve, cores, cycles in wanted.iter_rows():
        assert totals[f"{labels[curve]} {cores}"] == pytest.approx(cycles, rel=1e-3)
    at_one = rows.filter(pl.col("cores") == 1)
    assert set(at_one["part"]) == {charts.WORK}


def test_measures_of_two_units_share_a_chart_and_the_papers_series_are_on(
    analysed: Analysed,
) -> None:
    (chart,) = explorer.of_measures(analysed)
    assert len(chart.spec["layer"]) == 2
    assert [one.name for one in chart.series if one.shown] == [
        *("Stock", "PK"),
        *("Stock, system time", "PK, system time"),
    ]
    assert "published" in {row["kind"] for row in chart.spec["datasets"]["published"]}
    assert chart.svg.startswith('<svg role="img"') and ">cores</text>" in chart.svg


def test_a_kernel_has_one_colour_wherever_it_is_shown() -> None:
    assert style.colour_of(["pk", "stock"])["stock"] == style.colour_of(["stock"])["stock"]
    threads = style.colour_of(["threads", "rr"], {"threads": "linux_stock", "rr": "linux_pk"})
    assert threads == {"threads": style.PALETTE[0], "rr": style.PALETTE[1]}
    assert style.PALETTE[2] not in style.colour_of(["pk", "a", "b", "c"]).values()
    locks = style.colour_of(["tas", "mcs"], {"tas": "linux_stock", "mcs": "linux_stock"})
    assert list(locks.values()) == list(style.PALETTE[:2])
