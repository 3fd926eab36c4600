"""Assembler: writes programs for the virtual machine, with labels, objects and lines by name.

The one way to make a program. Locks, counters and system-call paths are methods' worth of calls
to `emit`; `at` sets the mode and object that the following instructions are charged to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING

from sim.engine import isa
from sim.program.instruction import Instruction
from sim.program.instruction import Label as Label  # programs import it from here
from sim.program.operations import NAMES

if TYPE_CHECKING:
    import numpy as np

MOST = 2**63 - 1
"""The largest number that an instruction holds; `sim.program.ranges` bounds times."""
MOST_INSTRUCTIONS = 1_500_000
"""Instructions of one program: the longest of the model's own, on 4,096 cores, has 230,000."""
MOST_LINES = 10_000_000

COPIED = ("op", "cause", "dst", "index", "source", "address", "stride", "value", "condition")
"""Fields of an instruction that its record has, too, as they are."""


@dataclass(frozen=True)
class Region:
    """Cache lines with a name, for traces: `lines` of them from the word `address` on."""

    name: str
    address: int
    lines: int


@dataclass
class Assembler:
    """A program under construction, with its threads, lines, servers and objects."""

    instructions: list[Instruction] = field(default_factory=list)
    objects: list[str] = field(default_factory=list)
    entries: list[tuple[int, Label]] = field(default_factory=list)
    regions: list[Region] = field(default_factory=list)
    homes: list[int] = field(default_factory=list)
    essential: set[str] = field(default_factory=set)  # objects that more than time depends on
    messages: set[int] = field(default_factory=set)  # first words of lines that carry messages
    replicable: set[int] = field(default_factory=set)  # and of those that `for_each_core` reserved
    replicas: set[int] = field(default_factory=set)  # and of lines that messages keep consistent
    exchanges: set[int] = field(default_factory=set)  # instructions whose bulk lines are messages
    servers: int = 0
    mode: int = isa.USER
    object: int = 0
    _free: list[int] = field(
        default_factory=lambda: list(range(isa.REGISTERS - 1, isa.R_PACKAGE, -1))
    )

    def object_id(self, name: str) -> int:
        """Number of an object of the account, new if the name is."""
        if name not in self.objects:
            self.objects.append(name)
        return self.objects.index(name)

    def object_of(self, instruction: Instruction) -> str:
        """Name of the object that an instruction is charged to."""
        return self.objects[instruction.object]

    @contextmanager
    def at(self, name: str, mode: int | None = None) -> Iterator[None]:
        """Charge the instructions emitted inside to an object (and a mode)."""
        before = self.mode, self.object
        self.object = self.object_id(name)
        if mode is not None:
            self.mode = mode
        yield
        self.mode, self.object = before

    @contextmanager
    def registers(self, count: int) -> Iterator[list[int]]:
        """Reserve registers for the instructions emitted inside."""
        if count > len(self._free):
            raise ValueError(f"out of registers: {count} wanted, {len(self._free)} free")
        taken = [self._free.pop() for _ in range(count)]
        yield taken
        self._free.extend(reversed(taken))

    @property
    def lines(self) -> int:
        """Cache lines reserved so far."""
        return len(self.homes)

    def new_lines(self, count: int = 1, name: str = "", home: int = 0) -> int:
        """Reserve cache lines in the memory of the node `home`, with a name for traces.

        Returns the address of the first word.

        Raises:
            ValueError: for more lines than a program can have.
        """
        if self.lines + count > MOST_LINES:
            raise ValueError(f"{count:,} cache lines '{name}' more, beyond {MOST_LINES:,} in all")
        address = self.lines * isa.WORDS_PER_LINE
        self.regions.append(Region(name or f"line{self.lines}", address, count))
        self.homes += [home] * count
        return address

    @contextmanager
    def for_each_core(self, divided: bool = True) -> Iterator[None]:
        """Call the lines reserved inside, if divided, replicas or parts of which each core has one.

        Cores may still meet at them. A kernel that keeps replicas consistent by messages puts them
        into `replicas`.
        """
        made = len(self.regions)
        yield
        if divided:
            self.replicable |= {region.address for region in self.regions[made:]}

    def region_of(self, address: int) -> Region:
        """The named lines that a word belongs to."""
        return next(
            region
            for region in self.regions
            if region.address <= address < region.address + region.lines * isa.WORDS_PER_LINE
        )

    def new_servers(self, count: int = 1) -> int:
        """Reserve FIFO servers; returns the number of the first."""
        first = self.servers
        self.servers += count
        return first

    def emit(
        self,
        op: int,
        *,
        value: int = 0,
        address: int = 0,
        dst: int = isa.NONE,
        source: int = isa.NONE,
        index: int = isa.NONE,
        stride: int = isa.WORDS_PER_LINE,
        condition: int = isa.EQUAL,
        target: int | Label = 0,
        cause: int = isa.C_COHERENCE,
    ) -> None:
        """Append an instruction, charged to the current mode and object.

        Its operands are those of `sim.program.instruction.Instruction`, by name: an operation needs
        few of them, and a program reads like assembly language.

        Raises:
            ValueError: for a number so large that no instruction can have it, or one instruction
                too many.
        """
        if len(self.instructions) >= MOST_INSTRUCTIONS:
            raise ValueError(f"a program of more than {MOST_INSTRUCTIONS:,} instructions")
        for number in (value, target):
            if not isinstance(number, Label) and not -MOST - 1 <= number <= MOST:
                charged = self.objects[self.object] if self.objects else ""
                raise ValueError(
                    f"'{charged}': {NAMES[op].replace('_', ' ')} of "
                    f"{number:.3g}, more than the {MOST:.3g} that the engine's integers have "
                    "room for; allowed: smaller costs or counts"
                )
        self.instructions.append(
            Instruction(  # by position: names would take three times as long
                op,
                self.mode,
                self.object,
                cause,
                dst,
                index,
                source,
                address,
                stride,
                int(value),
                condition,
                target,
            )
        )

    def compute(self, cycles: int) -> None:
        """Append private work."""
        if cycles > 0:
            self.emit(isa.COMPUTE, value=cycles)

    def place(self, label: Label | None = None) -> Label:
        """Let a label (or a new one) stand for the next instruction."""
        label = label or Label()
        label.position = len(self.instructions)
        return label

    def fetch_messages(self, lines: int) -> None:
        """Append fetching messages of other cores, so many lines, one after another."""
        self.exchanges.add(len(self.instructions))
        self.emit(isa.BULK, value=lines)

    def jump(self, label: Label) -> None:
        """Go to a label."""
        self.emit(isa.JUMP, target=label)

    def branch(
        self, register: int, condition: int, value: int, label: Label, source: int = isa.NONE
    ) -> None:
        """Go to a label if a register compares with a value as given."""
        self.emit(
            isa.BRANCH,
            dst=register,
            condition=condition,
            value=value,
            target=label,
            source=source,
        )

    @contextmanager
    def repeat(self, times: int) -> Iterator[None]:
        """Repeat the instructions emitted inside; nothing is emitted for 0 times."""
        if times <= 0:
            kept = len(self.instructions)
            yield
            del self.instructions[kept:]
        elif times == 1:
            yield
        else:
            with self.registers(1) as (counter,):
                self.emit(isa.SET, dst=counter, value=times)
                top = self.place()
                yield
                self.emit(isa.SET, dst=counter, source=counter, value=-1)
                self.branch(counter, isa.AT_LEAST, 1, top)

    @contextmanager
    def operations(self, cores: Iterable[int]) -> Iterator[None]:
        """Have cores repeat the instructions emitted inside for ever, each time one operation."""
        top = self.place()
        self.emit(isa.BEGIN)
        yield
        self.emit(isa.END)
        self.jump(top)
        for core in cores:
            self.thread(core, top)

    def thread(self, core: int, start: Label) -> None:
        """Start a thread on a core at a label."""
        self.entries.append((core, start))

    def assemble(self) -> np.ndarray:
        """Instruction records of the program, labels resolved and account slots computed."""
        import numpy as np  # programs are written, and settings read, without it

        from sim.engine import records

        written = self.instructions
        program = np.zeros(len(written), records.INSTRUCTION)
        for name in COPIED:
            program[name] = list(map(attrgetter(name), written))
        program["target"] = [instruction.resolved for instruction in written]
        charged = [n.mode * len(self.objects) + n.object for n in written]
        first = np.array(charged, np.int64) * len(isa.CAUSES)
        program["key"] = first + isa.C_COMPUTE
        program["stall_key"] = first + program["cause"]
        return program

    @property
    def slots(self) -> int:
        """Account slots: modes x objects x causes."""
        return len(isa.MODES) * len(self.objects) * len(isa.CAUSES)

    def slot(self, mode: int, name: str, cause: int) -> int:
        """Account slot of a mode, object and cause, once all objects are known."""
        return (mode * len(self.objects) + self.objects.index(name)) * len(isa.CAUSES) + cause
