"""Settings of the workload postgres."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sim.config.schema.settings import (
    Count,
    Cycles,
    Fraction,
    Microseconds,
    PositiveCount,
    Settings,
)
from sim.config.schema.workload.base import MeasuredWorkload


class LockManager(Settings):
    """PostgreSQL's manager of locks on tables and rows."""

    partitions: PositiveCount = Field(description="partitions, each under a lightweight lock")
    modified_partitions: PositiveCount = Field(description="partitions after the modification")
    hold_cycles: Cycles = Field(
        description="looking up, setting or removing a lock, under its partition's lock"
    )


class IndexRoot(Settings):
    """Buffer header of the page at the root of the table's index."""

    acquisitions: Count = Field(description="acquisitions of its spin lock per query")
    hold_cycles: Cycles = Field(description="work under the spin lock")


class SpinLocks(Settings):
    """How a process waits for one of PostgreSQL's spin locks."""

    pause_cycles: Cycles = Field(description="mean pause after a failed try")
    tries: PositiveCount = Field(description="tries before a sleep")
    sleep_us: Microseconds = Field(description="mean sleep")


class PostgresWorkload(MeasuredWorkload):
    """PostgreSQL 8.3.9 (OSDI'10 sections 3.4 and 5.5): one operation is one query."""

    kind: Literal["postgres"]
    modified: bool = Field(
        description="the paper's lock manager: no lock in the uncontended case, more partitions"
    )
    write_fraction: Fraction = Field(description="share of queries that write, to 1/1000")
    client_us: Microseconds = Field(
        description="time per query in which a connection waits for its client"
    )
    user_us: Microseconds = Field(
        description="user time of a reading query at one core beside the modelled locks"
    )
    write_user_us: Microseconds = Field(description="what a write adds to that")
    other_system_us: Microseconds = Field(
        description="system time of a reading query at one core beside its seeks"
    )
    write_system_us: Microseconds = Field(description="what a write adds to that")
    lseeks: PositiveCount = Field(description="seeks per query, in turn in the table and the index")
    lines: Count = Field(
        description="lines of shared buffers and process structures last written by another core, "
        "per query"
    )
    write_lines: Count = Field(
        description="more of them for each write, spread over the queries that find them changed"
    )
    system_lines: Count = Field(
        description="lines of kernel memory last written by another core, per query"
    )
    relation_locks: Count = Field(
        description="locks on the table or its index that a query takes and gives up"
    )
    row_locks: Count = Field(description="locks on rows and transactions that a write takes")
    lock_manager: LockManager
    index_root: IndexRoot
    spin_locks: SpinLocks
