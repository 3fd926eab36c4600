"""Signals that a thread sends itself, and the lock of a process's handlers (siglock).

Sending a signal, finding it, blocking and unblocking signals around it and returning from its
handler each take the spin lock of the process's signal handlers for a moment, whichever thread it
is for. So threads that signal only themselves meet at the lock of their process, several times for
each signal:

    core 0   lock [ block ] unlock   lock [ send ] unlock ...
    core 1         lock ....... line moves [ block ] unlock ...

Processes have a lock each, and meet nobody.

Not modelled: signals to others, pending queues that are not empty, and limits per user.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.kernel.table import KernelObject
from sim.settings import Count, Cycles

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler

CHARGED_TO = "siglock"
CALLS = "signal"


class SignalHandlers(KernelObject):
    """A process's signal handlers (siglock)."""

    key: ClassVar[str] = "signal_handlers"

    acquisitions: Count = Field(
        description="times that a signal which a thread sends itself and handles takes the lock"
    )
    hold_cycles: Cycles = Field(description="cycles from acquisition to release, uncontended")
    call_cycles: Cycles = Field(
        description="the rest of sending, delivering and handling such a signal: system calls, and "
        "the handler's frame"
    )


class Signals:
    """Signals of the threads of one process, or of a process on each core."""

    def __init__(self, context: KernelContext) -> None:
        self.settings = context.settings(SignalHandlers)
        if context.population.shared_address_space:
            self.lock, self.own = context.locks.spin(), isa.NONE
        else:
            self.lock, self.own = context.locks.spin_of_each_core(), R_CORE

    def raise_and_handle(self, asm: Assembler) -> None:
        """Emit a signal of a thread to itself, until its handler has returned."""
        settings = self.settings
        between = settings.call_cycles // max(settings.acquisitions, 1)
        with asm.at(CALLS):
            asm.compute(settings.call_cycles - between * settings.acquisitions)
        with asm.repeat(settings.acquisitions):
            with asm.at(CALLS):
                asm.compute(between)
            with asm.at(CHARGED_TO):
                self.lock.acquire(asm, self.own)
                asm.compute(settings.hold_cycles)
                self.lock.release(asm, self.own)
