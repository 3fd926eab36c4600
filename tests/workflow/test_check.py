"""A claim alone: what it needs is run and no more, and its verdict is compared with the record."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from analysis.__main__ import main
from analysis.judge import claims, needs
from analysis.judge.evidence import Evidence
from analysis.judge.recorded import Recorded
from analysis.read import claim_names
from analysis.workflow.check import DIFFERS, FAILS_AS_RECORDED, HOLDS, Checked, evidence_from
from sim.experiment.claim import Claim
from sim.experiment.plan import load_experiment, plan_curve


@cache
def nothing(experiment: str) -> Evidence:
    """What claims of an experiment are judged by where nothing was run."""
    return evidence_from(load_experiment(experiment), [])


def needed(name: str) -> dict[str, list[int]]:
    """Core counts of each run that a claim needs, by curve and variant."""
    ((experiment, (claim,)),) = claim_names.find([name]).items()
    loaded = load_experiment(experiment)
    assert claim.metric is not None
    planned = [plan_curve(experiment, curve) for curve in needs.curves(claim.metric, loaded)]
    runs = needs.runs(claim, loaded, planned, nothing(experiment))
    return {f"{run.curve} {run.variation.label}": run.config.core_counts for run in runs}


@pytest.mark.parametrize(
    ("name", "runs"),
    [
        ("osdi10/fig04_exim/stock_level", {"stock base": [48]}),
        ("osdi10/fig04_exim/stock_collapses", {"stock base": [36, 48]}),
        ("osdi10/fig04_exim/pk_error", {"pk base": [1, *range(4, 49, 4)]}),
        ("osdi10/fig04_exim/stock_bottleneck", {"stock base": [48]}),
        (
            "osdi10/fig04_exim/stock_without_the_lock",
            {"stock base": [48], "stock free=vfsmount_table": [48]},
        ),
        (
            "osdi10/fig01_fixes/exim_mount_table",
            {"exim_pk base": [48], "exim_pk kernel.fix.vfsmount_table=false": [48]},
        ),
        (
            "today/inode_list_and_hash/interaction",
            {f"{curve} base": [72] for curve in ("neither", "lists", "chains", "both")},
        ),
    ],
)
def test_a_claim_needs_what_its_metric_names(name: str, runs: dict[str, list[int]]) -> None:
    assert needed(name) == runs


def test_a_metric_of_the_users_own_may_read_every_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "OWN_KINDS", "elsewhere.")
    found = needed("osdi10/fig04_exim/stock_level")
    assert {"stock base", "pk base", "stock free=vfsmount_table"} < set(found)
    assert len(found["pk base"]) == 13


def verdict(value: float | None, said: str) -> claims.Verdict:
    found = Claim.model_validate(
        {
            "id": "c",
            "statement": "It collapses",
            "metric": {"kind": "point", "curve": "stock", "column": "throughput", "cores": 48},
            "published": 2.0,
            "tolerance": 0.1,
        }
    )
    return replace(
        claims.evaluate(found, nothing("osdi10/fig04_exim")),
        value=value,
        verdict=said,
        basis="predicted",
    )


def recorded(said: str, value: str = "2.0") -> Recorded:
    return Recorded("p/e/c", said, value, "2.0", "within 10 %", "predicted", "1.0", "200")


@pytest.mark.parametrize(
    ("said", "before", "status"),
    [
        (claims.REPRODUCED, claims.REPRODUCED, HOLDS),
        (claims.REPRODUCED, None, HOLDS),
        (claims.TREND_ONLY, claims.TREND_ONLY, FAILS_AS_RECORDED),
        (claims.NOT_REPRODUCED, None, FAILS_AS_RECORDED),
        (claims.NOT_REPRODUCED, claims.REPRODUCED, DIFFERS),
        (claims.REPRODUCED, claims.NOT_REPRODUCED, DIFFERS),
        (claims.NOT_RUN, claims.REPRODUCED, DIFFERS),
    ],
)
def test_only_what_holds_as_recorded_is_0(said: str, before: str | None, status: int) -> None:
    one = Checked("p/e/c", verdict(2.0, said), None if before is None else recorded(before))
    assert one.status == status
    assert (status == HOLDS) == (one.holds and one.as_recorded)


def test_what_is_printed_says_measured_expected_and_recorded() -> None:
    same = "\n".join(Checked("p/e/c", verdict(2.0, "reproduced"), recorded("reproduced")).lines())
    assert "measured  2, as recorded\n" in same
    assert "expected  2 (published), within 10 %\n" in same
    assert "verdict   reproduced, as recorded (predicted)" in same
    other = Checked("p/e/c", verdict(3.0, "not reproduced"), recorded("reproduced")).lines()
    text = "\n".join(other)
    assert "measured  3 (recorded: 2)" in text
    assert "verdict   not reproduced; recorded: reproduced" in text


def test_claims_are_simulated_judged_and_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["check", "micro/lock_collapse/ticket_collapses"]) == HOLDS
    printed = capsys.readouterr().out
    assert "metric    throughput of Ticket at 48 cores over Ticket at 6" in printed
    assert "expected  below 0.4" in printed
    assert "verdict   holds in the model" in printed
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("micro/lock_collapse/ticket_colapses", "did you mean micro/lock_collapse/ticket_coll"),
        ("micro/lock_colapse/ticket_collapses", "did you mean micro/lock_collapse/ticket_coll"),
        ("ticket_collapses", "did you mean micro/lock_collapse/ticket_collapses?"),
        ("micro/lock_collapse", "did you mean 'micro/lock_collapse/*', all of its claims?"),
        ("micro/*/nothing", "no claim has such a name"),
    ],
)
def test_a_name_that_is_nearly_one_is_told_the_nearest(
    name: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", name]) == 2
    message = capsys.readouterr().err
    assert message.startswith(f"{name}: no ") and said in message


def test_a_pattern_stands_for_several_claims_each_once() -> None:
    found = claim_names.find(["micro/lock_collapse/mcs_*", "micro/lock_collapse/mcs_holds"])
    ids = [claim.id for claim in found["micro/lock_collapse"]]
    assert "mcs_holds" in ids and len(ids) == len(set(ids)) > 1
