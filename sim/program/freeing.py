"""What if an object cost nothing? A program without the time that one of its objects takes.

Every instruction charged to a freed object becomes free of cost, and excludes nobody: work and
service take no time, lines need no transfer, locks are always open, nobody sleeps. Registers that
it would have set are 0, and a compare-and-swap finds what it expects, which is how an uncontended
lock answers. What others depend on for more than its time stays: instructions whose stalls are
charged as barrier or message wait, writes of messages, and objects that a program calls essential.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from sim.engine import isa
from sim.program.assembler import Assembler
from sim.program.instruction import Instruction
from sim.program.operations import KEPT, SENDS, SETS, SUCCEEDS

NEEDED = (isa.C_BARRIER, isa.C_MESSAGE_WAIT)
SET_TO_0 = SETS - SUCCEEDS


def freeable(program: Assembler) -> list[str]:
    """Objects of a program that could be freed: those with some cost that is not essential."""
    charged = {program.object_of(one) for one in program.instructions if not stays(program, one)}
    return [name for name in program.objects if name in charged - program.essential]


def stays(program: Assembler, instruction: Instruction) -> bool:
    """Whether an instruction stays in a program when its object is freed."""
    op, cause = instruction.op, instruction.cause
    sent = op in SENDS and instruction.address in program.messages
    return op in KEPT or cause in NEEDED or sent


def free(program: Assembler, objects: Sequence[str]) -> None:
    """Let some objects of a program cost nothing.

    Raises:
        ValueError: for an object that the program has not, or that is essential.
    """
    allowed = freeable(program)
    for name in objects:
        if name not in allowed:
            near = get_close_matches(name, allowed, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise ValueError(f"free: {name!r} cannot be freed; {hint}allowed: {', '.join(allowed)}")
    for n, instruction in enumerate(program.instructions):
        if program.object_of(instruction) not in objects or stays(program, instruction):
            continue
        if instruction.op in SET_TO_0 and instruction.dst != isa.NONE:
            instruction.op, instruction.source, instruction.value = isa.SET, isa.NONE, 0
        else:
            instruction.op, instruction.target = isa.JUMP, n + 1
