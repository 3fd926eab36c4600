"""Threads give back single pages: tlb_flush2 of will-it-scale (scale/tlb_flush2).

Each task maps a megabyte of anonymous memory, and with each of its pages in turn does three things:
it writes to it, gives it back (madvise with MADV_DONTNEED), and reads it. One operation is one
page: a fault that allocates a page; its return, which all cores that run the address space have to
hear of; and a fault that maps the page of zeros, which all share.

Not modelled: mapping and unmapping themselves, one of each for 256 pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sim.workload.scale.tasks import TasksSettings, repeats

if TYPE_CHECKING:
    from sim.kernel.system_calls import SystemCalls
    from sim.program.assembler import Assembler


class TlbFlush2(TasksSettings):
    """Tasks write pages of their own, give each back, and read it (scale/tlb_flush2)."""

    kind: Literal["tlb_flush2"]


@repeats(TlbFlush2, "tlb_flush")
def give_back_page(workload: TlbFlush2, calls: SystemCalls, asm: Assembler) -> None:
    """Emit one page: written, given back, read."""
    calls.touch_pages(asm, 1, remote=0.0)
    calls.give_back_page(asm)
    calls.read_untouched_page(asm)
