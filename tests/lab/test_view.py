"""What a tab is shown is what the command line would print for the same words."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator

import pytest

from lab import view
from lab.jobs import Failure, Job, Point
from lab.page.payload import payload
from lab.plan import Plan, plan, wanted
from lab.published import Library
from lab.state import SPEED_UP, State
from lab.store import Store
from lab.worker import answer
from sim.command import explain, request
from sim.command.run import one_curve
from sim.config.compose import compose
from sim.simulate import simulate

WORDS = ("workload=micro/open_close", "kernel=linux_stock", "cores=[1,2]", "run.operations=5")
OTHER = (*WORDS, "kernel.fix.dentry_lock=true")
LEVEL = "smoke"


def done(made: Plan, store: Store, most: int = 200) -> Iterator[Job]:
    """Do what is wanted until nothing is."""
    while todo := wanted(made, store):
        for job in todo:
            most -= 1
            assert most, "wants ever more"
            store.put(job.key, pickle.dumps(answer(job)))
            yield job


@pytest.fixture(scope="module")
def shown() -> tuple[Plan, Store, list[Job]]:
    made = plan(State((WORDS, OTHER), level=LEVEL), [])
    store = Store()
    return made, store, list(done(made, store))


def test_the_selected_curves_sketch_comes_first_and_gains_after_the_curves(shown) -> None:
    _, _, jobs = shown
    kinds = [(job.kind, job.words[-1], job.cores) for job in jobs]
    assert kinds[:2] == [("point", "run=sketch", 2), ("point", "run=sketch", 1)]
    assert all(job.words[:-1] == WORDS for job in jobs[:2])
    assert all(job.words[:-1] == OTHER for job in jobs[2:4])
    assert kinds[4][0] == "changes"
    assert len({job.key for job in jobs}) == len(jobs)


def test_a_point_is_what_the_simulator_says(shown) -> None:
    made, store, _ = shown
    found = store.get(made.point(1, LEVEL, 2).key)
    assert isinstance(found, Point)
    outcome = simulate(compose([*OTHER, f"run={LEVEL}", "cores=[2]"]))
    assert (found.points, found.account) == (outcome.points, outcome.account)


def test_curves_are_drawn_at_the_finest_level(shown) -> None:
    made, store, _ = shown
    rows, units = view.curve_rows(made, store)
    assert [(row["curve"], row["cores"], row["level"]) for row in rows] == [
        (name, cores, LEVEL)
        for name in ("linux_stock", "linux_stock, dentry_lock=true")
        for cores in (1, 2)
    ]
    whole = simulate(compose([*WORDS, f"run={LEVEL}"]))
    at_one = [row["throughput_per_core"] for row in whole.points if row["cores"] == 1]
    assert rows[0]["mean"] == pytest.approx(sum(at_one) / len(at_one))
    assert rows[0]["low"] <= rows[0]["mean"] <= rows[0]["high"]
    assert units == [whole.points[0]["unit"]] * 2


def test_speed_up_is_over_the_fewest_cores(shown) -> None:
    made, store, _ = shown
    found = view.best(made, store, 0)
    total = view.drawn(found, "throughput")
    speed_up = view.drawn(found, SPEED_UP)
    assert speed_up[0].mean == 1
    assert speed_up[1].mean == pytest.approx(total[1].mean / total[0].mean)


def test_shares_of_the_breakdown_add_up(shown) -> None:
    made, store, _ = shown
    rows = view.breakdown_rows(made, store)
    for cores in (1, 2):
        assert sum(row["percent"] for row in rows if row["cores"] == cores) == pytest.approx(100)


def test_gains_are_those_of_explain(shown) -> None:
    made, store, _ = shown
    found = {one.change.label: one for one in view.gains(made, store)}
    line = [*WORDS[:2], "run.operations=5", f"run={LEVEL}", "cores=[2]"]
    asked = request.read("explain", line)
    question = explain.Question(one_curve(asked, "explain"), [], 2, None)
    objects = explain.freeable(question)
    variants = [explain.free_variant(question, name) for name in objects]
    variants += explain.switch_variants(question)
    assert set(found) == {variant.id for variant in variants}
    base = explain.simulated("", explain.BASE, question.config, lambda _: None)
    for variant in (variants[0], variants[-1]):
        result, _ = explain.attempt("", variant, lambda _: None)
        assert result is not None
        assert found[variant.id].gain == explain.gain_of(result, base)
        assert found[variant.id].level == LEVEL
    assert found[f"free={objects[0]}"].share == pytest.approx(explain.shares(base)[objects[0]])
    lows = [one.gain.low for one in view.gains(made, store) if one.gain is not None]
    assert lows == sorted(lows, reverse=True)


def test_all_that_a_page_is_sent_can_be_sent_and_nothing_is_left_to_do(shown) -> None:
    made, store, _ = shown
    content = payload(made, store, Library([]))
    assert json.loads(json.dumps(content, allow_nan=False)) == content
    assert all(step["done"] == step["all"] for step in content["progress"])
    assert content["curve_colours"]["light"][0] == content["curve_colours"]["light"][1]
    domain = content["breakdown"]["encoding"]["color"]["scale"]["domain"]
    assert len(domain) == len(content["breakdown_colours"]["light"])
    assert 'data-text="kernel.fix.dentry_lock=true"' in content["gains"]


def test_before_anything_is_there_a_page_says_what_it_waits_for() -> None:
    made = plan(State((WORDS,), level=LEVEL), [])
    content = payload(made, Store(), Library([]))
    assert content["curves"]["data"]["values"] == []
    assert content["progress"][0] == {"what": "run=sketch: points", "done": 0, "all": 2}


def test_what_cannot_be_simulated_is_said_and_not_asked_for_again() -> None:
    made = plan(State((("workload=micro/lock", "free=[nothing]", "cores=[2]"),), level=LEVEL), [])
    store = Store()
    assert len(list(done(made, store))) <= 3
    (reason,) = view.failures(made, store)
    assert reason.startswith("free=[nothing]: 'nothing' of micro/lock")
    assert isinstance(store.get(made.changes().key), Failure)
    assert view.unexplained(made, store) == reason


def test_text_of_the_user_is_no_html() -> None:
    odd = ("workload=micro/lock", "cores=[2]", "free=['<b>x</b>']")
    made = plan(State((odd, odd), level=LEVEL), [])
    content = payload(made, Store(), Library([]))
    from lab.page.sidebar import sidebar

    html = [name for name in content if name in ("gains", "numbers") or name.startswith("legend")]
    written = "".join(content[name] for name in html)
    written += "".join(sidebar(made, ["smoke"]).values())
    assert "&lt;b&gt;x" in written
    assert "<b>" not in written
