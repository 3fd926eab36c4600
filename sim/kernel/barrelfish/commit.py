"""Retyping a capability: a two-phase commit between the monitors (SOSP'09 sections 4.7 and 5.2).

Two cores must not retype one capability differently. In the first phase every monitor locks its
record and agrees, in the second it applies the outcome; both are multicast along the same tree as
a shootdown and acknowledged up the same way. Several operations may be under way: the coordinator
sends the first phase of one, then the second phase of an earlier one, and its monitor, never idle,
pays neither for being scheduled nor for passes of the event loop.

Where the cores of a cluster share their capabilities through memory, there is one record and one
monitor in each cluster. Nobody else in it is told, and its lock is free: only monitors retype.

Not modelled: refusals and retries. The acknowledgement of the second phase is assumed; the paper
does not say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.kernel.barrelfish.monitor import Monitors
from sim.program.assembler import Assembler, Label

if TYPE_CHECKING:
    from sim.config.schema.barrelfish import Barrelfish
    from sim.machine.site import Site


class TwoPhaseCommit:
    """Retypes that core 0 coordinates, `in_flight` of them (an odd number) at a time."""

    def __init__(self, asm: Assembler, kernel: Barrelfish, site: Site, in_flight: int) -> None:
        self.lag = in_flight // 2
        self.monitors = Monitors(asm, kernel, site, slots=2 * in_flight)

    def emit_coordinator(self, asm: Assembler) -> Label:
        """Emit the loop in which one operation begins, one is decided and one is complete."""
        monitors, multicast = self.monitors, self.monitors.multicast
        with multicast.cursor(asm) as sent, multicast.cursor(asm) as heard:
            start = asm.place()
            for _ in range(self.lag):  # first phases, and empty second ones, to fill the pipeline
                for _ in range(2):
                    multicast.advance(asm, sent)
                    monitors.tell(asm, sent)
            top = asm.place()
            asm.emit(isa.BEGIN)
            monitors.take_call(asm, idle=self.lag == 0)
            for _ in range(2):
                multicast.advance(asm, sent)
                multicast.advance(asm, heard)
                monitors.tell(asm, sent)
                monitors.hear(asm, heard)
            monitors.reply(asm)
            asm.emit(isa.END)
            asm.jump(top)
        return start

    def emit_responder(self, asm: Assembler, core: int) -> Label:
        """Emit the loop of another core's monitor, or of a core without one."""
        if not self.monitors.has(core):
            return self.monitors.emit_bystander(asm)
        return self.monitors.emit_follower(asm, core, (0, 0))
