"""Faults on fresh super-pages (2 MiB) in an address space that threads share.

A super-page fault finds its region under mmap_sem's read side as a 4 KiB fault does, 512 times
less often, and then zeroes 2 MiB under a mutex. Two things contend (OSDI'10 section 5.8, Figure 1).

Whose mutex (`sharing`):

    per_process   One mutex of the process: one thread zeroes at a time.

                      core 0   lock [ zero 2 MiB ] unlock
                      core 1   lock .............. [ zero 2 MiB ] unlock

    per_mapping   One of each mapping; the threads' mappings differ, and they zero side by side.

How it is zeroed (`zeroing`): `cached` stores fetch, write and later write back every line, and
flush 2 MiB of the core's and its package's working set, which must be fetched again; `bypassing`
stores write each line once and flush nothing. Either way 2 MiB are a stream of stores, which one
core cannot write at its controller's full rate (`hardware.memory.core_write_gb_s`).

How its waiters wait (`waiting`): `spin` as on any mutex of the kernel, while the owner runs;
`sleep` at once. Zeroing takes hundreds of microseconds and offers to yield the core before each of
its 4 KiB (clear_huge_page), and spinners that see the owner off its core go to sleep.

Not modelled: which core of the package refetches a flushed line (the one that flushed it does), the
search for a free super-page, and when an owner yields: waiters sleep always or never.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.kernel.objects.page import PageFault
from sim.kernel.table import Fix, KernelObject, strategy
from sim.settings import Fraction
from sim.sync.futex_mutex import FutexMutex

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler
    from sim.sync.lock import Lock

LOCK = "superpage_mutex"
REFILL = "cache_refill"
BYTES = 2 << 20
CHUNK_BYTES = 32768  # zeroed in one request
MOVES = {"cached": 2, "bypassing": 1}  # times that zeroing a line moves it


class SuperPage(KernelObject):
    """2 MiB pages; whatever their faults share with 4 KiB ones has its value there."""

    key: ClassVar[str] = "superpage"
    fixes: ClassVar[Mapping[str, Fix]] = {
        "superpage_locking": Fix(
            "sharing",
            "per_process",
            "per_mapping",
            "a mutex per super-page mapping instead of one per process",
        ),
        "superpage_zeroing": Fix(
            "zeroing",
            "cached",
            "bypassing",
            "super-pages are zeroed with stores that bypass the caches",
        ),
    }

    zeroing: Literal["cached", "bypassing"] = Field(
        description="stores that zero a super-page: through the caches, or around them"
    )
    waiting: Literal["spin", "sleep"] = Field(
        description="waiters of the mutex: spin while its owner runs, as kernel.locks.mutex says; "
        "or sleep at once"
    )
    live_share: Fraction = Field(
        description="share of the lines flushed by zeroing through the caches that is used again"
    )


def mutexes(context: KernelContext, page: SuperPage, count: int = 1) -> Lock:
    """Make so many mutexes, whose waiters wait as the settings say."""
    if page.waiting == "spin":
        return context.locks.mutex(count)
    return FutexMutex(context.asm, call_cycles=0, wake_cycles=0, count=count)


@strategy(SuperPage, "per_process")
def per_process(context: KernelContext, page: SuperPage) -> tuple[Lock, int]:
    """one mutex of the process: one thread zeroes at a time."""
    return mutexes(context, page), isa.NONE


@strategy(SuperPage, "per_mapping")
def per_mapping(context: KernelContext, page: SuperPage) -> tuple[Lock, int]:
    """one mutex of each mapping: threads zero side by side."""
    with context.asm.for_each_core():
        return mutexes(context, page, context.site.cores), R_CORE


class SuperPages:
    """The super-page fault path."""

    def __init__(self, context: KernelContext) -> None:
        page, hardware = context.settings(SuperPage), context.site.hardware
        self.cycles = context.settings(PageFault).cycles
        self.mutex: Lock
        self.mutex, self.mapping = context.make(SuperPage)
        self.stream = context.stream
        self.moves = MOVES[page.zeroing]
        caches = hardware.caches
        held = (caches.l2.capacity_kib + caches.l3.capacity_kib) * 1024
        flushes = page.zeroing == "cached"
        self.flushed = round(min(BYTES, held) * page.live_share) if flushes else 0

    def fault(self, asm: Assembler) -> None:
        """Emit one fault on memory that the core touches first."""
        with asm.at(LOCK):
            self.mutex.acquire(asm, self.mapping)
        with asm.at(SuperPage.key):
            asm.emit(isa.COMPUTE, value=self.cycles)
            with asm.repeat(BYTES // CHUNK_BYTES):
                self.stream.write_own(asm, CHUNK_BYTES, self.moves)
        with asm.at(LOCK):
            self.mutex.release(asm, self.mapping)

    def refill(self, asm: Assembler) -> None:
        """Emit what comes after the fault: user work fetches flushed lines again."""
        with asm.at(REFILL, isa.USER), asm.repeat(self.flushed // CHUNK_BYTES):
            self.stream.transfer_own(asm, CHUNK_BYTES)
