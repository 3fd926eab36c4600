"""A trace with names: rows made when they are asked for, from the engine's records.

A record is 56 bytes; the same as a dictionary takes a kilobyte. So a trace of millions of records
stays in the engine's array, and whoever reads it gets one row at a time, or whole columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from sim.engine import isa
from sim.program.operations import NAMES, NAMES_A_WORD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.program.assembler import Assembler

Row = dict[str, Any]
CHUNK = 4096


class Trace(Sequence[Row]):
    """Shared instructions of a run, in time order.

    A row has time_cycles, end_cycles, core, thread, object, instruction, region and line (named
    cache lines, and the place among them; empty and 0 where no memory is touched) and value (of
    the word, after the instruction); word is its address (-1 where there is none), cause is what
    stalls are charged as, and message says whether the line carries messages.

    Args:
        records: of the engine.
        program: what was traced.
    """

    def __init__(self, records: np.ndarray, program: Assembler) -> None:
        self.records = records
        codes = [instruction.op for instruction in program.instructions]
        self.instructions = [NAMES[code] for code in codes]
        self.touches = [code in NAMES_A_WORD for code in codes]
        self.objects = [program.object_of(instruction) for instruction in program.instructions]
        self.causes = [isa.CAUSES[instruction.cause] for instruction in program.instructions]
        self.messages = [
            instruction.address in program.messages for instruction in program.instructions
        ]
        self.regions = [region for region in program.regions if region.lines]
        self.begins = np.array([region.address for region in self.regions] or [0])

    def __len__(self) -> int:
        return len(self.records)

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> list[Row]: ...

    def __getitem__(self, place: int | slice) -> Row | list[Row]:
        if isinstance(place, slice):
            return [self._row(*record) for record in self.records[place].tolist()]
        return self._row(*self.records[place].item())

    def __iter__(self) -> Iterator[Row]:
        for first in range(0, len(self), CHUNK):
            yield from self[first : first + CHUNK]

    def _row(
        self, time: int, core: int, thread: int, pc: int, address: int, value: int, until: int
    ) -> Row:
        region, line, word = "", 0, isa.NONE
        if self.touches[pc]:
            found = self.regions[int(np.searchsorted(self.begins, address, "right")) - 1]
            region, word = found.name, address
            line = (address - found.address) // isa.WORDS_PER_LINE
        return {
            "time_cycles": time,
            "end_cycles": until,
            "core": core,
            "thread": thread,
            "object": self.objects[pc],
            "instruction": self.instructions[pc],
            "region": region,
            "line": line,
            "value": value,
            "word": word,
            "cause": self.causes[pc],
            "message": self.messages[pc] and word != isa.NONE,
        }

    def numbers(self) -> dict[str, NDArray[np.int64]]:
        """Columns of numbers: times, core, thread, line and value."""
        records = self.records
        touched = np.array(self.touches)[records["pc"]]
        within = records["address"] - self.begins[self._places()]
        return {
            "time_cycles": records["time"],
            "end_cycles": records["until"],
            "core": records["core"],
            "thread": records["thread"],
            "line": np.where(touched, within // isa.WORDS_PER_LINE, 0),
            "value": records["value"],
        }

    def names(self) -> dict[str, tuple[list[str], NDArray[np.int64]]]:
        """Columns of names, each as the distinct ones and, for every record, the number of one."""
        pcs = self.records["pc"]
        touched = np.array(self.touches)[pcs]
        regions = ["", *(region.name for region in self.regions)]
        return {
            "object": _numbered(self.objects, pcs),
            "instruction": _numbered(self.instructions, pcs),
            "region": (regions, np.where(touched, self._places() + 1, 0)),
        }

    def _places(self) -> NDArray[np.int64]:
        """Number of the region of each record's address; any, where no memory is touched."""
        found = np.searchsorted(self.begins, self.records["address"], "right") - 1
        return np.clip(found, 0, None)


def _numbered(names: list[str], pcs: NDArray[np.int64]) -> tuple[list[str], NDArray[np.int64]]:
    distinct, numbers = np.unique(names, return_inverse=True)
    return distinct.tolist(), numbers[pcs]
