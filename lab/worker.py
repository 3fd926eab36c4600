"""The process that simulates: it has the engine loaded, and answers one job at a time.

The engine holds Python's lock while it runs, so it runs in processes of its own: the page answers
meanwhile. They are forked from one that has imported this file, and with it compiled code and
configuration (multiprocessing calls it the fork server).
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import traceback
from multiprocessing.connection import Connection
from pathlib import Path

from lab.jobs import Answer, Change, Failure, Job, Point
from lab.runs import digest, read, text_of, written
from sim import extensions
from sim.command import explain
from sim.command.request import Request
from sim.command.run import check_named, one_curve
from sim.config.errors import ConfigError
from sim.experiment.variants import Variant
from sim.simulate import SimulationError, simulate


def work(connection: Connection) -> None:
    """Answer jobs until the other side of the pipe is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal: the server ends its workers
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if sys.platform == "linux":
        from sim.fork_server import end_with_parent

        end_with_parent(os.getppid())
    while True:
        try:
            job = connection.recv()
        except (EOFError, OSError):
            return
        connection.send_bytes(pickle.dumps(answer(job), protocol=pickle.HIGHEST_PROTOCOL))


def answer(job: Job) -> Answer:
    """Do one job; what goes wrong is an answer, too."""
    try:
        return changes(job) if job.kind == "changes" else point(job)
    except (ConfigError, SimulationError) as error:
        return Failure(str(error))
    except MemoryError:
        return Failure(f"{' '.join(job.words)}: not enough memory")
    except Exception as error:
        if own := extensions.problem(error):
            return Failure(own)
        traceback.print_exc()
        return Failure(f"{' '.join(job.words)}: {type(error).__name__}: {error}")


def point(job: Job) -> Point:
    """Simulate one core count with all its replications.

    Raises:
        ConfigError: what the run frees or slows is not there.
        SimulationError: the run deadlocks, takes too long, or cannot be run.
    """
    config = read(job.settings, job.cores)
    check_named(config)
    outcome = simulate(config)
    return Point(outcome.points, outcome.account)


def changes(job: Job) -> list[Change]:
    """List the changes that `explain` would try: each object free, each fix flipped, queue locks.

    Raises:
        ConfigError, SimulationError: as of a point.
    """
    folders = [Path(folder) for folder in job.folders]
    request = Request([*job.words, f"cores=[{job.cores}]"], config_dirs=folders)
    question = explain.Question(one_curve(request, "explain"), folders, job.cores, None)
    check_named(question.config)
    objects = [explain.free_variant(question, name) for name in explain.freeable(question)]
    return [_change(variant) for variant in (*objects, *explain.switch_variants(question))]


def _change(variant: Variant) -> Change:
    words = tuple(f"{key}={text_of(value)}" for key, value in variant.changes.items())
    freed = str(variant.variation.value) if explain.is_freed(variant) else ""
    config = variant.config
    return Change(variant.id, words, digest(config), written(config), freed)
