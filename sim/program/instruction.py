"""One instruction of a program that is being written: named operands, and a label to go to."""

from __future__ import annotations

from dataclasses import dataclass

from sim.engine import isa


@dataclass
class Label:
    """A place in the program, known once `Assembler.place` was called."""

    position: int = isa.NONE


@dataclass(slots=True)
class Instruction:
    """An instruction, as `sim.engine.isa` has them.

    Attributes:
        op: operation.
        mode, object, cause: what it is charged to: the first two its time, all three its stalls.
        dst, index, source: registers; NONE where it has none.
        address, stride: its word is `address + R[index] * stride`.
        value: its value is `value + R[source]`.
        condition: that its value is compared by.
        target: where it goes to, or a number whose meaning is the operation's own.
    """

    op: int
    mode: int
    object: int
    cause: int
    dst: int
    index: int
    source: int
    address: int
    stride: int
    value: int
    condition: int
    target: int | Label

    @property
    def resolved(self) -> int:
        """Target as a number."""
        return self.target.position if isinstance(self.target, Label) else self.target
