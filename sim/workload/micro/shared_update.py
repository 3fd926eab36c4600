"""All active cores update the same lines, themselves or through a server (micro/shared_update).

`shared_memory`: every core writes the lines in place, without a lock. Two stores of a core are
under way at a time. A core that has got all of an operation's lines, and still has them, does
further operations until the next core's request takes one away: with one line, and with two that
come at nearly the same time; of more, the first is gone when the last comes. `message`: core 0
alone touches the lines; the others send it requests of one line each and wait for the reply. It
polls their channels in turn, and its reply overlaps the fetch of the next request. Active cores
include the server. Source: SOSP'09 section 2.4, Figure 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from sim.engine import isa
from sim.engine.distributions import EXPONENTIAL
from sim.program.assembler import Assembler, Label
from sim.settings import Cycles
from sim.sync.urpc import Cursor, UrpcChannels, message_costs
from sim.workload.registry import lowers
from sim.workload.settings import WorkloadSettings

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


class SharedUpdateWorkload(WorkloadSettings):
    """All active cores update the same lines, themselves or through a server."""

    kind: Literal["shared_update"]
    mode: Literal["shared_memory", "message"] = Field(
        description="shared_memory: each core writes the lines in place; message: core 0 does it "
        "for the others, who send it requests"
    )
    lines: Annotated[int, Field(ge=1, le=64, strict=True)] = Field(
        description="lines that one operation updates"
    )
    observer: Literal["client", "server"] = Field(
        description="whose operations are counted: the cores' that want updates, or the server's"
    )
    stub_cycles: Cycles = Field(description="work of a client before it sends a request")
    service_cycles: Cycles = Field(
        description="work of the server for a request, without the update"
    )
    update_cycles: Cycles = Field(
        description="an update whose lines are in the cache, without them"
    )
    line_cycles: Cycles = Field(description="update of one line that is in the cache")
    retention_cycles: Cycles = Field(
        description="mean time that a core keeps a line it has waited for, until the next core's "
        "request reaches it; updates in this time find the line in the cache"
    )


OBJECT = "shared_lines"


@lowers(SharedUpdateWorkload)
def build(workload: SharedUpdateWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the microbenchmark on all active cores of a site."""
    asm = Assembler()
    with asm.at(OBJECT, isa.USER):
        if workload.mode == "message" and site.cores > 1:
            Service(asm, workload, site).emit(asm)
        else:
            lines = asm.new_lines(workload.lines)
            start = emit_updates(asm, workload, lines)
            for core in range(site.cores):
                asm.thread(core, start)
    return asm


def post(asm: Assembler, address: int, done: int) -> None:
    """Emit a store that is not waited for."""
    asm.emit(isa.POST, address=address, value=1, dst=done)


def emit_updates(asm: Assembler, workload: SharedUpdateWorkload, lines: int) -> Label:
    """Emit updates: two stores under way at a time, then what retention allows."""
    last = (workload.lines - 1) % 2
    with asm.registers(2) as done, asm.registers(2) as (first, left):
        start = asm.place()
        asm.emit(isa.BEGIN)
        for line in range(workload.lines):
            arrival = done[line % 2]
            if line >= 2:
                asm.emit(isa.AWAIT_TIME, source=arrival)
            post(asm, lines + line * isa.WORDS_PER_LINE, arrival)
            if line == 0:
                asm.emit(isa.SET, dst=first, source=arrival)
        asm.emit(isa.AWAIT_TIME, source=done[1 - last])
        asm.emit(isa.AWAIT_TIME, source=done[last])
        step = max(workload.update_cycles + workload.lines * workload.line_cycles, 1)
        asm.compute(step)
        asm.emit(isa.END)
        # The time that all lines are here: retention less the time from the first to the last.
        asm.emit(isa.SAMPLE, dst=left, value=workload.retention_cycles, target=EXPONENTIAL)
        asm.emit(isa.ADD, dst=left, source=first, value=1)
        asm.emit(isa.ADD, dst=left, source=done[last], value=-1)
        more = asm.place()
        asm.branch(left, isa.LESS, step, start)
        asm.emit(isa.BEGIN)
        asm.compute(step)
        asm.emit(isa.END)
        asm.emit(isa.SET, dst=left, source=left, value=-step)
        asm.jump(more)
    return start


