"""URPC: messages of one cache line between two cores, without the kernel (SOSP'09 section 4.6).

A channel is a ring of lines in shared memory with one writer and one reader. The sender's store
takes the line away from the receiver, whose next poll brings it back with the message in it: two
trips over the interconnect for a message, and nothing else. While nothing comes the receiver polls
its own copy and disturbs nobody.

A receiver that finds several messages fetches the next one while it works on the one before.

The receiver never acknowledges a message on its critical path. A ring that carries one request at
a time is free again when the reply is there; a stream counts what it has received in one line of
its own, which the sender fetches ahead of the time when its slots run out.

Not modelled: messages longer than a line, and the prefetch hint that a channel may be opened with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.engine import isa
from sim.program.assembler import Assembler, Label

if TYPE_CHECKING:
    from sim.machine.settings.hardware import Messaging


@dataclass(frozen=True)
class MessageCosts:
    """What messages cost beside the cache lines that move.

    Attributes:
        send: instructions to send one.
        gap: from one send to the next, where sends overlap.
        receive: instructions to receive one.
        discover: until a receiver that had nothing to do turns to a message.
        overlapped_sends, overlapped_polls, sends_under_way: as `hardware.messaging`.
    """

    send: int
    gap: int
    receive: int
    discover: int
    overlapped_sends: int
    overlapped_polls: int
    sends_under_way: int = 1


def message_costs(messaging: Messaging) -> MessageCosts:
    """Costs of bare URPC."""
    return MessageCosts(
        send=messaging.send_cycles,
        gap=messaging.overlap_gap_cycles,
        receive=messaging.receive_cycles,
        discover=0,
        overlapped_sends=messaging.overlapped_sends,
        overlapped_polls=messaging.overlapped_polls,
        sends_under_way=messaging.sends_under_way,
    )


@dataclass(frozen=True)
class Cursor:
    """Registers that say which message is meant: its number, and the slot that it lies in."""

    number: int
    slot: int = isa.NONE


class UrpcChannels:
    """Channels between pairs of cores, all with as many slots.

    Where at most one message is under way one slot stands for the ring: which comes next changes
    nothing.

    Args:
        asm: program that the lines belong to.
        costs: of sending and receiving.
        homes: home node of each channel's lines.
        name: of the lines, for traces.
        slots: messages that a channel can hold.
    """

    def __init__(
        self,
        asm: Assembler,
        costs: MessageCosts,
        homes: Sequence[int],
        name: str = "channel",
        slots: int = 1,
    ) -> None:
        self.costs, self.slots = costs, slots
        self.lines = [asm.new_lines(slots, name, home) for home in homes]
        asm.messages.update(self.lines)

    def advance(self, asm: Assembler, at: Cursor) -> None:
        """Let a cursor mean the next message."""
        asm.emit(isa.SET, dst=at.number, source=at.number, value=1)
        if at.slot != isa.NONE:
            inside = Label()
            asm.emit(isa.SET, dst=at.slot, source=at.slot, value=1)
            asm.branch(at.slot, isa.LESS, self.slots, inside)
            asm.emit(isa.SET, dst=at.slot, value=0)
            asm.place(inside)

    def send(self, asm: Assembler, channel: int, at: Cursor) -> None:
        """Send the number of the cursor, and wait until the line is the sender's own."""
        asm.compute(self.costs.send)
        asm.emit(isa.STORE, address=self.lines[channel], index=at.slot, source=at.number)

    def send_to_many(self, asm: Assembler, channels: Sequence[int], at: Cursor) -> None:
        """Send to one channel after another; the machine overlaps the first of several."""
        ahead = channels[: self.costs.overlapped_sends] if len(channels) > 1 else []
        with asm.registers(1) as (done,):
            for channel in ahead:
                asm.compute(self.costs.gap)
                asm.emit(
                    isa.POST, address=self.lines[channel], index=at.slot, source=at.number, dst=done
                )
        self.send_buffered(asm, channels[len(ahead) :], at)

    def send_buffered(self, asm: Assembler, channels: Sequence[int], at: Cursor) -> None:
        """Send to one channel after another, with so many stores under way at a time."""
        size = min(self.costs.sends_under_way, len(channels))
        if size <= 1:
            for channel in channels:
                self.send(asm, channel, at)
            return
        with asm.registers(size) as buffer:
            for n, channel in enumerate(channels):
                done = buffer[n % size]
                asm.compute(self.costs.send)
                if n >= size:
                    asm.emit(isa.AWAIT_TIME, source=done)
                asm.emit(
                    isa.POST, address=self.lines[channel], index=at.slot, source=at.number, dst=done
                )

    def receive(self, asm: Assembler, channel: int, at: Cursor) -> None:
        """Poll until the message with the number of the cursor is there."""
        if self.costs.discover:
            self.discover(asm, channel, at)
        else:
            self.poll(asm, channel, at)
        asm.compute(self.costs.receive)

    def poll(self, asm: Assembler, channel: int, at: Cursor) -> None:
        """Spin until the message with the number of the cursor is there."""
        asm.emit(
            isa.AWAIT,
            address=self.lines[channel],
            index=at.slot,
            source=at.number,
            condition=isa.AT_LEAST,
            cause=isa.C_MESSAGE_WAIT,
        )

    def discover(self, asm: Assembler, channel: int, at: Cursor) -> None:
        """As `poll`; a receiver that had to wait also pays for turning to the message."""
        there = Label()
        with asm.registers(1) as (found,):
            asm.emit(isa.LOAD, address=self.lines[channel], index=at.slot, dst=found)
            asm.branch(found, isa.AT_LEAST, 0, there, source=at.number)
        self.poll(asm, channel, at)
        asm.compute(self.costs.discover)
        asm.place(there)

    def receive_from_many(self, asm: Assembler, channels: Sequence[int], at: Cursor) -> None:
        """Poll channels until each has its message.

        Polls of different channels do not depend on one another, so those that miss overlap: a
        group of channels is looked at together whenever one of them has been waited for.
        """
        size = self.costs.overlapped_polls
        for first in range(0, len(channels), size):
            group = channels[first : first + size]
            for n, channel in enumerate(group):
                if n < len(group) - 1:
                    self.poll_together(asm, group[n:], at)
                self.receive(asm, channel, at)

    def poll_together(self, asm: Assembler, channels: Sequence[int], at: Cursor) -> None:
        """Fetch the lines of several channels at once, and wait until all are here."""
        with asm.registers(2) as (here, last):
            asm.emit(isa.SET, dst=last, value=0)
            for channel in channels:
                earlier = Label()
                asm.emit(isa.PREFETCH, address=self.lines[channel], index=at.slot, dst=here)
                asm.branch(here, isa.LESS, 0, earlier, source=last)
                asm.emit(isa.SET, dst=last, source=here)
                asm.place(earlier)
            asm.emit(isa.AWAIT_TIME, source=last)


