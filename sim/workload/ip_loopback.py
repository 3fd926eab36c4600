"""IP loopback (SOSP'09 section 5.4, Table 4): one operation is one UDP packet.

A source and a sink on two packages; packets go through a ring of buffers. The source makes the
payload and writes it into a buffer, line by line, which takes every line away from the sink; the
sink reads it. Between them is either the kernel's stack, entered by system calls, which takes the
packet up to the sink's socket queue on the source's core, and whose structures both cores write;
or one user-level stack on each side and messages of a line that hand buffers over and back.

Source and sink wait by polling. Not modelled: misses that a core's own second-level cache or memory
serves, and sleeping when the queue is empty or full.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from sim.engine import isa
from sim.engine.isa import SYSTEM, USER, WORDS_PER_LINE
from sim.program.assembler import Assembler, Label
from sim.settings import Cycles, PositiveCount
from sim.workload.registry import lowers
from sim.workload.settings import WorkloadSettings

if TYPE_CHECKING:
    from sim.kernel.packet_path import PacketPath
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


class IpLoopbackWorkload(WorkloadSettings):
    """UDP from one process to another of the same machine (SOSP'09 section 5.4, Table 4)."""

    counts_traffic: ClassVar[bool] = True
    by_one_core: ClassVar[bool] = True

    kind: Literal["ip_loopback"]
    payload_bytes: PositiveCount = Field(description="bytes of payload in a packet")
    header_bytes: PositiveCount = Field(description="bytes of headers in a packet's buffer")
    buffers: PositiveCount = Field(description="buffers that go round")
    protocol_cycles: Cycles = Field(description="one pass of a packet through UDP and IP")
    touch_cycles: Cycles = Field(
        description="going over a packet's payload once, to make, copy or check it"
    )

    @property
    def fewest_cores(self) -> int:
        """One core sends and another receives."""
        return 2


LINE_BYTES = 64


@dataclass(frozen=True)
class Lines:
    """Addresses of what source and sink share.

    Attributes:
        payload: lines of each buffer.
        buffers: the buffers, one after another.
        messages, returns: ring slots, as many lines each as a message has.
        shared: structures that both write.
    """

    payload: int
    buffers: int
    messages: int
    returns: int
    shared: int


def lay_out(asm: Assembler, workload: IpLoopbackWorkload, path: PacketPath) -> Lines:
    """Reserve the lines."""
    payload = -(-(workload.payload_bytes + workload.header_bytes) // LINE_BYTES)
    n = workload.buffers
    return Lines(
        payload,
        asm.new_lines(n * payload, "buffer"),
        asm.new_lines(n * max(path.message_lines, 1), "message"),
        asm.new_lines(n * max(path.return_lines, 1), "return"),
        asm.new_lines(max(path.shared_lines, 1), "shared"),
    )


@lowers(IpLoopbackWorkload)
def build(workload: IpLoopbackWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the source on the first core and the sink on the last."""
    path: PacketPath | None = kernel.part("packets")
    if path is None:
        raise ValueError(f"kernel {kernel.name} does not say how packets go (kernel.packets)")
    if site.cores < 2:
        raise ValueError("ip_loopback needs two cores: one for the source, one for the sink")
    asm = Assembler()
    loopback = Loopback(asm, workload, path, lay_out(asm, workload, path))
    asm.thread(0, loopback.emit_source())
    asm.thread(site.cores - 1, loopback.emit_sink())
    return asm


@dataclass(frozen=True)
class Loopback:
    """Emits source and sink."""

    asm: Assembler
    workload: IpLoopbackWorkload
    path: PacketPath
    lines: Lines

    @property
    def mode(self) -> int:
        """Mode that the network stack runs in."""
        return SYSTEM if self.path.in_kernel else USER

    def emit_source(self) -> Label:
        """Emit the loop that sends packets; returns its start."""
        asm, path = self.asm, self.path
        with asm.registers(2) as (lap, slot), asm.at("source", USER):
            start = self.emit_lap(lap)
            asm.emit(isa.SET, dst=slot, value=0)
            packet = asm.place()
            asm.emit(isa.BEGIN)
            with asm.at("network_stack", self.mode):
                asm.compute(path.call_cycles)
                self.emit_wait(self.lines.returns, path.return_lines, slot, lap, -1)
            asm.compute(self.workload.touch_cycles)
            with asm.at("network_stack", self.mode):
                asm.compute(max(path.source_touches - 1, 0) * self.workload.touch_cycles)
                asm.compute(path.source_passes * self.workload.protocol_cycles)
                self.emit_buffer(isa.STORE, slot)
                self.emit_structures()
                self.emit_message(self.lines.messages, path.message_lines, slot, lap)
            self.emit_next(slot, packet, start)
        return start

    def emit_sink(self) -> Label:
        """Emit the loop that receives packets; returns its start."""
        asm, path = self.asm, self.path
        with asm.registers(2) as (lap, slot), asm.at("sink", USER):
            start = self.emit_lap(lap)
            asm.emit(isa.SET, dst=slot, value=0)
            packet = asm.place()
            asm.emit(isa.BEGIN)
            with asm.at("network_stack", self.mode):
                asm.compute(path.call_cycles)
                self.emit_wait(self.lines.messages, path.message_lines, slot, lap, 0)
                self.emit_structures()
                self.emit_buffer(isa.LOAD, slot)
                asm.compute(path.sink_passes * self.workload.protocol_cycles)
                asm.compute(path.sink_touches * self.workload.touch_cycles)
                self.emit_message(self.lines.returns, path.return_lines, slot, lap)
            asm.emit(isa.END)
            self.emit_next(slot, packet, start)
        return start

    def emit_lap(self, lap: int) -> Label:
        """Emit the start of another lap around the ring."""
        start = self.asm.place()
        self.asm.emit(isa.SET, dst=lap, source=lap, value=1)
        return start

    def emit_next(self, slot: int, packet: Label, lap: Label) -> None:
        """Emit going on to the next slot of the ring."""
        asm = self.asm
        asm.emit(isa.SET, dst=slot, source=slot, value=1)
        asm.branch(slot, isa.LESS, self.workload.buffers, packet)
        asm.jump(lap)

    def emit_wait(self, ring: int, lines: int, slot: int, lap: int, late: int) -> None:
        """Emit polling a slot until it has the message of this lap (or, late, of the last)."""
        for line in range(max(lines, 1)):
            self.asm.emit(
                isa.AWAIT,
                address=ring + line * WORDS_PER_LINE,
                index=slot,
                stride=max(lines, 1) * WORDS_PER_LINE,
                source=lap,
                value=late,
                condition=isa.AT_LEAST,
                cause=isa.C_MESSAGE_WAIT,
            )
        if lines:
            self.asm.compute(self.path.message_cycles)

    def emit_message(self, ring: int, lines: int, slot: int, lap: int) -> None:
        """Emit writing the message of this lap into a slot."""
        if lines:
            self.asm.compute(self.path.message_cycles)
        for line in range(max(lines, 1)):
            self.asm.emit(
                isa.STORE,
                address=ring + line * WORDS_PER_LINE,
                index=slot,
                stride=max(lines, 1) * WORDS_PER_LINE,
                source=lap,
            )

    def emit_structures(self) -> None:
        """Emit updating the structures that both sides write."""
        with self.asm.at("socket_structures", self.mode):
            for line in range(self.path.shared_lines):
                self.asm.emit(isa.INCREMENT, address=self.lines.shared + line * WORDS_PER_LINE)

    def emit_buffer(self, op: int, slot: int) -> None:
        """Emit writing or reading a buffer, line by line."""
        with self.asm.at("payload", self.mode), self.asm.registers(1) as (word,):
            for line in range(self.lines.payload):
                self.asm.emit(
                    op,
                    address=self.lines.buffers + line * WORDS_PER_LINE,
                    index=slot,
                    stride=self.lines.payload * WORDS_PER_LINE,
                    dst=word,
                    value=1,
                )
