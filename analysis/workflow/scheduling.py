"""When Snakemake looks for jobs to start: when one has ended, and at no other time.

Snakemake limits how many jobs it starts per second. To that end it looks for jobs again a second
after each time it looked, for ever, and each job that ends begins another such series: after 400
jobs it looks 400 times a second. With two jobs at a time there is nothing to limit. On a cluster,
where there is, the limit stays.
"""

from __future__ import annotations

from typing import Any


def without_limit(scheduler: Any) -> None:
    """Let Snakemake start jobs as soon as it can.

    Parameters
    ----------
    scheduler : of Snakemake (`snakemake.scheduling.job_scheduler.JobScheduler`), before its first
        look; one of another version, which knows no such limit, stays as it is
    """
    if getattr(scheduler, "job_rate_limiter", None) is not None:
        scheduler.job_rate_limiter = None