class UrpcStream:
    """A channel that carries many messages one way, as many at a time as it has slots."""

    def __init__(self, asm: Assembler, messaging: Messaging, slots: int, home: int) -> None:
        self.messaging, self.slots = messaging, slots
        self.ring = asm.new_lines(slots + 1, "ring", home)  # one to prefetch beyond the end
        self.received = asm.new_lines(1, "received", home)
        asm.messages.update((self.ring, self.received))
        self.announced_every = max(slots // 2, 1)

    def emit_sender(self, asm: Assembler) -> Label:
        """Emit the loop of the sender, for whom one message is one operation."""
        with asm.registers(4) as (lap, slot, sent, free):
            start = asm.place()
            asm.emit(isa.SET, dst=free, value=self.slots)
            top = asm.place()
            asm.emit(isa.SET, dst=lap, source=lap, value=1)
            asm.emit(isa.SET, dst=slot, value=0)
            message = asm.place()
            asm.emit(isa.BEGIN)
            self.wait_for_slot(asm, sent, free)
            asm.compute(self.messaging.send_cycles)
            asm.emit(isa.STORE, address=self.ring, index=slot, source=lap)
            asm.emit(isa.END)
            asm.emit(isa.SET, dst=sent, source=sent, value=1)
            asm.emit(isa.SET, dst=free, source=free, value=-1)
            asm.emit(isa.SET, dst=slot, source=slot, value=1)
            asm.branch(slot, isa.LESS, self.slots, message)
            asm.jump(top)
        return start

    def wait_for_slot(self, asm: Assembler, sent: int, free: int) -> None:
        """Emit looking at the receiver's count: ahead of time, and then to wait for it."""
        some, later = Label(), Label()
        asm.branch(free, isa.NOT_EQUAL, self.slots // 4, later)
        with asm.registers(1) as (here,):
            asm.emit(isa.PREFETCH, address=self.received, dst=here)
        asm.place(later)
        asm.branch(free, isa.AT_LEAST, 1, some)
        asm.emit(
            isa.AWAIT,
            address=self.received,
            source=sent,
            value=1 - self.slots,
            condition=isa.AT_LEAST,
            cause=isa.C_MESSAGE_WAIT,
        )
        asm.emit(isa.LOAD, address=self.received, dst=free)
        asm.emit(isa.SET, dst=free, source=free, value=self.slots)
        asm.emit(isa.ADD, dst=free, source=sent, value=-1)
        asm.place(some)

    def emit_receiver(self, asm: Assembler) -> Label:
        """Emit the loop of the receiver."""
        with asm.registers(5) as (lap, slot, seen, unannounced, here):
            start = asm.place()
            asm.emit(isa.SET, dst=lap, source=lap, value=1)
            asm.emit(isa.SET, dst=slot, value=0)
            message = asm.place()
            asm.emit(
                isa.AWAIT,
                address=self.ring,
                index=slot,
                source=lap,
                cause=isa.C_MESSAGE_WAIT,
            )
            asm.emit(isa.PREFETCH, address=self.ring + isa.WORDS_PER_LINE, index=slot, dst=here)
            asm.compute(self.messaging.receive_cycles)
            asm.emit(isa.SET, dst=seen, source=seen, value=1)
            asm.emit(isa.SET, dst=unannounced, source=unannounced, value=1)
            silent = Label()
            asm.branch(unannounced, isa.LESS, self.announced_every, silent)
            asm.emit(isa.SET, dst=unannounced, value=0)
            with asm.registers(1) as (done,):
                asm.emit(isa.POST, address=self.received, source=seen, dst=done)
            asm.place(silent)
            asm.emit(isa.AWAIT_TIME, source=here)
            asm.emit(isa.SET, dst=slot, source=slot, value=1)
            asm.branch(slot, isa.LESS, self.slots, message)
            asm.jump(start)
        return start
