"""Memory controllers: each node's DRAM serves one request after another.

A page fault on fresh memory makes the controller write (and read back) a whole page; a full
package saturates its own controller, which is why a second package helps and a sixth core hurts.
Source: the page-fault measurement on the 48-core machine (reference/machines).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.engine.assembler import Assembler, Label
from sim.engine.isa import R_PACKAGE
from sim.engine.quantiles import EXPONENTIAL

if TYPE_CHECKING:
    from sim.machine.site import Site

SHARES = 1000  # resolution of the share of remote requests


class MemoryControllers:
    """One FIFO server per NUMA node."""

    def __init__(self, asm: Assembler, site: Site) -> None:
        self.nodes = site.hardware.topology.dies
        self.first = asm.new_servers(self.nodes)

    def choose_node(self, asm: Assembler, node: int, remote: float) -> None:
        """Let a register name the core's own node, or with some probability any node."""
        own = Label()
        asm.emit(isa.DRAW, dst=node, value=SHARES)
        share = round(remote * SHARES)
        done = Label()
        asm.branch(node, isa.AT_LEAST, share, own)
        asm.emit(isa.DRAW, dst=node, value=self.nodes)
        asm.jump(done)
        asm.place(own)
        asm.emit(isa.SET, dst=node, source=R_PACKAGE)
        asm.place(done)

    def serve(self, asm: Assembler, node: int, cycles: int) -> None:
        """Queue for the controller of the node in a register, for `cycles` of service on average.

        The service is drawn from an exponential distribution: which banks, rows and directions a
        page's accesses meet differs from page to page. With a constant service cores would fall
        into step, and the measured faults at 2 to 5 cores would come out 16 % too fast.
        """
        with asm.registers(1) as (service,):
            asm.emit(isa.SAMPLE, dst=service, value=cycles, target=EXPONENTIAL)
            asm.emit(
                isa.REQUEST,
                address=self.first,
                index=node,
                stride=1,
                source=service,
                cause=isa.C_MEMORY,
            )
