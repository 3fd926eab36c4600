"""Telling many cores something, and hearing from each: the trees of SOSP'09 section 5.1.

A tree says who passes a message on to whom. It is walked twice: down with the message, up with the
acknowledgements. Every edge is a pair of URPC channels, one each way. Unicast is the tree in which
the root knows everybody; a topology-aware multicast has one core of each package pass the message
on to its neighbours, which share a cache with it.

With a shared line in place of a tree (Broadcast) the root writes one line that all others poll;
each acknowledges on a channel of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.program.assembler import Assembler, Label
from sim.sync.urpc import Cursor, MessageCosts, UrpcChannels

if TYPE_CHECKING:
    from sim.machine.site import Site


@dataclass(frozen=True)
class Tree:
    """Who passes a message on to whom.

    Attributes:
        root: core that begins.
        children: of each core, in the order of sending.
        shared_line: the root writes one line that all its children poll.
        local_buffers: channels lie in the memory of the child's node, not of the root's.
    """

    root: int
    children: tuple[tuple[int, ...], ...]
    shared_line: bool = False
    local_buffers: bool = False

    def parent(self, core: int) -> int:
        """The core that a core hears from."""
        return next(n for n, children in enumerate(self.children) if core in children)


class Multicast:
    """The channels of a tree, and the steps of each core.

    Args:
        asm: program that the channels belong to.
        site: machine and active cores, all of which take part.
        tree: who passes messages on to whom.
        costs: of messages.
        slots: messages that each channel can hold.
    """

    def __init__(
        self, asm: Assembler, site: Site, tree: Tree, costs: MessageCosts, slots: int = 1
    ) -> None:
        self.tree, self.site, self.slots = tree, site, slots
        homes = [site.packages[core if tree.local_buffers else tree.root] for core in self.cores]
        self.down = UrpcChannels(asm, costs, homes, "down", slots)
        self.up = UrpcChannels(asm, costs, homes, "up", slots)
        if tree.shared_line:
            self.down.lines = [self.down.lines[0]] * site.cores

    @contextmanager
    def cursor(self, asm: Assembler) -> Iterator[Cursor]:
        """Reserve a cursor for the instructions emitted inside."""
        with asm.registers(1 if self.slots == 1 else 2) as registers:
            yield Cursor(*registers)

    def advance(self, asm: Assembler, at: Cursor) -> None:
        """Let a cursor mean the next message."""
        self.down.advance(asm, at)

    @property
    def cores(self) -> range:
        """All cores that take part."""
        return range(self.site.cores)

    def send(self, asm: Assembler, core: int, at: Cursor) -> None:
        """Let a core pass the cursor's message on."""
        children = self.tree.children[core]
        if self.tree.shared_line and children:
            self.down.send(asm, children[0], at)
        else:
            self.down.send_to_many(asm, children, at)

    def collect(self, asm: Assembler, core: int, at: Cursor) -> None:
        """Let a core wait for those it has told, first for those who tell nobody in turn."""
        children = self.tree.children
        early = [child for child in children[core] if not children[child]]
        late = [child for child in children[core] if children[child]]
        self.up.receive_from_many(asm, early + late, at)

    def emit_follower(self, asm: Assembler, core: int, work: Sequence[int] = (0,)) -> Label:
        """Emit the loop of a core other than the root: hear, pass on, work, acknowledge.

        Messages ask in turn for the given cycles of work.
        """
        with self.cursor(asm) as at:
            top = asm.place()
            for cycles in work:
                self.advance(asm, at)
                self.down.receive(asm, core, at)
                self.send(asm, core, at)
                asm.compute(cycles)
                self.collect(asm, core, at)
                self.up.send(asm, core, at)
            asm.jump(top)
        return top


def others(site: Site, root: int) -> tuple[int, ...]:
    """All active cores but the root."""
    return tuple(core for core in range(site.cores) if core != root)


def tree_of(site: Site, root: int, edges: Mapping[int, Sequence[int]], **how: bool) -> Tree:
    """Tree with the given children; cores that are not named have none."""
    return Tree(root, tuple(tuple(edges.get(core, ())) for core in range(site.cores)), **how)


def sequential(site: Site, root: int) -> Tree:
    """Unicast: the root tells every core itself, in core order."""
    return tree_of(site, root, {root: others(site, root)})


def shared_line(site: Site, root: int) -> Tree:
    """Broadcast: the root writes one line that everybody polls."""
    return tree_of(site, root, {root: others(site, root)}, shared_line=True)


def binary(site: Site, root: int) -> Tree:
    """A binary tree by core number, which knows nothing of the machine."""
    return tree_of(site, root, binary_edges((root, *others(site, root))))


def binary_edges(order: Sequence[int]) -> dict[int, Sequence[int]]:
    """Children of each of some cores in a binary tree, level by level in their order."""
    return {core: order[2 * n + 1 : 2 * n + 3] for n, core in enumerate(order)}
