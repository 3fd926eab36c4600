"""Broadcast invalidation: an instruction has the machine tell all cores to forget a translation.

INVLPGB with TLBSYNC on AMD from Zen 3 on, TLBI on ARM. The issuer waits until all cores have
answered, however many there are; nobody is interrupted. The machine has only so many under way at a
time, and the next waits for its place.

    core 0   [ invalidate everywhere ......... ] all have answered
    core 1   goes on

Not modelled: the time that the other cores' caches of page-table entries need to fill again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa

if TYPE_CHECKING:
    from sim.machine.site import Site
    from sim.program.assembler import Assembler


class BroadcastInvalidation:
    """The instruction and its places.

    Args:
        asm: program that the places belong to.
        site: machine and active cores.
        cycles: from one invalidation until all cores have answered.
    """

    def __init__(self, asm: Assembler, site: Site, cycles: int) -> None:
        self.cycles = cycles
        self.ways = site.hardware.interrupts.broadcast_invalidations_under_way
        self.alone = site.cores == 1
        self.first = asm.new_servers(self.ways)

    def emit(self, asm: Assembler) -> None:
        """Emit a place among those under way, and the answer of all cores; alone, nothing."""
        if self.alone:
            return
        with asm.registers(1) as (way,):
            asm.emit(isa.DRAW, dst=way, value=self.ways)
            asm.emit(
                isa.REQUEST,
                address=self.first,
                index=way,
                stride=1,
                value=self.cycles,
                cause=isa.C_LINK,
            )


def broadcast_invalidation(asm: Assembler, site: Site) -> BroadcastInvalidation | None:
    """The machine's instruction; None on a machine without it."""
    cycles = site.hardware.interrupts.broadcast_invalidation_cycles
    return None if cycles is None else BroadcastInvalidation(asm, site, cycles)
