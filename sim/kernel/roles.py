"""What system calls need of kernel objects, whatever strategy of sharing these choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sim.engine import isa

if TYPE_CHECKING:
    from sim.kernel.linux.page_fault import PageFaults
    from sim.program.assembler import Assembler


class Updated(Protocol):
    """Objects of one kind that processes on all cores change."""

    def update(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Emit one change of the object whose number is in a register."""


class AddressSpace(Protocol):
    """The memory regions of a process."""

    def fault(self, asm: Assembler, faults: PageFaults, pages: int, remote: float) -> None:
        """Emit faults on fresh pages."""

    def enter_fault(self, asm: Assembler) -> None:
        """Emit the start of a fault: find its region."""

    def leave_fault(self, asm: Assembler) -> None:
        """Emit the end of a fault."""

    def map(self, asm: Assembler) -> None:
        """Emit adding a region."""

    def unmap(self, asm: Assembler) -> None:
        """Emit removing a region, and its translations from all cores."""
