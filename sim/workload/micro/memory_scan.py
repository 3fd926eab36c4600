"""Every active core reads or writes a working set of its own, over and over (micro/memory_scan).

`latency`: one operation is a load from a random line, whose address the load before it gave, so
that each takes its full latency. `bandwidth`: one operation is 4 KiB (64 lines) of a sequential
stream, as fast as a core can read. `write`: the same, written; a line that is written is fetched,
and later written back, so that the controller moves it twice. A random line lies in a cache with
the probability that the cache's capacity has in the working set, the L3 being divided among the
active cores of the die; a stream larger than the L3's share misses always. Everything else comes
from the home node's DRAM, over the hops to it. Source of the latencies: OSDI'10 section 5.1.

Not modelled: TLB misses, and what else the links carry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from sim.engine import isa
from sim.machine.memory import LINE_BYTES, DramStream, MemoryControllers
from sim.program.assembler import Assembler, Label
from sim.workload.registry import lowers
from sim.workload.settings import WorkloadSettings

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.settings.hardware import Hardware
    from sim.machine.site import Site


class MemoryScanWorkload(WorkloadSettings):
    """Every core reads or writes a working set of its own, over and over (micro/memory_scan)."""

    kind: Literal["memory_scan"]
    bytes: Annotated[int, Field(ge=64, le=1 << 44, strict=True)] = Field(
        description="working set of each core, in bytes"
    )
    home_node: Annotated[int, Field(ge=-1, le=4095, strict=True)] = Field(
        description="node that holds the working sets; -1: as hardware.memory.policy says, by "
        "default each core's own"
    )
    mode: Literal["latency", "bandwidth", "write"] = Field(
        description="latency: one operation is a load of one line that the next one depends on; "
        "bandwidth: one operation is a page of 4 KiB read in a stream; write: one written"
    )

    def problem_on(self, hardware: Hardware) -> str:
        """Say that the machine has not the node whose memory is scanned; empty if it has."""
        nodes = hardware.topology.dies
        if self.home_node < nodes:
            return ""
        return (
            f"workload.home_node: {self.home_node} is none of the nodes 0..{nodes - 1} of "
            f"{hardware.name}"
        )


STREAM_BYTES = 4096  # one operation of a stream
PARTS = 1_000_000  # resolution of the probability of a hit
LOCAL = -1
MOVES_PER_WRITE = 2  # fetched, and written back


class Scan:
    """Accesses of the cores of one die, which is a node."""

    def __init__(
        self, workload: MemoryScanWorkload, site: Site, stream: DramStream, die: int
    ) -> None:
        memory = site.hardware.memory
        self.workload = workload
        self.stream = stream
        self.latency = site.memory_latency(die)
        if workload.home_node != LOCAL:
            hops = int(site.die_hops[die, workload.home_node])
            self.latency = memory.latency_cycles + memory.hop_cycles * hops
        caches, sharers = site.hardware.caches, site.dies.count(die)
        self.levels = [
            ("l1", caches.l1.latency_cycles, caches.l1.capacity_kib * 1024),
            ("l2", caches.l2.latency_cycles, caches.l2.capacity_kib * 1024),
            ("l3", caches.l3.latency_cycles, caches.l3.capacity_kib * 1024 // sharers),
        ]

    def choose_node(self, asm: Assembler, node: int) -> None:
        """Let a register name the node that is accessed next."""
        if self.workload.home_node == LOCAL:
            self.stream.memory.choose_own_node(asm, node)
        else:
            asm.emit(isa.SET, dst=node, value=self.workload.home_node)

    def load(self, asm: Assembler) -> None:
        """One dependent load of a random line."""
        with asm.registers(2) as (place, node):
            done = Label()
            asm.emit(isa.DRAW, dst=place, value=PARTS)
            for name, latency, capacity in self.levels:
                beyond = Label()
                asm.branch(place, isa.AT_LEAST, capacity * PARTS // self.workload.bytes, beyond)
                with asm.at(name):
                    asm.compute(latency)
                asm.jump(done)
                asm.place(beyond)
            with asm.at("dram"):
                self.choose_node(asm, node)
                self.stream.transfer(asm, node, LINE_BYTES, round(self.latency))
            asm.place(done)

    def stream_page(self, asm: Assembler) -> None:
        """One page of a sequential stream."""
        for name, latency, capacity in self.levels:
            if self.workload.bytes <= capacity:
                with asm.at(name):
                    asm.compute(self.stream.miss_cycles(STREAM_BYTES, latency))
                return
        with asm.at("dram"), asm.registers(1) as (node,):
            self.choose_node(asm, node)
            if self.workload.mode == "write":
                alone = self.stream.write_cycles(STREAM_BYTES, self.latency)
                moved = STREAM_BYTES * MOVES_PER_WRITE
            else:
                alone = self.stream.core_cycles(STREAM_BYTES, self.latency)
                moved = STREAM_BYTES
            self.stream.transfer(asm, node, STREAM_BYTES, alone, moved)


@lowers(MemoryScanWorkload)
def build(workload: MemoryScanWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the microbenchmark on all active cores of a site."""
    asm = Assembler()
    stream = DramStream(asm, site, MemoryControllers(asm, site))
    starts = {}
    with asm.at("scan", isa.USER):
        for die in sorted(set(site.dies)):
            scan = Scan(workload, site, stream, die)
            starts[die] = asm.place()
            asm.emit(isa.BEGIN)
            if workload.mode == "latency":
                scan.load(asm)
            else:
                scan.stream_page(asm)
            asm.emit(isa.END)
            asm.jump(starts[die])
    for core, die in enumerate(site.dies):
        asm.thread(core, starts[die])
    return asm
