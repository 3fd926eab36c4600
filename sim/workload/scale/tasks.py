"""What the programs of will-it-scale have in common: each task repeats one thing for ever.

The suite (A. Blanchard, https://github.com/antonblanchard/will-it-scale) starts so many tasks, each
on a core of its own, as processes or as threads of one process, and counts what all of them do in a
second. Here is what one operation of a program does, not its code.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sim.kernel.population import Population
from sim.workload.settings import WorkloadSettings


class TasksSettings(WorkloadSettings):
    """Base of the programs' settings."""

    tasks: Literal["threads", "processes"] = Field(
        description="what runs on the cores: threads of one process, or a process on each"
    )

    @property
    def population(self) -> Population:
        """How many of each kernel object they use."""
        return Population(shared_address_space=self.tasks == "threads")
