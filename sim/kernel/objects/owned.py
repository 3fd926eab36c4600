"""Objects that belong to one core, or to one cluster of cores, which changes them on request.

Nobody else touches an owned object's lines: whoever wants a change sends a message, the owner is
interrupted, makes the change, and answers (SOSP'09 sections 3.3, 4.6 and 5.2).

    core 0 (owner)              trap [ change ] answer
    core 1            send ..................... wait ..... answer arrives

It guarantees one change at a time, in the order of arrival, without a lock between owners. It costs
two messages and the owner's time, whatever the owner was doing; a caller that is the owner itself
pays neither.

One object that all change belongs to core 0, or to the first cluster. Of several, the owner is
drawn anew for every change, which spreads the load as hashing many objects would. Inside an owning
cluster cores change the object under its mutex, and what its monitor does for others excludes them.
Its lines are where the last change left them: a core of the cluster fetches them, and its monitor
unless the last change, which any of the clusters may have wanted, was its own.

Not modelled: an owner that serves several of its objects at once, full channels, and caching of
replies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.kernel.message_round import message_cycles
from sim.program.assembler import Assembler, Label

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext


class Updated(Protocol):
    """Objects of one kind that processes on all cores change."""

    def update(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Emit one change of the object whose number is in a register."""


class OwnedByCores:
    """`count` objects that one core each changes on behalf of all.

    Args:
        name: object of the account.
        work_cycles: one change, on the owner.
        count: objects of this kind.
    """

    def __init__(self, context: KernelContext, name: str, work_cycles: int, count: int) -> None:
        cycles = message_cycles(context.messages, context.site)
        self.name, self.work_cycles, self.count = name, work_cycles, count
        self.cores = context.site.cores
        self.send_cycles, self.receive_cycles = cycles.send, cycles.receive
        self.service_cycles = cycles.handler + work_cycles
        self.queues = context.asm.new_servers(count)

    def update(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Emit one change of the object whose number is in a register, by its owner."""
        with asm.at(self.name), asm.registers(2) as (owner, done):
            own, end = Label(), Label()
            if self.count > 1:
                asm.emit(isa.DRAW, dst=owner, value=self.cores)
            else:
                asm.emit(isa.SET, dst=owner, value=0)
            asm.branch(owner, isa.EQUAL, 0, own, source=R_CORE)
            self._ask(asm, owner, done, index)
            asm.jump(end)
            asm.place(own)
            asm.compute(self.work_cycles)
            asm.place(end)

    def _ask(self, asm: Assembler, owner: int, done: int, index: int) -> None:
        """Emit a message to the owner and the wait for its answer."""
        asm.compute(self.send_cycles)
        asm.fetch_messages(1)
        asm.emit(
            isa.SUBMIT,
            address=self.queues,
            index=index,
            stride=1,
            value=self.service_cycles,
            dst=done,
        )
        asm.emit(isa.INTERRUPT, source=owner, target=self.service_cycles)
        asm.emit(isa.AWAIT_TIME, source=done, cause=isa.C_MESSAGE_WAIT)
        asm.fetch_messages(1)
        asm.compute(self.receive_cycles)


class OwnedByClusters:
    """`count` objects, each of which belongs to one cluster, whose cores change it under a mutex.

    Args:
        name: object of the account.
        work_cycles: one change.
        lines: that a change works on, and that cores of the cluster share.
        count: objects of this kind.
    """

    def __init__(
        self, context: KernelContext, name: str, work_cycles: int, lines: int, count: int
    ) -> None:
        self.name, self.work_cycles, self.lines, self.count = name, work_cycles, lines, count
        self.near, self.clusters = context.cluster_lines, context.clusters
        self.cycles = message_cycles(context.messages, context.site)
        with context.asm.for_each_core():  # of a cluster; the other clusters' never take it
            self.mutex = context.locks.mutex(count * len(self.clusters))
        self.queues = context.asm.new_servers(count)

    def update(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Emit one change of the object whose number is in a register, inside its cluster."""
        with asm.at(self.name), asm.registers(2) as (owner, own):
            here, end = Label(), Label()
            if self.count > 1:
                asm.emit(isa.DRAW, dst=owner, value=len(self.clusters))
            else:
                asm.emit(isa.SET, dst=owner, value=0)
            self.clusters.number(asm, own)
            asm.branch(owner, isa.EQUAL, 0, here, source=own)
            self._ask(asm, owner, index)
            asm.jump(end)
            asm.place(here)
            self._change(asm, owner, index)
            asm.place(end)

    def _change(self, asm: Assembler, owner: int, index: int) -> None:
        """Emit a change by a core of the owning cluster; afterwards `owner` is another number."""
        with asm.registers(1) as (done,):
            asm.emit(isa.SET, dst=done, value=0)
            asm.emit(isa.ADD, dst=done, source=owner, value=self.count)
            asm.emit(isa.SET, dst=owner, source=done)
            if index != isa.NONE:
                asm.emit(isa.ADD, dst=owner, source=index, value=1)
            self.mutex.acquire(asm, owner)
            self.near.fetch_near(asm, self.lines)
            self._submit(asm, index, self.work_cycles, done)
            asm.compute(self.work_cycles)
            asm.emit(isa.AWAIT_TIME, source=done, cause=isa.C_LOCK_WAIT)
            self.mutex.release(asm, owner)

    def _ask(self, asm: Assembler, owner: int, index: int) -> None:
        """Emit a message to the owning cluster's monitor and the wait for its answer."""
        with asm.registers(1) as (done,):
            asm.compute(self.cycles.send)
            asm.fetch_messages(1)
            end = Label()
            for cluster, monitor in enumerate(self.clusters.monitors):
                following = Label()
                asm.branch(owner, isa.NOT_EQUAL, cluster, following)
                service = self.cycles.handler + self.work_cycles
                moving = service + self.lines * self.clusters.transfer_cycles(cluster)
                kept = Label()
                asm.emit(isa.DRAW, dst=done, value=len(self.clusters))
                asm.branch(done, isa.AT_LEAST, 1, kept)
                self._serve(asm, (monitor, moving, index, done), end)
                asm.place(kept)
                self._serve(asm, (monitor, service, index, done), end)
                asm.place(following)
            asm.place(end)
            asm.emit(isa.AWAIT_TIME, source=done, cause=isa.C_MESSAGE_WAIT)
            asm.fetch_messages(1)
            asm.compute(self.cycles.receive)

    def _serve(self, asm: Assembler, asked: tuple[int, int, int, int], end: Label) -> None:
        """Emit a monitor's change of an object: its cycles, and when it is done."""
        monitor, cycles, index, done = asked
        self._submit(asm, index, cycles, done)
        asm.emit(isa.INTERRUPT, value=monitor, target=cycles)
        asm.jump(end)

    def _submit(self, asm: Assembler, index: int, cycles: int, done: int) -> None:
        """Emit taking a turn at an object, whoever changes it."""
        asm.emit(isa.SUBMIT, address=self.queues, index=index, stride=1, value=cycles, dst=done)
