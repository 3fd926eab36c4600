"""Faults on fresh super-pages (2 MiB) in an address space that threads share.

A super-page fault finds its region under mmap_sem's read side as a 4 KiB fault does, 512 times
less often, and then zeroes 2 MiB under a mutex. Two things contend (OSDI'10 section 5.8, Figure 1):

- stock Linux has one mutex per process, so that one thread zeroes at a time; with
  `superpage_locking` every mapping has its own, and the threads' mappings differ;
- stock zeroes through the caches: every line is fetched, written and later written back, and 2 MiB
  of the core's and its package's working set are flushed and must be fetched again; with
  `superpage_zeroing` the stores bypass the caches, so that each line is written once and nothing
  is flushed.

Not modelled: which core of the package refetches a flushed line (the one that flushed it does),
and the search for a free super-page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.engine.isa import R_CORE, R_PACKAGE
from sim.kernel.linux.locks import KernelLocks
from sim.kernel.linux.page_fault import BYTES as PAGE_BYTES
from sim.machine.memory import DramStream
from sim.program.assembler import Assembler

if TYPE_CHECKING:
    from sim.config.schema.kernel import LinuxKernel
    from sim.machine.site import Site

OBJECT = "superpage"
LOCK = "superpage_mutex"
REFILL = "cache_refill"
BYTES = 2 << 20
CHUNK_BYTES = 32768  # zeroed in one request
MOVES_CACHED, MOVES_BYPASSING = 2, 1  # times that zeroing a line moves it


class SuperPages:
    """The super-page fault path."""

    def __init__(self, asm: Assembler, kernel: LinuxKernel, site: Site, stream: DramStream) -> None:
        objects, hardware = kernel.objects, site.hardware
        self.cycles = objects.page_fault.cycles
        self.per_mapping = kernel.fix.superpage_locking
        self.bypass = kernel.fix.superpage_zeroing
        mappings = site.cores if self.per_mapping else 1
        with asm.for_each_core(self.per_mapping):
            self.mutex = KernelLocks(kernel, site).mutex(asm, mappings)
        self.stream = stream
        zero = hardware.memory.page_zero_cycles * (CHUNK_BYTES // PAGE_BYTES)
        moves = MOVES_BYPASSING if self.bypass else MOVES_CACHED
        self.zero_cycles = zero * moves // MOVES_CACHED
        caches = hardware.caches
        held = (caches.l2.capacity_kib + caches.l3.capacity_kib) * 1024
        self.flushed = 0 if self.bypass else round(min(BYTES, held) * objects.superpage.live_share)
        self.latency = hardware.memory.latency_cycles

    def fault(self, asm: Assembler) -> None:
        """Emit one fault on memory of the core's own node."""
        mapping = R_CORE if self.per_mapping else isa.NONE
        with asm.at(LOCK):
            self.mutex.acquire(asm, mapping)
        with asm.at(OBJECT):
            asm.emit(isa.COMPUTE, value=self.cycles)
            with asm.repeat(BYTES // CHUNK_BYTES):
                self.stream.memory.serve(asm, R_PACKAGE, self.zero_cycles)
        with asm.at(LOCK):
            self.mutex.release(asm, mapping)

    def refill(self, asm: Assembler) -> None:
        """Emit what comes after the fault: user work fetches flushed lines again."""
        alone = self.stream.core_cycles(CHUNK_BYTES, self.latency)
        with asm.at(REFILL, isa.USER), asm.repeat(self.flushed // CHUNK_BYTES):
            self.stream.transfer(asm, R_PACKAGE, CHUNK_BYTES, alone)
