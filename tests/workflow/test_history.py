"""Whatever happened to a results folder, the next run leaves what a clean run leaves.

Or it refuses, and names the file. CORESCALE_HISTORIES says how many histories are tried.
"""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workflow.history import History, Place, fresh, left, prepare

pytestmark = pytest.mark.slow
HISTORIES = int(os.environ.get("CORESCALE_HISTORIES", "8"))
SHORTEST, LONGEST = 3, 8


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
    rng = random.Random(seed)
    place.reset()
    history = History(place, rng)
    if rng.random() < 0.8:  # most have results to begin with
        shutil.copytree(place.clean("first", "plain"), history.folder)
    for _ in range(rng.randint(SHORTEST, LONGEST)):
        history.step()
    past = f"seed {seed}: {'; '.join(history.past)}; then {place.revision}, {history.request}\n"
    status, said = place.run(history.request)
    assert status == 0, past + said
    assert left(history.folder) == left(place.clean(place.revision, history.request)), past
    _, said = place.run(history.request)
    assert "Nothing to be done" in said, past + said


def test_results_from_the_future_do_not_stop_a_job_that_reads_them(place: Place) -> None:
    """Snakemake refuses output that is older than its input."""
    place.reset()
    history = History(place, random.Random(0))
    shutil.copytree(place.clean("first", "plain"), history.folder)
    points = history.folder / "history/locks/ticket.parquet"
    later = time.time() + 1e6
    os.utime(points, (later, later))
    (history.folder / "history/locks/claims.json").unlink()
    status, said = place.run("plain")
    assert status == 0, said
    assert left(history.folder) == left(place.clean("first", "plain"))