class Service:
    """Core 0 serves the others' requests."""

    def __init__(self, asm: Assembler, workload: SharedUpdateWorkload, site: Site) -> None:
        self.workload, self.site = workload, site
        costs = message_costs(site.hardware.messaging)
        self.costs = costs
        server = [site.packages[0]] * site.cores
        self.requests = UrpcChannels(asm, costs, server, "request")
        self.replies = UrpcChannels(asm, costs, site.packages, "reply")

    def emit(self, asm: Assembler) -> None:
        """Emit the server's and all clients' loops, and start them."""
        asm.thread(0, self.emit_server(asm))
        for core in range(1, self.site.cores):
            asm.thread(core, self.emit_client(asm, core))

    def emit_client(self, asm: Assembler, core: int) -> Label:
        """Emit the loop of a client."""
        with asm.at("client"), asm.registers(1) as (number,):
            at = Cursor(number)
            start = asm.place()
            asm.emit(isa.SET, dst=number, source=number, value=1)
            if self.workload.observer == "client":
                asm.emit(isa.BEGIN)
            asm.compute(self.workload.stub_cycles)
            self.requests.send(asm, core, at)
            self.replies.receive(asm, core, at)
            if self.workload.observer == "client":
                asm.emit(isa.END)
            asm.jump(start)
        return start

    def emit_server(self, asm: Assembler) -> Label:
        """Emit the loop that polls all clients' channels in turn.

        A register says when the last reply's line is owned; the next reply has to wait for it. To
        the server an operation ends then, and the next one begins then or when it is found.
        """
        with asm.registers(4) as (replying, done, found, served):
            start = asm.place()
            asm.emit(isa.SET, dst=served, value=0)
            for core in range(1, self.site.cores):
                self.emit_poll(asm, core, replying, done, found, served)
            asm.branch(served, isa.AT_LEAST, 1, start)
            asm.branch(replying, isa.EQUAL, 0, start)
            self.finish(asm, done)
            asm.emit(isa.SET, dst=replying, value=0)
            asm.jump(start)
        return start

    def emit_poll(
        self, asm: Assembler, core: int, replying: int, done: int, found: int, served: int
    ) -> None:
        """Emit one look at a client's channel, and the service if there is a request.

        A request is new if its number is not that of the channel's last reply.
        """
        nothing, busy, idle = Label(), Label(), Label()
        with asm.registers(1) as (answered,):
            asm.branch(replying, isa.EQUAL, 1, busy)
            self.begin(asm)
            asm.place(busy)
            asm.emit(isa.LOAD, address=self.requests.lines[core], dst=found)
            asm.emit(isa.LOAD, address=self.replies.lines[core], dst=answered)
            asm.branch(found, isa.EQUAL, 0, nothing, source=answered)
        asm.branch(replying, isa.EQUAL, 0, idle)
        self.finish(asm, done)
        self.begin(asm)
        asm.place(idle)
        asm.compute(self.costs.receive + self.workload.service_cycles + self.costs.send)
        asm.compute(self.workload.update_cycles + self.workload.lines * self.workload.line_cycles)
        asm.emit(isa.POST, address=self.replies.lines[core], source=found, dst=done)
        asm.emit(isa.SET, dst=replying, value=1)
        asm.emit(isa.SET, dst=served, value=1)
        asm.place(nothing)

    def begin(self, asm: Assembler) -> None:
        """Emit the beginning of an operation of the server."""
        if self.workload.observer == "server":
            asm.emit(isa.BEGIN)

    def finish(self, asm: Assembler, done: int) -> None:
        """Emit the wait for the last reply's line, and the end of the operation."""
        asm.emit(isa.AWAIT_TIME, source=done)
        if self.workload.observer == "server":
            asm.emit(isa.END)
