"""Buffers for received packets, which the card writes by DMA (OSDI'10 sections 4.2, 4.5, 5.3).

A core's receive queue keeps a stock of empty buffers; it exchanges a batch of them with the
allocator's free list. Stock Linux allocates them on the node nearest to the card, node 0, so all
cores share one free list and its spin lock. PK (`dma_buffers`) allocates on the core's own node;
with a free list per core here. A batch is exchanged with probability 1 / batch at each packet, so
that cores do not march in step.

Not modelled: the longer way of packet data to a distant node 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.program.assembler import Assembler, Label

if TYPE_CHECKING:
    from sim.config.schema.network import DmaBuffers as BufferSettings
    from sim.kernel.linux.locks import KernelLocks

OBJECT = "dma_buffers"


class DmaBuffers:
    """One free list (stock) or one per core (PK), each under its spin lock."""

    def __init__(
        self, asm: Assembler, settings: BufferSettings, locks: KernelLocks, *, local: bool
    ) -> None:
        self.settings = settings
        self.index = R_CORE if local else isa.NONE
        self.lock = locks.spin_for_each_core(asm, local)

    def replace(self, asm: Assembler) -> None:
        """Emit replacing the buffer of one received packet."""
        done = Label()
        with asm.at(OBJECT), asm.registers(1) as (left,):
            asm.emit(isa.DRAW, dst=left, value=self.settings.batch_packets)
            asm.branch(left, isa.AT_LEAST, 1, done)
            self.lock.acquire(asm, self.index)
            asm.compute(self.settings.hold_cycles)
            self.lock.release(asm, self.index)
            asm.place(done)
