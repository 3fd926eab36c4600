"""Memory: each node's DRAM controller serves one request after another, at its bandwidth.

A page fault on fresh memory makes the controller write (and read back) a whole page; a full
package saturates its own controller, which is why a second package helps and a sixth core hurts.
Source: the page-fault measurement on the 48-core machine (reference/machines).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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
    """One FIFO server per NUMA node, and which of them a core's memory belongs to."""

    def __init__(self, asm: Assembler, site: Site) -> None:
        self.site, self.memory = site, site.hardware.memory
        self.nodes = site.hardware.topology.dies
        self.first = asm.new_servers(self.nodes)
        self.local = self.memory.policy == "first_touch"
        self.ways = -1 if self.local else asm.new_servers(site.cores)

    @contextmanager
    def own_node(self, asm: Assembler) -> Iterator[int]:
        """Yield a register with the node of memory that the core touches first, for what follows.

        With `memory.policy` interleave it is drawn, and another one each time.
        """
        if self.local:
            yield R_PACKAGE
            return
        with asm.registers(1) as (node,):
            self.choose_own_node(asm, node)
            yield node

    def choose_own_node(self, asm: Assembler, node: int) -> None:
        """Let a register name the node of memory that the core touches first."""
        if self.local:
            asm.emit(isa.SET, dst=node, source=R_PACKAGE)
        elif self.memory.policy == "node":
            asm.emit(isa.SET, dst=node, value=self.memory.node)
        else:
            asm.emit(isa.DRAW, dst=node, value=self.nodes)

    def fetch_from_afar(self, asm: Assembler, size: int) -> None:
        """Wait for the hops to such memory, which a core's misses to so many bytes overlap.

        Nothing is emitted where a core's memory is its own node's.
        """
        if self.local:
            return
        lines, memory = -(-size // LINE_BYTES), self.memory
        waits = [
            round(lines * (latency - memory.latency_cycles) / memory.outstanding_misses)
            for latency in self.latencies
        ]

        def emit(cycles: int) -> None:
            asm.emit(
                isa.REQUEST,
                address=self.ways,
                index=R_CORE,
                stride=1,
                value=cycles,
                cause=isa.C_MEMORY,
            )

        by_die(asm, waits, emit)

    @property
    def latencies(self) -> list[float]:
        """Cycles of a load by a core of each die from memory that it touches first."""
        if self.local:
            return [float(self.memory.latency_cycles)] * self.nodes
        return [self.site.memory_latency(die) for die in range(self.nodes)]

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
        if not self.local:
            self.choose_own_node(asm, node)
            return
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

    The controller serves chunks one after another at its bandwidth. Where the controllers of all
    nodes together deliver less than each alone, a chunk also takes its turn at what all share.
    Meanwhile the core can have only so many misses under way, each for the latency of the node,
    and has a bandwidth of its own, which limit a core that streams alone. A chunk is complete when
    all are done with it; the core stalls until then.

    Not modelled: the bandwidth of the links between nodes, and banks and rows.

    Args:
        memory: the controllers, which other traffic may use, too.
    """

    def __init__(self, asm: Assembler, site: Site, memory: MemoryControllers) -> None:
        self.hardware = site.hardware
        self.memory = memory
        self.misses = asm.new_servers(site.cores)
        together = site.hardware.memory.together_gb_s
        alone = site.hardware.memory.bandwidth_gb_s
        self.shared = None if together is None or together >= alone else asm.new_servers()
        self.shared_gb_s = (together or alone) * memory.nodes

    def service_cycles(self, size: int) -> int:
        """Cycles for which a controller is busy with so many bytes."""
        return round(size * self.hardware.clock_ghz / self.hardware.memory.bandwidth_gb_s)

    def shared_cycles(self, size: int) -> int:
        """Cycles for which so many bytes keep what the controllers of all nodes share."""
        return round(size * self.hardware.clock_ghz / self.shared_gb_s)

    def miss_cycles(self, size: int, latency: float) -> int:
        """Cycles that a core's misses to so many bytes take, a line at a time per miss."""
        lines = -(-size // LINE_BYTES)
        return round(lines * latency / self.hardware.memory.outstanding_misses)

    def core_cycles(self, size: int, latency: float) -> int:
        """Cycles that one core alone needs to read so many bytes from DRAM."""
        return self._limited(size, latency, self.hardware.memory.core_read_gb_s)

    def write_cycles(self, size: int, latency: float) -> int:
        """Cycles that one core alone needs to write so many bytes to DRAM."""
        return self._limited(size, latency, self.hardware.memory.core_write_gb_s)

    def _limited(self, size: int, latency: float, gb_s: float | None) -> int:
        """Cycles for which misses, and a core's bandwidth, if it has one, keep so many bytes."""
        cycles = 0 if gb_s is None else round(size * self.hardware.clock_ghz / gb_s)
        return max(self.miss_cycles(size, latency), cycles)

    def transfer_own(self, asm: Assembler, size: int, slowdown: float = 1.0) -> None:
        """Read so many bytes of memory that the core touched first.

        Args:
            slowdown: of the core's part, see `core_cycles`.
        """
        with self.memory.own_node(asm) as node:
            alone = [
                round(self.core_cycles(size, latency) * slowdown)
                for latency in self.memory.latencies
            ]
            by_die(asm, alone, lambda cycles: self.transfer(asm, node, size, cycles))

    def write_own(self, asm: Assembler, size: int, moves: int) -> None:
        """Write so many bytes of memory that the core touches first.

        Args:
            moves: times that the controller moves a line that is written.
        """
        with self.memory.own_node(asm) as node:
            alone = [self.write_cycles(size, latency) for latency in self.memory.latencies]
            by_die(asm, alone, lambda cycles: self.transfer(asm, node, size, cycles, moves * size))

    def transfer(
        self, asm: Assembler, node: int, size: int, alone: int, moved: int | None = None
    ) -> None:
        """Move a chunk of `size` bytes from or to the node in a register.

        Args:
            alone: cycles that the core needs for it, see `core_cycles`.
            moved: bytes that the controller moves for it, if more or fewer.
        """
        moved = size if moved is None else moved
        waits = [
            (self.memory.first, node, self.service_cycles(moved)),
            (self.misses, R_CORE, alone),
        ]
        if self.shared is not None:
            waits.append((self.shared, isa.NONE, self.shared_cycles(moved)))
        with asm.registers(len(waits)) as ends:
            for end, (server, index, cycles) in zip(ends, waits, strict=True):
                asm.emit(isa.SUBMIT, address=server, index=index, stride=1, dst=end, value=cycles)
            for end in reversed(ends):
                asm.emit(isa.AWAIT_TIME, source=end, cause=isa.C_MEMORY)


def by_die(asm: Assembler, values: Sequence[int], emit: Callable[[int], None]) -> None:
    """Emit something with the value of the core's own die, of those of all dies.

    Dies in a row that have the same value share its instructions, which a core finds by bisection.
    """
    ends = [n for n in range(1, len(values)) if values[n] != values[n - 1]] + [len(values)]
    if len(ends) == 1:
        emit(values[0])
        return
    done = Label()
    _by_range(asm, [(end, values[end - 1]) for end in ends], emit, done)
    asm.place(done)


def _by_range(
    asm: Assembler, ranges: Sequence[tuple[int, int]], emit: Callable[[int], None], done: Label
) -> None:
    """Emit something with the value of the first range whose end exceeds the core's die."""
    if len(ranges) == 1:
        emit(ranges[0][1])
        asm.jump(done)
        return
    half, lower = len(ranges) // 2, Label()
    asm.branch(R_PACKAGE, isa.LESS, ranges[half - 1][0], lower)
    _by_range(asm, ranges[half:], emit, done)
    asm.place(lower)
    _by_range(asm, ranges[:half], emit, done)
