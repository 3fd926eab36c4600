"""A few workers, and what every tab wants of them: the latest wish of a tab is all that counts.

A tab hands in its jobs in order and replaces them whenever it likes. A free worker takes the first
job of the tab that was served longest ago, so that none waits for another's long list. A job that
nobody wants any more is ended with its process, once it has had a moment to finish: a new process
is forked within milliseconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import pickle
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from lab.jobs import Failure, Job
from lab.store import Store

GRACE_SECONDS = 0.15
"""How long a job that nobody wants may go on: most are done by then, and may be wanted again."""

PRELOADED = "lab.loaded"


class Slot:
    """A place for one process, which is started anew when it has been ended."""

    def __init__(self, target: Callable[[Connection], None], preload: str) -> None:
        self._target, self._preload = target, preload
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None
        self.job: Job | None = None
        self.ended = False

    def start(self) -> None:
        """Start the process, unless there is one; waits until the engine is loaded."""
        if self._process is not None:
            return
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([self._preload])
        here, there = context.Pipe()
        process = context.Process(target=self._target, args=(there,), daemon=True)
        process.start()
        there.close()
        self._process, self._connection = process, here

    def do(self, job: Job) -> bytes | None:
        """Have one job done: its answer; None if the process ended before."""
        try:
            self.start()
            assert self._connection is not None
            self._connection.send(job)
            return self._connection.recv_bytes()
        except (EOFError, OSError):
            self.close()
            return None

    def end(self) -> None:
        """End the process, and with it the job that it does."""
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """End the process, and wait for its end."""
        process, connection = self._process, self._connection
        self._process = self._connection = None
        if process is not None:
            process.kill()
            process.join()
        if connection is not None:
            connection.close()


class Pool:
    """Workers, and the wishes of all tabs.

    Args:
        size: number of workers.
        store: gets every answer.
        told: called with each tab and key whose answer has come.
        target: what a worker does with its end of the pipe.
        grace: seconds that a job has after nobody wants it.
        preload: module that is imported before workers are forked.
    """

    def __init__(
        self,
        size: int,
        store: Store,
        told: Callable[[Hashable, Any], None],
        target: Callable[[Connection], None],
        grace: float = GRACE_SECONDS,
        preload: str = PRELOADED,
    ) -> None:
        self._store, self._told, self._grace = store, told, grace
        self._slots = [Slot(target, preload) for _ in range(size)]
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="worker")
        self._wishes: dict[Hashable, tuple[Job, ...]] = {}  # in the order in which tabs are served
        self._paused: set[Hashable] = set()
        self._changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.is_ready = False
        """Whether a worker has the engine loaded; the first time that takes a minute."""

    def start(self) -> None:
        """Start the workers, each with a task that hands it jobs."""
        self._tasks = [asyncio.create_task(self._serve(slot)) for slot in self._slots]

    async def stop(self) -> None:
        """End the workers."""
        for task in self._tasks:
            task.cancel()
        for slot in self._slots:
            slot.end()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._threads.shutdown(wait=True)
        for slot in self._slots:
            slot.close()

    def want(self, tab: Hashable, jobs: Sequence[Job]) -> None:
        """Replace what a tab wants, in order; nothing: it is gone."""
        self._paused.discard(tab)
        if jobs:
            self._wishes[tab] = tuple(jobs)
        else:
            self._wishes.pop(tab, None)
        wanted = {job.key for job in self._wanted()}
        loop = asyncio.get_running_loop()
        for slot in self._slots:
            if slot.job is not None and slot.job.key not in wanted:
                loop.call_later(self._grace, self._end_unwanted, slot, slot.job)
        self._changed.set()

    def pause(self, tab: Hashable) -> None:
        """Begin nothing more for a tab until it wants something else: it is about to."""
        self._paused.add(tab)

    def resume(self, tab: Hashable) -> None:
        """Go on with what a tab wants: it has not changed its mind."""
        self._paused.discard(tab)
        self._changed.set()

    @property
    def running(self) -> list[Job]:
        """Jobs that are being done."""
        return [slot.job for slot in self._slots if slot.job is not None]

    def _wanted(self) -> Iterator[Job]:
        for jobs in self._wishes.values():
            yield from jobs

    def _end_unwanted(self, slot: Slot, job: Job) -> None:
        """End a job, if it still runs and still nobody wants it."""
        if slot.job is job and job.key not in {wanted.key for wanted in self._wanted()}:
            slot.ended = True
            slot.end()

    def _next(self) -> Job | None:
        """Choose the job that is done next; its tab has its next turn after all others."""
        running = {job.key for job in self.running}
        for tab, jobs in list(self._wishes.items()):
            for job in jobs if tab not in self._paused else ():
                if job.key not in running and job.key not in self._store:
                    self._wishes[tab] = self._wishes.pop(tab)
                    return job
        return None

    async def _serve(self, slot: Slot) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError, EOFError):  # the first job says so
            await loop.run_in_executor(self._threads, slot.start)
            self.is_ready = True
        while True:
            job = self._next()
            if job is None:
                self._changed.clear()
                await self._changed.wait()
                continue
            slot.job, slot.ended = job, False
            content = await loop.run_in_executor(self._threads, slot.do, job)
            slot.job = None
            if content is None and not slot.ended:
                words = " ".join(job.words)
                failure = Failure(f"{words}: its process was killed; was there too little memory?")
                content = pickle.dumps(failure)
            if content is not None:
                self._store.put(job.key, content)
                for tab, jobs in list(self._wishes.items()):
                    if any(wanted.key == job.key for wanted in jobs):
                        self._told(tab, job.key)
            self._changed.set()
