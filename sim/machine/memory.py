"""Memory: each node's DRAM controller serves one request after another, at its bandwidth.

A page fault on fresh memory makes the controller write (and read back) a whole page; a full
package saturates its own controller, which is why a second package helps and a sixth core hurts.
Source: the page-fault measurement on the 48-core machine (reference/machines).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from sim.engine import isa
from sim.engine.distributions import EXPONENTIAL
from sim.engine.isa import R_CORE, R_PACKAGE
from sim.program.assembler import Assembler, Label
from sim.program.shares import branch_for_rest

if TYPE_CHECKING:
    from sim.machine.site import Site

LINE_BYTES = 64


class MemoryControllers:
    """One FIFO server per NUMA node."""

    def __init__(self, asm: Assembler, site: Site) -> None:
        self.nodes = site.hardware.topology.dies
        self.first = asm.new_servers(self.nodes)

    def choose_node(self, asm: Assembler, node: int, remote: float) -> None:
        """Let a register name the core's own node, or with some probability any node."""
        own, done = Label(), Label()
        branch_for_rest(asm, node, remote, own)
        asm.emit(isa.DRAW, dst=node, value=self.nodes)
        asm.jump(done)
        asm.place(own)
        asm.emit(isa.SET, dst=node, source=R_PACKAGE)
        asm.place(done)

    def choose_touched_node(self, asm: Assembler, node: int, homes: Sequence[int]) -> None:
        """Let a register name the node of any core: of memory that each core touched first.

        A node with more cores holds more of such memory, and gets more of the traffic.
        """
        chosen = Label()
        asm.emit(isa.DRAW, dst=node, value=len(homes))
        cores_on = Counter(homes)
        nodes = sorted(cores_on)
        ends = list(accumulate(cores_on[home] for home in nodes))
        with asm.registers(1) as (drawn,):
            asm.emit(isa.SET, dst=drawn, source=node)
            self._search(asm, (node, drawn), nodes, ends, chosen)
        asm.place(chosen)

    def _search(
        self,
        asm: Assembler,
        registers: tuple[int, int],
        nodes: list[int],
        ends: list[int],
        chosen: Label,
    ) -> None:
        """Set the first register to the first node whose end exceeds the second, by bisection."""
        node, drawn = registers
        if len(nodes) == 1:
            asm.emit(isa.SET, dst=node, value=nodes[0])
            asm.jump(chosen)
            return
        half, lower = len(nodes) // 2, Label()
        asm.branch(drawn, isa.LESS, ends[half - 1], lower)
        self._search(asm, registers, nodes[half:], ends[half:], chosen)
        asm.place(lower)
        self._search(asm, registers, nodes[:half], ends[:half], chosen)

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


class DramStream:
    """Streams of lines from DRAM: a chunk needs its node's controller and its core's misses.

    The controller serves chunks one after another at its bandwidth. Meanwhile the core can have
    only so many misses under way, each for the latency of the node, which limits a core that
    streams alone. A chunk is complete when both are done with it; the core stalls until then.

    Not modelled: the bandwidth of the links between nodes, and banks and rows.

    Args:
        memory: the controllers, which other traffic may use, too.
    """

    def __init__(self, asm: Assembler, site: Site, memory: MemoryControllers) -> None:
        self.hardware = site.hardware
        self.memory = memory
        self.misses = asm.new_servers(site.cores)

    def service_cycles(self, size: int) -> int:
        """Cycles for which a controller is busy with so many bytes."""
        return round(size * self.hardware.clock_ghz / self.hardware.memory.bandwidth_gb_s)

    def core_cycles(self, size: int, latency: float) -> int:
        """Cycles that one core alone needs for so many bytes, a line at a time per miss."""
        lines = -(-size // LINE_BYTES)
        return round(lines * latency / self.hardware.memory.outstanding_misses)

    def transfer(self, asm: Assembler, node: int, size: int, alone: int) -> None:
        """Move a chunk of `size` bytes from or to the node in a register.

        Args:
            alone: cycles that the core needs for it, see `core_cycles`.
        """
        with asm.registers(2) as (served, arrived):
            asm.emit(
                isa.SUBMIT,
                address=self.memory.first,
                index=node,
                stride=1,
                dst=served,
                value=self.service_cycles(size),
            )
            asm.emit(
                isa.SUBMIT, address=self.misses, index=R_CORE, stride=1, dst=arrived, value=alone
            )
            asm.emit(isa.AWAIT_TIME, source=arrived, cause=isa.C_MEMORY)
            asm.emit(isa.AWAIT_TIME, source=served, cause=isa.C_MEMORY)
