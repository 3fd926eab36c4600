"""Snakemake looks for jobs when one ends, and not ever more often."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest
from snakemake.scheduling.job_scheduler import JobRateLimiter, JobScheduler
from snakemake.settings.types import MaxJobsPerTimespan

from analysis.workflow.scheduling import without_limit


class Ready:
    """A job that can start."""

    def reset_params_and_resources(self) -> None:
        pass


class OneLook(JobScheduler):  # type: ignore[misc]
    """Snakemake's scheduler with one job that is ready, which ends the loop at its second look."""

    def __init__(self, limiter: JobRateLimiter | None) -> None:
        nothing = SimpleNamespace
        self.workflow = nothing(dag=nothing(queue_input_jobs=[], register_running=len))
        self.job_rate_limiter = limiter
        self.running: set[object] = set()
        self.dryrun = self.keepgoing = self._errors = False
        self._executor_error = self._run_performed = self._user_kill = self.subsample = None
        self._last_job_selection_empty = True
        self._executor = nothing(cancel=lambda: None)
        self.resources: dict[str, int] = {}
        self._lock = threading.Lock()
        self._open_jobs = threading.Semaphore(1)
        self.looks: list[int] = []
        self.timers: list[float] = []

    @property
    def open_jobs(self) -> list[object]:
        if self.looks:
            raise KeyboardInterrupt
        self.looks.append(1)
        return [Ready()]

    def _finish_jobs(self) -> None:
        pass

    def _error_jobs(self) -> None:
        pass

    def job_selector(self, jobs: object) -> list[object]:
        return []

    def _schedule_reevalutation(self, delay: float) -> None:
        self.timers.append(delay)
        self._open_jobs.release()


@pytest.mark.parametrize("lifted", [False, True])
def test_a_look_for_jobs_leads_to_another_only_with_the_limit(lifted: bool) -> None:
    scheduler = OneLook(JobRateLimiter(MaxJobsPerTimespan(100, "1s")))
    if lifted:
        without_limit(scheduler)
        # Nothing else would wake it.
        threading.Timer(0.05, scheduler._open_jobs.release).start()
    scheduler.schedule()
    assert scheduler.looks == [1]
    assert scheduler.timers == ([] if lifted else [1.0])


def test_a_scheduler_without_that_limit_stays_as_it_is() -> None:
    other = SimpleNamespace()
    without_limit(other)
    assert vars(other) == {}
