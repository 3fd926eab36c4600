"""What the cores of a program share, read off the program before it runs.

Every thread's instructions are followed along all branches, with what is known of each register:
a number, or a multiple of the numbers of its core, thread and package plus a number (where lines
lie that belong to one core). An address that is known so is one line; any other may be any line of
its region from there on. So nothing that could be shared is missed, and what is only thought to be
shared is indexed by something drawn or read from memory.

Lines that a program calls messages or replicas are told apart: a message has two ends, and replicas
are kept consistent by messages that a kernel sends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from sim.engine import isa
from sim.program.assembler import Assembler, Region
from sim.program.instruction import Instruction
from sim.program.operations import NAMES_A_WORD, SETS

Known = tuple[int, int, int, int] | None
"""Value of a register: factors of core, thread and package, and a number; None: unknown."""
Registers = tuple[Known, ...]

START: Registers = (
    (1, 0, 0, 0),
    (0, 1, 0, 0),
    (0, 0, 1, 0),
    *[(0, 0, 0, 0)] * (isa.REGISTERS - 3),
)
ENDS_OF_A_CHANNEL = 2


@dataclass(frozen=True)
class Crossing:
    """Memory that cores of several packages share other than by messages.

    Attributes:
        object: of the account, that the instructions are charged to.
        lines: name of the lines; empty for lines fetched in bulk.
        packages: how many packages share them.
    """

    object: str
    lines: str
    packages: int


def crossings(program: Assembler, packages: Sequence[int]) -> Iterator[Crossing]:
    """Memory that packages share other than by messages, in the order of the program.

    Args:
        program: built, not yet assembled.
        packages: package of each core.
    """
    return Sharing(program, packages).crossings()


class Sharing:
    """Which threads execute each instruction, and what they know there."""

    def __init__(self, program: Assembler, packages: Sequence[int]) -> None:
        self.program, self.packages = program, packages
        self.cores = [core for core, _ in program.entries]
        self.reached: dict[int, tuple[int, Registers]] = {}  # threads as bits, registers
        self.regions = {
            line: region
            for region in program.regions
            for line in range(region.address // isa.WORDS_PER_LINE, end_of(region))
        }
        self.of_threads = cache(self._of_threads)
        self._follow()

    def _follow(self) -> None:
        """Find who reaches each instruction with what, until nothing new is found."""
        left: list[int] = []
        for thread, (_, entry) in enumerate(self.program.entries):
            left += self._arrive(entry.position, 1 << thread, START)
        while left:
            at = left.pop()
            threads, known = self.reached[at]
            instruction = self.program.instructions[at]
            after = changed(instruction, known)
            for following in successors(at, instruction):
                left += self._arrive(following, threads, after)

    def _arrive(self, at: int, threads: int, known: Registers) -> list[int]:
        """Note threads that reach an instruction; returns it if that is news."""
        before = self.reached.get(at)
        if before is not None:
            threads |= before[0]
            known = tuple(a if a == b else None for a, b in zip(before[1], known, strict=True))
        if before == (threads, known):
            return []
        self.reached[at] = threads, known
        return [at]

    def _of_threads(self, threads: int) -> int:
        """Packages of threads, both as bits."""
        found = 0
        for thread, core in enumerate(self.cores):
            if threads >> thread & 1:
                found |= 1 << self.packages[core]
        return found

    def crossings(self) -> Iterator[Crossing]:
        """Memory that packages share other than by messages, in the order of the program."""
        everybody = self.of_threads((1 << len(self.cores)) - 1).bit_count()
        sharers: dict[int, int] = {}
        users: dict[int, str] = {}
        for at in sorted(self.reached):
            instruction = self.program.instructions[at]
            threads, known = self.reached[at]
            name = self.program.object_of(instruction)
            op = instruction.op
            if op == isa.BULK and instruction.value and at not in self.program.exchanges:
                if everybody > 1:  # bulk lines come from any other core
                    yield Crossing(name, "", everybody)
            elif op in NAMES_A_WORD:
                for line, packages in self._touched(instruction, threads, known):
                    sharers[line] = sharers.get(line, 0) | packages
                    users.setdefault(line, name)
        for line, found in sharers.items():
            region = self.regions[line]
            count = found.bit_count()
            allowed = ENDS_OF_A_CHANNEL if region.address in self.program.messages else 1
            if count > allowed and region.address not in self.program.replicas:
                yield Crossing(users[line], region.name, count)

    def _touched(
        self, instruction: Instruction, threads: int, known: Registers
    ) -> Iterator[tuple[int, int]]:
        """Lines that an instruction may touch, and the packages of the cores that do."""
        address, index = instruction.address, instruction.index
        value: Known = (0, 0, 0, 0) if index == isa.NONE else known[index]
        if value is None:
            first = address // isa.WORDS_PER_LINE
            packages = self.of_threads(threads)
            for line in range(first, end_of(self.regions[first])):
                yield line, packages
        elif value[:3] == (0, 0, 0):
            word = address + value[3] * instruction.stride
            yield word // isa.WORDS_PER_LINE, self.of_threads(threads)
        else:
            for thread, core in enumerate(self.cores):
                if threads >> thread & 1:
                    place = value[0] * core + value[1] * thread + value[3]
                    place += value[2] * self.packages[core]
                    word = address + place * instruction.stride
                    yield word // isa.WORDS_PER_LINE, 1 << self.packages[core]


def end_of(region: Region) -> int:
    """Number of the first line behind a region."""
    return region.address // isa.WORDS_PER_LINE + region.lines


def successors(at: int, instruction: Instruction) -> list[int]:
    """Instructions that may follow one."""
    if instruction.op == isa.JUMP:
        return [instruction.resolved]
    if instruction.op == isa.BRANCH:
        return [at + 1, instruction.resolved]
    return [] if instruction.op == isa.HALT else [at + 1]


def changed(instruction: Instruction, known: Registers) -> Registers:
    """What is known of the registers after an instruction."""
    op, dst = instruction.op, instruction.dst
    if dst == isa.NONE or op not in SETS:
        return known
    source, value = instruction.source, instruction.value
    result: Known = None
    if op == isa.SET:
        added = (0, 0, 0, 0) if source == isa.NONE else known[source]
        result = None if added is None else (*added[:3], added[3] + value)
    elif op == isa.ADD:
        old, added = known[dst], known[source]
        if old is not None and added is not None:
            core, thread, package, number = (a + b * value for a, b in zip(old, added, strict=True))
            result = core, thread, package, number
    return (*known[:dst], result, *known[dst + 1 :])
