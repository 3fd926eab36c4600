"""Buffers for received packets, which the card writes by DMA (OSDI'10 sections 4.2, 4.5, 5.3).

A core's receive queue keeps a stock of empty buffers; it exchanges a batch of them with the
allocator's free list.

    node_0   Buffers come from the node nearest to the card: all cores share one free list and its
             spin lock.

                 core 0   lock [ batch ] unlock
                 core 1   lock ......... line moves [ batch ] unlock

    local    Buffers come from the core's own node; with a free list of each core here, nobody
             waits.

A batch is exchanged with probability 1 / batch at each packet, so that cores do not march in step.

Not modelled: the longer way of packet data to a distant node 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.kernel.table import Fix, KernelObject, strategy
from sim.program.assembler import Assembler, Label
from sim.settings import Cycles, PositiveCount

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext


class DmaBuffers(KernelObject):
    """Buffers that received packets are put into."""

    key: ClassVar[str] = "network.dma_buffers"
    fixes: ClassVar[Mapping[str, Fix]] = {
        "dma_buffers": Fix(
            "sharing",
            "node_0",
            "local",
            "packet buffers come from the local node, not from one pool on node 0",
        )
    }

    batch_packets: PositiveCount = Field(
        description="buffers that a queue takes from, and gives back to, the free list at a time"
    )
    hold_cycles: Cycles = Field(
        description="cycles for which exchanging one batch holds the free list's lock"
    )


class FreeLists:
    """One free list, or one of each core, under its spin lock."""

    def __init__(self, context: KernelContext, settings: DmaBuffers, *, local: bool) -> None:
        self.settings = settings
        self.index = R_CORE if local else isa.NONE
        self.lock = context.locks.spin_of_each_core() if local else context.locks.spin()

    def replace(self, asm: Assembler) -> None:
        """Emit replacing the buffer of one received packet."""
        done = Label()
        with asm.at("dma_buffers"), asm.registers(1) as (left,):
            asm.emit(isa.DRAW, dst=left, value=self.settings.batch_packets)
            asm.branch(left, isa.AT_LEAST, 1, done)
            self.lock.acquire(asm, self.index)
            asm.compute(self.settings.hold_cycles)
            self.lock.release(asm, self.index)
            asm.place(done)


@strategy(DmaBuffers, "node_0")
def node_0(context: KernelContext, settings: DmaBuffers) -> FreeLists:
    """from one free list of the node nearest to the card."""
    return FreeLists(context, settings, local=False)


@strategy(DmaBuffers, "local")
def local(context: KernelContext, settings: DmaBuffers) -> FreeLists:
    """from a free list of the core's own node, one of each core."""
    return FreeLists(context, settings, local=True)
