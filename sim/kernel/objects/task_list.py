"""Threads that come and go: the numbers they get, and the list of all tasks.

Creating a thread takes a number (pid) under one spin lock of the whole machine (pidmap_lock), and
links the thread into the list of tasks under another, which is held for writing (tasklist_lock).
When it ends it is unlinked under the list's lock, and its number freed under the numbers'. Where
the number is freed (`numbers`):

    inside    While the list's lock is held: whoever waits for the numbers keeps the list.

                  core 0   list [ unlink, numbers [ free ] ]
                  core 1   list ............................ list [ unlink, numbers [ free ] ]

    outside   After it has been released (M. Guzik, *pid: perform free_pid() calls outside of
              tasklist_lock*, Linux 6.15): the two are held one after the other.

                  core 0   list [ unlink ] numbers [ free ]
                  core 1   list .......... list [ unlink ] numbers [ free ]

Not modelled: readers of the list, who come when processes are waited for or looked for, references
that threads of one process take to its parts (memory, files, signal handlers), and stacks, which
the thread library keeps.
Source: Linux 6.12 kernel/fork.c, exit.c, pid.c.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Protocol

from pydantic import Field

from sim.engine import isa
from sim.kernel.table import Fix, KernelObject, strategy
from sim.settings import Count, Cycles

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler

NUMBERS = "pid_map"


class TaskList(KernelObject):
    """All tasks of the machine (tasklist_lock), and their numbers (pidmap_lock)."""

    key: ClassVar[str] = "task_list"
    choice: ClassVar[str] = "numbers"
    fixes: ClassVar[Mapping[str, Fix]] = {
        "pid_freed_outside": Fix(
            "numbers",
            "inside",
            "outside",
            "a thread's number is freed after the lock of the list of tasks is released",
        )
    }

    link_cycles: Cycles = Field(
        description="linking a thread into the list or unlinking it, under tasklist_lock"
    )
    number_cycles: Cycles = Field(
        description="finding a free number or freeing one, under pidmap_lock"
    )
    lines: Count = Field(
        description="lines under tasklist_lock that another core wrote last, each time"
    )
    thread_cycles: Cycles = Field(
        description="creating a thread, running it, ending it and waiting for it, beside the two"
    )


class Tasks(Protocol):
    """Threads that come and go."""

    def create_and_join(self, asm: Assembler) -> None:
        """Emit creating a thread that ends at once, and waiting for its end."""


@strategy(TaskList, "inside")
class FreedInside:
    """a thread's number is freed under the lock of the list."""

    def __init__(self, context: KernelContext, settings: TaskList) -> None:
        self.settings = settings
        self.list_lock, self.number_lock = context.locks.spin(), context.locks.spin()

    def create_and_join(self, asm: Assembler) -> None:
        """Emit creating a thread that ends at once, and waiting for its end."""
        half = self.settings.thread_cycles // 2
        with asm.at("thread"):
            asm.compute(half)
        self._number(asm)
        with asm.at(TaskList.key):
            self._link(asm)
            self.list_lock.release(asm)
        with asm.at("thread"):
            asm.compute(self.settings.thread_cycles - half)
        self._end(asm)

    def _end(self, asm: Assembler) -> None:
        """Emit unlinking the thread, and freeing its number."""
        with asm.at(TaskList.key):
            self._link(asm)
            self._number(asm)
            self.list_lock.release(asm)

    def _link(self, asm: Assembler) -> None:
        """Emit taking the list's lock, and changing the list."""
        self.list_lock.acquire(asm)
        asm.emit(isa.BULK, value=self.settings.lines)
        asm.compute(self.settings.link_cycles)

    def _number(self, asm: Assembler) -> None:
        """Emit one change of the numbers."""
        with asm.at(NUMBERS):
            self.number_lock.acquire(asm)
            asm.compute(self.settings.number_cycles)
            self.number_lock.release(asm)


@strategy(TaskList, "outside")
class FreedOutside(FreedInside):
    """a thread's number is freed after the list's lock."""

    def _end(self, asm: Assembler) -> None:
        """Emit unlinking the thread, and freeing its number."""
        with asm.at(TaskList.key):
            self._link(asm)
            self.list_lock.release(asm)
        self._number(asm)
