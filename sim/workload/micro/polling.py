"""A core polls for a message for some time and then blocks (micro/polling).

The last active core says that it is ready and polls a channel for `poll_cycles`; then it blocks and
leaves a note. The first active core sends a message some time after the other was ready, looks at
the note, and interrupts the other if it sleeps; waking up costs `wake_cycles` of the sleeper's
time. One operation is one message, from the send until the receiver is ready again, so latency is
that of two messages if the receiver still polls and `wake_cycles` more if not. The sender's wait is
idle time: user and system time beyond that of the two messages are the receiver's overhead.
Source: SOSP'09 section 5.2, where polling for as long as a wake-up costs bounds the overhead by
twice that cost and the delay by once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from sim.engine import isa
from sim.engine.distributions import EXPONENTIAL, UNIFORM
from sim.program.assembler import Assembler, Label
from sim.settings import Cycles
from sim.sync.urpc import Cursor, UrpcChannels, message_costs
from sim.workload.registry import lowers
from sim.workload.settings import WorkloadSettings

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


class PollingWorkload(WorkloadSettings):
    """A core polls for a message for some time and then blocks (micro/polling)."""

    by_one_core: ClassVar[bool] = True

    kind: Literal["polling"]
    poll_cycles: Cycles = Field(description="time that the receiver polls before it blocks")
    wake_cycles: Cycles = Field(description="cost of waking a blocked receiver by an interrupt")
    arrival: Literal["exponential", "uniform", "fixed"] = Field(
        description="distribution of the time until the message is sent"
    )
    arrival_cycles: Cycles = Field(
        description="mean time from the receiver's readiness until the message is sent"
    )

    @property
    def fewest_cores(self) -> int:
        """One core sends and another receives."""
        return 2


OBJECT = "channel"
SHAPES = {"exponential": EXPONENTIAL, "uniform": UNIFORM}


class PolledChannel:
    """The two cores' programs."""

    def __init__(self, asm: Assembler, workload: PollingWorkload, site: Site) -> None:
        self.workload = workload
        last = site.cores - 1
        homes = (site.packages[last], site.packages[0])
        self.receiver = last
        self.channels = UrpcChannels(asm, message_costs(site.hardware.messaging), homes)
        self.asleep = asm.new_lines(1, "asleep", site.packages[last])

    def emit_sender(self, asm: Assembler) -> Label:
        """Emit the loop of the core that sends, and hears when the other is ready."""
        message, ready = range(2)
        with asm.registers(3) as (number, time, asleep):
            at, awake = Cursor(number), Label()
            start = asm.place()
            asm.emit(isa.SET, dst=number, source=number, value=1)
            with asm.at("sender", isa.IDLE):
                self.emit_wait(asm, time)
            asm.emit(isa.BEGIN)
            self.channels.send(asm, message, at)
            asm.emit(isa.LOAD, address=self.asleep, dst=asleep)
            asm.branch(asleep, isa.LESS, 0, awake, source=number)
            asm.emit(isa.SEND_IPI, value=self.receiver)
            asm.place(awake)
            with asm.at("sender", isa.IDLE):
                self.channels.poll(asm, ready, at)
            asm.emit(isa.END)
            asm.jump(start)
        return start

    def emit_wait(self, asm: Assembler, time: int) -> None:
        """Emit the time until the next message."""
        if self.workload.arrival == "fixed":
            asm.compute(self.workload.arrival_cycles)
        else:
            shape = SHAPES[self.workload.arrival]
            asm.emit(isa.COMPUTE_DRAWN, value=self.workload.arrival_cycles, target=shape)

    def emit_receiver(self, asm: Assembler) -> Label:
        """Emit the loop of the core that polls and then blocks.

        It leaves its note and looks once more before it sleeps, so that no message is missed.
        """
        message, ready = range(2)
        line = self.channels.lines[message]
        with asm.registers(3) as (number, found, before):
            at, there = Cursor(number), Label()
            start = asm.place()
            asm.emit(isa.SET, dst=before, source=number)
            asm.emit(isa.SET, dst=number, source=number, value=1)
            if self.workload.poll_cycles:
                with asm.at("poll"):
                    asm.emit(
                        isa.AWAIT_CHANGE,
                        address=line,
                        source=before,
                        target=self.workload.poll_cycles,
                        cause=isa.C_MESSAGE_WAIT,
                    )
            asm.emit(isa.LOAD, address=line, dst=found)
            asm.branch(found, isa.AT_LEAST, 0, there, source=number)
            with asm.at("wake", isa.SYSTEM):
                asm.emit(isa.STORE, address=self.asleep, source=number)
            asm.emit(isa.LOAD, address=line, dst=found)
            asm.branch(found, isa.AT_LEAST, 0, there, source=number)
            sleep = asm.place()  # again after an interrupt for a message that was found already
            with asm.at("asleep", isa.IDLE):
                asm.emit(isa.AWAIT_IPI, cause=isa.C_BLOCKED)
            asm.emit(isa.LOAD, address=line, dst=found)
            asm.branch(found, isa.LESS, 0, sleep, source=number)
            with asm.at("wake", isa.SYSTEM):
                asm.compute(self.workload.wake_cycles)
            asm.place(there)
            asm.compute(self.channels.costs.receive)
            self.channels.send(asm, ready, at)
            asm.jump(start)
        return start


@lowers(PollingWorkload)
def build(workload: PollingWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the microbenchmark on the first and the last active core of a site."""
    asm = Assembler()
    with asm.at(OBJECT, isa.USER):
        channel = PolledChannel(asm, workload, site)
        asm.thread(0, channel.emit_sender(asm))
        asm.thread(channel.receiver, channel.emit_receiver(asm))
    return asm
