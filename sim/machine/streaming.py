"""Streams of data from a node's DRAM: its controller and the links on the way have a bandwidth.

A program that sweeps over more data than its caches hold waits for the slowest of the home node's
memory controller and the links between that node and its own. Each is a FIFO server; a block of
data asks all of them at once and flows through them together (cut-through), so its time is that of
the slowest. Hardware prefetching keeps one block ahead: the processor computes while the next
block arrives. The controller's service is drawn from an exponential distribution, as banks, rows
and refreshes differ from block to block; a link takes the same time for every byte.

Routes are shortest paths; among equal ones the one through the lowest node number, always, as the
static routing tables of HyperTransport do. Not modelled: probes, write-backs, requests (they
flow the other way and are small).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sim.engine import isa
from sim.engine.distributions import EXPONENTIAL
from sim.machine.memory import MemoryControllers
from sim.program.assembler import Assembler, Label

if TYPE_CHECKING:
    from sim.machine.settings.hardware import Topology
    from sim.machine.site import Site

KIB = 1024


class Routes:
    """Ways through a machine's links."""

    def __init__(self, topology: Topology) -> None:
        from sim.machine.topology import hop_matrix, neighbours_of  # loads numpy

        self.hops = hop_matrix(topology)
        self.neighbours = neighbours_of(topology)

    def between(self, source: int, target: int) -> list[tuple[int, int]]:
        """Directed links of the shortest path from one package to another."""
        left = self.hops[:, target]
        path: list[tuple[int, int]] = []
        here = source
        while here != target:
            there = min(n for n in self.neighbours[here] if left[n] == left[here] - 1)
            path.append((here, there))
            here = there
        return path


class Streams:
    """Memory controllers and directed links of a machine, as far as they limit bandwidth."""

    def __init__(self, asm: Assembler, site: Site) -> None:
        self.site, self.hardware = site, site.hardware
        topology = site.hardware.topology
        self.memory = MemoryControllers(asm, site)
        self.routes = Routes(topology)
        self.links = {
            link: asm.new_servers()
            for pair in sorted(topology.package_links)
            for link in (tuple(pair), tuple(pair[::-1]))
        }

    def cycles(self, kib: float, gb_s: float) -> int:
        """Cycles that an amount of data takes at a bandwidth (1 GB/s = 1e9 bytes per second)."""
        return round(kib * KIB / gb_s * self.hardware.clock_ghz)

    def homes(self, first_toucher: int) -> Sequence[int]:
        """Nodes on which data evenly lies that a core of some node has touched first."""
        return self.site.memory_nodes(first_toucher)

    @contextmanager
    def arriving(
        self, asm: Assembler, homes: Sequence[int], package: int, kib: float
    ) -> Iterator[None]:
        """Let a block arrive, evenly from some nodes' DRAM, while the instructions inside run.

        Nodes are dies; the links are those between their packages.
        """
        streaming = self.hardware.streaming
        if streaming is None or kib <= 0:
            yield
            return
        each = kib / len(homes)
        read_cycles = self.cycles(each, self.hardware.memory.bandwidth_gb_s)
        link_cycles = self.cycles(each, streaming.link_gb_s)
        dies = self.hardware.topology.dies_per_package
        paths = [self.routes.between(home // dies, package) for home in homes]
        with asm.registers(2) as (read, sent):
            for n, home in enumerate(homes):
                self._read(asm, home, read_cycles, read, latest=n > 0)
            links = [link for path in paths for link in path]
            self._send(asm, links, link_cycles, sent)
            yield
            with asm.at("memory"):
                asm.emit(isa.AWAIT_TIME, source=read, cause=isa.C_MEMORY)
            if links:
                with asm.at("link"):
                    asm.emit(isa.AWAIT_TIME, source=sent, cause=isa.C_LINK)

    def _read(self, asm: Assembler, home: int, service: int, read: int, latest: bool) -> None:
        """Ask a node's controller for cycles of service on average; a register gets the end.

        Args:
            latest: the register keeps what it holds if that is later.
        """
        server = self.memory.first + home
        if not latest:
            asm.emit(isa.SAMPLE, dst=read, value=service, target=EXPONENTIAL)
            asm.emit(isa.SUBMIT, address=server, source=read, dst=read)
            return
        with asm.registers(1) as (done,):
            asm.emit(isa.SAMPLE, dst=done, value=service, target=EXPONENTIAL)
            asm.emit(isa.SUBMIT, address=server, source=done, dst=done)
            self._keep_later(asm, read, done)

    def _send(self, asm: Assembler, links: list[tuple[int, int]], service: int, sent: int) -> None:
        """Ask some links for cycles of service; a register gets the end of the last."""
        for link in links[:1]:
            asm.emit(isa.SUBMIT, address=self.links[link], value=service, dst=sent)
        for link in links[1:]:
            with asm.registers(1) as (done,):
                asm.emit(isa.SUBMIT, address=self.links[link], value=service, dst=done)
                self._keep_later(asm, sent, done)

    def _keep_later(self, asm: Assembler, kept: int, other: int) -> None:
        """Let a register hold the later of its own time and another's."""
        earlier = Label()
        asm.branch(other, isa.LESS, 0, earlier, source=kept)
        asm.emit(isa.SET, dst=kept, source=other)
        asm.place(earlier)
