"""Settings of the workload exim."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.config.schema.settings import Count, Fraction, Microseconds, PositiveCount
from sim.config.schema.workload.base import MeasuredWorkload


class EximWorkload(MeasuredWorkload):
    """Exim mail server (OSDI'10 sections 3.1 and 5.2): one operation is one message."""

    kind: Literal["exim"]
    processes_per_core: Annotated[int, Field(ge=1, le=64, strict=True)] = Field(
        description="connection processes that each core runs"
    )
    connection_messages: PositiveCount = Field(description="messages per SMTP connection")
    user_us: Microseconds = Field(description="user time per message at one core, in microseconds")
    other_system_us: Microseconds = Field(
        description="system time per message at one core beside the modelled kernel objects"
    )
    page_faults: Count = Field(description="4 KiB page faults per message")
    forks: Count = Field(description="forks (and exits) per message")
    phases: PositiveCount = Field(
        description="equal parts of a message over which its work and its system calls are spread"
    )
    path_lookups: Count = Field(description="path names resolved per message")
    opens: Count = Field(description="files opened per message")
    directory_updates: Count = Field(
        description="entries created, renamed or unlinked in a spool directory per message"
    )
    spool_directories: PositiveCount = Field(description="spool directories, chosen by hash")
    log_appends: Count = Field(description="records appended to the shared log file per message")
    user_lines: Count = Field(
        description="lines of user memory last written by another core, per message"
    )
    remote_memory: Fraction = Field(
        description="share of page faults that any node may serve, to 1/1000; the others stay local"
    )
