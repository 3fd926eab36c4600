"""CPU driver: the kernel of one core, which shares nothing with the others (SOSP'09 section 4.3).

Its one call modelled here is LRPC, between two programs on its core: a change of protection domain
and a scheduler activation in the kernel, then user-level dispatch and a pass through the thread
scheduler in the program that is called. The first part is the machine's, the others count
instructions and are the same everywhere. Source: section 4.3, Table 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from sim.engine import isa
from sim.kernel.table import KernelObject
from sim.program.assembler import Assembler
from sim.settings import Cycles

if TYPE_CHECKING:
    from sim.machine.site import Site


class Lrpc(KernelObject):
    """A call between two programs on one core, through its CPU driver.

    Its other part is the machine's: `hardware.scheduling.protection_switch_cycles`.
    """

    key: ClassVar[str] = "lrpc"

    activation_cycles: Cycles = Field(description="scheduler activation of the called dispatcher")
    dispatch_cycles: Cycles = Field(description="user-level dispatch to the message's handler")
    thread_scheduler_cycles: Cycles = Field(
        description="pass through the user-level thread scheduler"
    )


class CpuDriver:
    """The CPU driver of a core."""

    def __init__(self, lrpc: Lrpc, site: Site) -> None:
        self.lrpc = lrpc
        self.protection_switch_cycles = site.hardware.scheduling.protection_switch_cycles

    def call(self, asm: Assembler) -> None:
        """Let one program call another on its own core, one way."""
        with asm.at("cpu_driver", isa.SYSTEM):
            asm.compute(self.protection_switch_cycles)
            asm.compute(self.lrpc.activation_cycles)
        with asm.at("dispatcher", isa.USER):
            asm.compute(self.lrpc.dispatch_cycles)
            asm.compute(self.lrpc.thread_scheduler_cycles)
