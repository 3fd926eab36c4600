"""Batches: one job after another, each done by all cores together.

One core, the root, repeats the whole job: what it does alone, and its part of the work. The others
repeat the work, whose gate holds them until the root has come there too. A core takes pieces of
work from a bag that all share; its working set meets those of its package in the shared cache.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from sim.engine import isa
from sim.machine.cache_capacity import SharedCache
from sim.program.assembler import Assembler, Label
from sim.sync.barrier import Barrier
from sim.sync.job_bag import JobBag

if TYPE_CHECKING:
    from sim.kernel.system_calls import SystemCalls
    from sim.machine.site import Site


class Batch(ABC):
    """A job's parts.

    Args:
        calls: the system calls.
        working_set_kib: memory that a core works in at a time.
    """

    def __init__(
        self, asm: Assembler, calls: SystemCalls, site: Site, working_set_kib: int
    ) -> None:
        self.asm, self.calls, self.site = asm, calls, site
        self.cache = SharedCache(asm, site, calls.memory, working_set_kib)
        self.gate = Barrier(asm, site.cores)
        self.bag = JobBag(asm)

    @abstractmethod
    def root(self, misses: int) -> None:
        """Emit a whole job, as the root sees it; a register holds its cache's miss fraction."""

    @abstractmethod
    def work(self, misses: int) -> None:
        """Emit what every core does: wait at the gate, and work until the bag is empty."""

    def start(self, name: str) -> Assembler:
        """Emit threads on all cores, charged to an object of the account; returns the program."""
        asm = self.asm
        with asm.registers(1) as (misses,), asm.at(name, isa.USER):
            root, worker = Label(), Label()
            asm.place(root)
            self.root(misses)
            asm.jump(root)
            asm.place(worker)
            self.work(misses)
            asm.jump(worker)
            for core in range(self.site.cores):
                asm.thread(core, asm.place())
                self.cache.set_misses(asm, core, misses)
                asm.jump(worker if core else root)
        return asm
