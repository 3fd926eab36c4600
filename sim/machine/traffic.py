"""Lines that move between packages, and what they cost on the link: a bus analyser for a trace.

The trace of a run is replayed on the states of its lines: who holds a copy, and who wrote last. A
load without a copy moves the line from the last writer; so does a store without a copy; a store to
a line that others hold, too, moves no data, but tells them. Only movement between packages counts.

Arithmetic of a coherent HyperTransport link, in 32-bit words (the lengths are in the settings).
Moving a line: a request one way; a probe and the data the other way; and the requester's last word
that it is done. Telling a holder: a probe one way, a response back. Every packet but a credit is
paid back by one word of flow-control credit in the opposite direction.

Not modelled: the home node (the owner stands for it), write-backs, and links with more than two
ends: with several packages, the words between them all add up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sim.engine import isa
from sim.engine.isa import LINE_SHIFT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.machine.settings.link_packets import LinkPackets

READS = {isa.LOAD, isa.AWAIT, isa.AWAIT_TURN, isa.AWAIT_CHANGE}
WRITES = {isa.STORE, isa.INCREMENT, isa.FETCH_ADD, isa.SWAP, isa.COMPARE_SWAP}


@dataclass
class Copies:
    """Who holds a line, and who wrote it last."""

    writer: int
    holders: set[int] = field(default_factory=set)


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

    def move(self, out: bool) -> None:
        """Count a line that moved."""
        self.moved_out += out
        self.moved_back += not out

    def tell(self, out: bool) -> None:
        """Count a store that told the other side."""
        self.told_out += out
        self.told_back += not out

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


def replay(
    trace: np.ndarray, operations: Sequence[int], packages: Sequence[int], warm_up: int
) -> Traffic:
    """Count what moved in a trace, after some operations to warm up.

    Args:
        trace: records of shared instructions.
        operations: operation code of each instruction of the program.
        packages: package of each core.
        warm_up: operations at the start that do not count.
    """
    lines: dict[int, Copies] = {}
    traffic = Traffic(operations=-warm_up)
    for record in trace:
        op, core = operations[int(record["pc"])], int(record["core"])
        if op == isa.END:
            traffic.operations += 1
            if traffic.operations == 0:
                traffic.moved_out = traffic.moved_back = 0
                traffic.told_out = traffic.told_back = 0
        elif op in READS or op in WRITES:
            line = int(record["address"]) >> LINE_SHIFT
            copies = lines.setdefault(line, Copies(core, {core}))
            note(traffic, copies, core, op in WRITES, packages)
    return traffic


def note(
    traffic: Traffic, copies: Copies, core: int, writes: bool, packages: Sequence[int]
) -> None:
    """Count one access to a line and update its copies."""
    first, here = packages[0], packages[core]
    if core not in copies.holders:
        if packages[copies.writer] != here:
            traffic.move(packages[copies.writer] == first)
    elif writes and any(packages[other] != here for other in copies.holders):
        traffic.tell(here == first)
    if writes:
        copies.writer, copies.holders = core, {core}
    else:
        copies.holders.add(core)
