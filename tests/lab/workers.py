"""Workers that take as long as they are told, for tests of the pool."""

from __future__ import annotations

import os
import pickle
import time
from multiprocessing.connection import Connection

from lab.jobs import Failure, Job

NEVER = 10_000


def sleepy(connection: Connection) -> None:
    """Answer with the job's own words; a job of NEVER cores is never done, one of 13 is fatal."""
    while True:
        try:
            job: Job = connection.recv()
        except EOFError:
            return
        if job.cores == 13:
            os._exit(1)
        while job.cores == NEVER:
            time.sleep(1)
        connection.send_bytes(pickle.dumps(Failure(" ".join(job.words))))
