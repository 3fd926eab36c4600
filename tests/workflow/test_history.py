"""Whatever happened to a results folder, the next run leaves what a clean run leaves.

Histories have eight jobs at once, clean runs one, and one of these hashes strings otherwise.

Or it refuses, and names the file. CORESCALE_HISTORIES says how many histories are tried.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workflow.history import (
    OPERATIONS,
    REQUESTS,
    REVISIONS,
    History,
    Place,
    drawn,
    fresh,
    left,
    prepare,
)

pytestmark = pytest.mark.slow
SUITE = 25
HISTORIES = int(os.environ.get("CORESCALE_HISTORIES", SUITE))


@pytest.fixture(scope="module")
def place(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A small project, of which nothing has run."""
    folder = tmp_path_factory.mktemp("histories")
    sources = fresh(project, folder / "project")
    prepare(sources)
    made = Place(sources, folder / "store")
    yield made
    made.end()


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_after_any_history_the_next_run_leaves_what_a_clean_run_leaves(
    seed: int, place: Place
) -> None:
    place.reset()
    history = History(place)
    begun, operations = drawn(seed)
    if begun:
        history.begin()
    for operation in operations:
        history.step(operation)
    past = f"seed {seed}: {'; '.join(history.past)}; then {place.revision}, {history.request}\n"
    status, said = place.run(history.request)
    assert status == 0, past + said
    assert left(history.folder) == left(place.clean(place.revision, history.request)), past
    _, said = place.run(history.request)
    assert "Nothing to be done" in said, past + said


def test_the_suites_histories_do_everything_that_there_is() -> None:
    begun, operations = zip(*map(drawn, range(SUITE)), strict=True)
    done = [operation for history in operations for operation in history]
    assert set(begun) == {True, False}
    assert {one.name for one in done} == set(OPERATIONS)
    assert {one.choice for one in done if one.name == "edit"} == set(REVISIONS)
    assert {one.choice for one in done if one.name == "ask"} == set(REQUESTS)
    for started in ("run", "kill", "twice"):
        assert sum(one.name == started for one in done) >= SUITE // 4


def test_results_from_the_future_do_not_stop_a_job_that_reads_them(place: Place) -> None:
    """Snakemake refuses output that is older than its input."""
    place.reset()
    history = History(place)
    history.begin()
    points = history.folder / "history/locks/ticket.parquet"
    later = time.time() + 1e6
    os.utime(points, (later, later))
    (history.folder / "history/locks/claims.json").unlink()
    status, said = place.run("plain")
    assert status == 0, said
    assert left(history.folder) == left(place.clean("first", "plain"))


def test_a_fresh_checkouts_times_are_no_reason_to_draw_again(place: Place) -> None:
    """Found by seed 3: Snakemake had forgotten everything, and published numbers had a new time."""
    place.reset()
    History(place).begin()
    later = time.time() - 1
    os.utime(place.project / "reference/history.csv", (later, later))
    _, said = place.run("plain")
    assert "Nothing to be done" in said, said


def test_text_that_lacks_its_last_byte_is_written_again(place: Place) -> None:
    """Found by seed 281: what a timeline's configuration says was still the same."""
    place.reset()
    history = History(place)
    history.begin()
    for path in history.folder.rglob("*.json"):
        os.truncate(path, path.stat().st_size - 1)
    status, said = place.run("plain")
    assert status == 0, said
    assert left(history.folder) == left(place.clean("first", "plain"))
