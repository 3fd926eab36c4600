"""Network servers (SOSP'09 section 5.4): one operation is a request, from packet to packet.

A request visits the card's driver, the server and perhaps a database, each on a core of its own,
and the driver again with the reply; the parts pass it on by messages of one line. The clients keep
so many requests under way that the slowest part decides: a core, or the wire. Parts on one core
call one another directly: the kernel's stack, and a process that it serves.

What the server does after the database's answer is counted with what it does before. Not modelled:
connections that stay open, lost packets, and what the clients do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from sim.engine import isa
from sim.engine.isa import IDLE, USER
from sim.machine.nic import NetworkCard, Traffic
from sim.program.assembler import Assembler, Label
from sim.settings import Count, Cycles, PositiveCount
from sim.workload.registry import lowers
from sim.workload.settings import WorkloadSettings

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


Core = Annotated[int, Field(ge=0, le=4095, strict=True)]


class NetworkServerWorkload(WorkloadSettings):
    """A server of parts on cores of their own (SOSP'09 section 5.4): one operation is a request."""

    networked: ClassVar[bool] = True
    by_one_core: ClassVar[bool] = True

    kind: Literal["network_server"]
    in_flight: PositiveCount = Field(description="requests that the clients keep under way")
    packets_in: PositiveCount = Field(description="packets of a request")
    bytes_in: Count = Field(description="payload of a request's packets, in all")
    packets_out: PositiveCount = Field(description="packets of a reply")
    bytes_out: Count = Field(description="payload of a reply's packets, in all")
    packet_cycles: Cycles = Field(description="the driver's work for a packet, in or out")
    server_cycles: Cycles = Field(description="the server's work for a request")
    database_cycles: Cycles = Field(
        description="the database's work for a request; 0: there is no database"
    )
    driver_core: Core = Field(
        description="core of the card's driver; of fewer active cores, the last, as for all parts"
    )
    server_core: Core = Field(description="core of the server")
    database_core: Core = Field(description="core of the database")

    @model_validator(mode="after")
    def _parts_on_one_core_call_one_another(self) -> NetworkServerWorkload:
        apart = self.server_core not in (self.driver_core, self.database_core)
        if self.database_cycles and apart and self.database_core == self.driver_core:
            raise ValueError(
                f"database_core: core {self.database_core} is the driver's, and the server, which "
                "stands between them, is on another"
            )
        return self

    @property
    def operations_outstanding(self) -> int:
        """Operations that a core has begun or that wait for it, at a time."""
        return self.in_flight


@lowers(NetworkServerWorkload)
def build(workload: NetworkServerWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the driver, the server and the database on their cores."""
    del kernel  # its costs are part of the server's, as an input
    asm = Assembler()
    groups = placed(workload, site.cores)
    hops = [asm.new_lines(1, "message") for _ in groups]
    asm.messages.update(hops)
    driver = Driver(asm, workload, NetworkCard(asm, site), hops, groups[0].parts)
    asm.thread(groups[0].core, driver.emit())
    for n, group in enumerate(groups[1:]):
        asm.thread(group.core, emit_group(asm, group, hops[n], hops[n + 1]))
    return asm


@dataclass(frozen=True)
class Group:
    """Parts on one core that call one another: names, and cycles for a request."""

    core: int
    parts: list[tuple[str, int]]


def placed(workload: NetworkServerWorkload, cores: int) -> list[Group]:
    """Parts in the order of a request's visits, the driver first, those on one core together."""
    visits = [("server", workload.server_core, workload.server_cycles)]
    if workload.database_cycles:
        visits.append(("database", workload.database_core, workload.database_cycles))
    groups = [Group(min(workload.driver_core, cores - 1), [])]
    for name, wanted, cycles in visits:
        core = min(wanted, cores - 1)
        if core != groups[-1].core:
            groups.append(Group(core, []))
        groups[-1].parts.append((name, cycles))
    return groups


def emit_group(asm: Assembler, group: Group, arrived: int, done: int) -> Label:
    """Emit the loop of a core: wait for a request, work on it, pass it on."""
    with asm.registers(1) as (count,), asm.at(group.parts[0][0], USER):
        start = asm.place()
        asm.emit(isa.SET, dst=count, source=count, value=1)
        await_message(asm, arrived, count, 0)
        call(asm, group.parts)
        asm.emit(isa.STORE, address=done, source=count)
        asm.jump(start)
    return start


def call(asm: Assembler, parts: list[tuple[str, int]]) -> None:
    """Emit the work of parts, one after another."""
    for name, cycles in parts:
        with asm.at(name):
            asm.compute(cycles)


def await_message(asm: Assembler, word: int, count: int, behind: int) -> None:
    """Emit polling until so many messages have come as a register says, less some."""
    asm.emit(
        isa.AWAIT,
        address=word,
        source=count,
        value=-behind,
        condition=isa.AT_LEAST,
        cause=isa.C_MESSAGE_WAIT,
    )


@dataclass(frozen=True)
class Driver:
    """The card's driver: takes packets in, and sends replies out."""

    asm: Assembler
    workload: NetworkServerWorkload
    card: NetworkCard
    hops: list[int]
    parts: list[tuple[str, int]]

    def emit(self) -> Label:
        """Emit the driver's loop; the next request is on the wire while it works on one."""
        asm, workload = self.asm, self.workload
        arriving = Traffic(workload.packets_in, workload.bytes_in, workload.packets_in)
        leaving = Traffic(workload.packets_out, workload.bytes_out, workload.packets_out)
        with asm.registers(4) as (count, ready, following, sent), asm.at("driver", USER):
            start = asm.place()
            self.card.receive(asm, arriving, following)
            loop = asm.place()
            asm.emit(isa.SET, dst=count, source=count, value=1)
            asm.emit(isa.SET, dst=ready, source=following)
            self.card.receive(asm, arriving, following)
            asm.emit(isa.BEGIN)
            self.emit_wait(ready, "nic_rx")
            asm.compute(workload.packets_in * workload.packet_cycles)
            self.pass_on(count)
            asm.compute(workload.packets_out * workload.packet_cycles)
            self.emit_wait(sent, "nic_tx")
            self.card.transmit(asm, leaving, sent)
            asm.emit(isa.END)
            asm.jump(loop)
        return start

    def emit_wait(self, until: int, name: str) -> None:
        """Emit idling until the time in a register."""
        with self.asm.at(name, IDLE):
            self.asm.emit(isa.AWAIT_TIME, source=until, cause=isa.C_DEVICE)

    def pass_on(self, count: int) -> None:
        """Emit passing a request on, and taking a reply when enough requests are under way."""
        asm, hops = self.asm, self.hops
        call(asm, self.parts)
        if len(hops) > 1:
            asm.emit(isa.STORE, address=hops[0], source=count)
            await_message(asm, hops[-1], count, self.workload.in_flight)
