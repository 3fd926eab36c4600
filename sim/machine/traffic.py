"""Lines that move between packages, and what they cost on the link: a bus analyser for a trace.

The trace of a run is replayed on its lines (`sim.program.replay`). An access without a copy moves
the line from its last writer. A write that moves no data tells those who hold the line, too. Only
what passes between packages counts. A line that nobody has written is where it was touched first.

Arithmetic of a coherent HyperTransport link, in 32-bit words (the lengths are in the settings).
Moving a line: a request one way; a probe and the data the other way; and the requester's last word
that it is done. Telling a holder: a probe one way, a response back. Every packet but a credit is
paid back by one word of flow-control credit in the opposite direction.

Not modelled: the home node (the owner stands for it), write-backs, and links with more than two
ends: with several packages, the words between them all add up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.engine import isa
from sim.program.replay import Access, Lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.machine.settings.link_packets import LinkPackets


@dataclass
class Traffic:
    """What moved between the first core's package and the others.

    Attributes:
        operations: operations that completed meanwhile.
        moved_out, moved_back: lines moved from the first core's package, and to it.
        told_out, told_back: stores there, and elsewhere, that told the other side.
    """

    operations: int = 0
    moved_out: int = 0
    moved_back: int = 0
    told_out: int = 0
    told_back: int = 0

    def note(self, access: Access, core: int, packages: Sequence[int]) -> None:
        """Count what one core's access moved, or whom it told, beyond the core's package."""
        first, here = packages[0], packages[core]
        source = packages[access.first if access.line is None else access.line.core]
        if access.fetched and source != here:
            self.moved_out += source == first
            self.moved_back += source != first
        elif any(packages[other] != here for other in access.voided):
            self.told_out += here == first
            self.told_back += here != first

    @property
    def lines_moved(self) -> float:
        """Lines moved in either direction, per operation."""
        return (self.moved_out + self.moved_back) / max(self.operations, 1)

    def dwords(self, packets: LinkPackets, out: bool) -> float:
        """32-bit words per operation in one direction."""
        ahead, against = (
            ((self.moved_out, self.told_out), (self.moved_back, self.told_back))
            if out
            else ((self.moved_back, self.told_back), (self.moved_out, self.told_out))
        )
        p = packets
        along = (p.probe_dwords + p.data_dwords + 2 * p.credit_dwords, p.probe_dwords)
        back = (
            p.request_dwords + p.response_dwords + 2 * p.credit_dwords,
            p.response_dwords + p.credit_dwords,
        )
        words = ahead[0] * along[0] + ahead[1] * (along[1] + p.credit_dwords)
        words += against[0] * back[0] + against[1] * back[1]
        return words / max(self.operations, 1)


def count(
    trace: np.ndarray, operations: Sequence[int], packages: Sequence[int], warm_up: int
) -> Traffic:
    """Count what moved in a trace, after some operations to warm up.

    Args:
        trace: records of shared instructions.
        operations: operation code of each instruction of the program.
        packages: package of each core.
        warm_up: operations at the start that do not count.
    """
    lines, traffic = Lines(), Traffic(operations=-warm_up)
    columns = (trace[name].tolist() for name in ("pc", "core", "address"))
    for pc, core, word in zip(*columns, strict=True):
        if operations[pc] == isa.END:
            traffic.operations += 1
            if traffic.operations == 0:
                traffic = Traffic()
            continue
        found = lines.access(core, operations[pc], word)
        if found is not None:
            traffic.note(found, core, packages)
    return traffic
