"""Repetitions until a point is known: random order, a time limit, and going on afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from sim.config.errors import ConfigError
from sim.measure.campaign import QUICK, TRIES, Campaign
from sim.measure.plan import Point, Series
from sim.measure.spread import ENOUGH, PRECISION, Repetition, spread, without_outliers

POINTS = [Point(Series(name, "probe"), (0,)) for name in "abcdef"]


def program(folder: Path, prints: str) -> dict[str, Path]:
    """A probe that prints a line, and notes what it was asked."""
    path = folder / "probe"
    path.write_text(f'#!/bin/sh\necho "$@" >> {folder / "asked"}\n{prints}\n')
    path.chmod(0o700)
    return {"probe": path}


def steady(value: float = 5.0, share: float = 1.0) -> str:
    return f'echo \'{{"per_second": {value}, "share": {share}}}\''


def ticking(step: float) -> Callable[[], float]:
    times: Iterator[float] = (step * n for n in count())
    return lambda: next(times)


def test_a_steady_point_is_known_after_a_few_repetitions(tmp_path: Path) -> None:
    campaign = Campaign(POINTS, program(tmp_path, steady()), tmp_path / "raw")
    campaign.run(QUICK, 1e9)
    assert {key: len(known) for key, known in campaign.known.items()} == {
        point.key: ENOUGH for point in POINTS
    }
    assert campaign.open_points() == []
    assert all(known.value == 5.0 for known in campaign.spreads().values())


def test_the_time_limit_ends_a_campaign_but_not_its_first_round(tmp_path: Path) -> None:
    campaign = Campaign(POINTS, program(tmp_path, steady()), tmp_path / "raw")
    campaign.run(QUICK, 0.0, now=ticking(1.0))
    assert {len(known) for known in campaign.known.values()} == {1}
    assert len(campaign.known) == len(POINTS)


def test_a_point_is_tried_again_until_no_other_program_ran(tmp_path: Path) -> None:
    busy_twice = f"[ $(wc -l < {tmp_path / 'asked'}) -gt 2 ]"
    probes = program(tmp_path, f"if {busy_twice}; then {steady()}; else {steady(0.001, 0.4)}; fi")
    campaign = Campaign(POINTS[:1], probes, tmp_path / "raw")
    campaign.run(QUICK, 0.0, now=ticking(1.0))
    assert [known.share for known in campaign.known["a@0"]] == [0.4, 0.4, 1.0]
    assert campaign.spreads()["a@0"].value == 5.0


def test_a_box_that_is_never_quiet_is_measured_all_the_same_and_the_points_say_so(
    tmp_path: Path,
) -> None:
    campaign = Campaign(POINTS, program(tmp_path, steady(share=0.4)), tmp_path / "raw")
    campaign.run(QUICK, 0.0, now=ticking(1.0))
    assert {len(known) for known in campaign.known.values()} == {TRIES}
    assert all(known.is_noisy for known in campaign.spreads().values())


def test_an_interrupted_campaign_goes_on_where_it_ended(tmp_path: Path) -> None:
    raw, probes = tmp_path / "raw", program(tmp_path, steady())
    Campaign(POINTS, probes, raw).run(QUICK, 0.0, now=ticking(1.0))
    text = raw.read_text()
    raw.write_text(text + '{"key": "a@0", "val')  # as a power cut leaves it
    campaign = Campaign(POINTS, probes, raw)
    assert raw.read_text() == text
    campaign.run(QUICK, 1e9)
    assert all(len(known) == ENOUGH for known in campaign.known.values())
    assert len((tmp_path / "asked").read_text().splitlines()) == ENOUGH * len(POINTS)


def test_repetitions_of_another_box_are_refused(tmp_path: Path) -> None:
    raw, probes = tmp_path / "raw", program(tmp_path, steady())
    Campaign(POINTS, probes, raw)
    with pytest.raises(ConfigError, match="--force measures anew"):
        Campaign(POINTS[:2], probes, raw)
    raw.write_text("something else\n")
    with pytest.raises(ConfigError, match="--force measures anew"):
        Campaign(POINTS, probes, raw)


def test_each_round_has_an_order_of_its_own(tmp_path: Path) -> None:
    campaign = Campaign(POINTS, program(tmp_path, steady()), tmp_path / "raw")
    campaign.run(QUICK, 1e9)
    rows = [json.loads(line) for line in (tmp_path / "raw").read_text().splitlines()[1:]]
    keys = [row["key"] for row in rows]
    rounds = [tuple(keys[n : n + len(POINTS)]) for n in range(0, len(keys), len(POINTS))]
    assert all(sorted(order) == sorted(rounds[0]) for order in rounds)
    assert len(set(rounds)) == len(rounds)


def test_what_a_probe_cannot_measure_is_said_once(tmp_path: Path) -> None:
    probes = program(tmp_path, "echo 'CPU 7: Invalid argument' >&2; exit 2")
    campaign = Campaign(POINTS[:1], probes, tmp_path / "raw")
    campaign.run(QUICK, 1e9)
    assert campaign.refused == {"a@0": "CPU 7: Invalid argument"}
    assert campaign.known == {}
    again = Campaign(POINTS[:1], probes, tmp_path / "raw")
    assert again.open_points() == []


def test_a_point_whose_threads_do_nothing_is_given_up(tmp_path: Path) -> None:
    campaign = Campaign(POINTS[:1], program(tmp_path, steady(0.0)), tmp_path / "raw")
    campaign.run(QUICK, 0.0)
    assert campaign.refused == {"a@0": "no operation was completed"}


def test_undisturbed_repetitions_count_alone_where_there_is_one() -> None:
    quiet = [Repetition(10.0 + 0.1 * n, 1.0) for n in range(3)]
    disturbed = [Repetition(3.0, 0.5)] * 5
    found = spread([*quiet, *disturbed])
    assert found.value == pytest.approx(10.1)
    assert (found.counted, found.disturbed, found.is_noisy) == (3, 5, False)
    single = spread([quiet[0], *disturbed])
    assert (single.value, single.counted, single.is_noisy) == (10.0, 1, False)
    noisy = spread(disturbed)
    assert noisy.is_noisy and not noisy.is_enough


def test_single_values_far_from_all_others_are_left_out() -> None:
    values = [10.0, 10.1, 9.9, 10.0, 10.2, 55.0]
    assert without_outliers(values) == values[:-1]
    assert without_outliers([1.0, 100.0]) == [1.0, 100.0]
    assert without_outliers([2.0] * 6) == [2.0] * 6
    assert spread([Repetition(v, 1.0) for v in values]).outliers == 1


def test_a_point_is_known_when_its_interval_is_narrow() -> None:
    wide = spread([Repetition(v, 1.0) for v in (8.0, 10.0, 12.0)])
    narrow = spread([Repetition(v, 1.0) for v in (9.99, 10.0, 10.01)])
    assert wide.relative > PRECISION and not wide.is_enough
    assert narrow.relative < PRECISION and narrow.is_enough
    assert not spread([Repetition(10.0, 1.0)]).is_enough
