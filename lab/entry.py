"""Where a worker begins: the server names it without loading what simulates."""

from __future__ import annotations

from multiprocessing.connection import Connection


def work(connection: Connection) -> None:
    """Answer jobs until the other side of the pipe is gone."""
    from lab import worker

    worker.work(connection)
