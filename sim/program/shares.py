"""Shares of the times that a program passes somewhere: a number is drawn, and compared."""

from __future__ import annotations

from sim.engine import isa
from sim.program.assembler import Assembler, Label

SHARES = 1000
"""Resolution of a share: what settings call to 1/1000."""
FINE_SHARES = 1 << 20
"""Of a share that is computed, and may be much smaller."""


def branch_for_share(
    asm: Assembler, register: int, share: float, label: Label, resolution: int = SHARES
) -> None:
    """Go to a label that share of the times, at random; the register is overwritten."""
    asm.emit(isa.DRAW, dst=register, value=resolution)
    asm.branch(register, isa.LESS, round(share * resolution), label)


def branch_for_rest(asm: Assembler, register: int, share: float, label: Label) -> None:
    """Go on that share of the times, at random, else to a label; the register is overwritten."""
    asm.emit(isa.DRAW, dst=register, value=SHARES)
    asm.branch(register, isa.AT_LEAST, round(share * SHARES), label)
