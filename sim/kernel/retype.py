"""Retyping a capability on whichever kernel a run has chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sim.kernel.barrelfish.commit import TwoPhaseCommit
from sim.kernel.linux.capabilities import CapabilityTable
from sim.program.assembler import Assembler, Label

if TYPE_CHECKING:
    from sim.config.schema.barrelfish import Barrelfish
    from sim.config.schema.kernel import LinuxKernel
    from sim.machine.site import Site


class Retype(Protocol):
    """What core 0 and the others do when a capability that all know is retyped."""

    def emit_coordinator(self, asm: Assembler) -> Label:
        """Emit the loop of core 0, an operation per retype; returns its start."""

    def emit_responder(self, asm: Assembler, core: int) -> Label:
        """Emit the loop of another core; returns its start."""


def make_retype(
    asm: Assembler, kernel: LinuxKernel | Barrelfish, site: Site, in_flight: int
) -> Retype:
    """The kernel's way to retype, at most `in_flight` at a time where that is possible."""
    if kernel.kind == "barrelfish":
        return TwoPhaseCommit(asm, kernel, site, in_flight)
    return CapabilityTable(asm, kernel, site)
