"""hwloc's objects as a tree, and what the tree states of a machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sim.machine_import.layout import Core
from sim.machine_import.stated import Cache, Cpus, Node

CACHES = ("l1", "l2", "l3", "l4", "l5")


@dataclass(eq=False)
class Thing:
    """One object: `machine`, `package`, `die`, `numa`, `core`, `pu`, `l1` .. `l5`, or another.

    `cpus` are those that the source gives the object outright; None where it gives none.
    """

    kind: str
    number: int | None = None
    cache_kib: int | None = None
    cpus: Cpus | None = None
    children: list[Thing] = field(default_factory=list)

    def walk(self, above: tuple[Thing, ...] = ()) -> Iterator[tuple[Thing, tuple[Thing, ...]]]:
        """Yield every object with those above it, outermost first, in document order."""
        waiting = [(self, above)]
        while waiting:
            thing, over = waiting.pop()
            yield thing, over
            waiting += [(child, (*over, thing)) for child in reversed(thing.children)]


@dataclass(frozen=True)
class Parts:
    """The groups of CPUs that a tree has."""

    cores: tuple[Core, ...]
    packages: tuple[Cpus, ...]
    dies: tuple[Cpus, ...]
    nodes: tuple[Node, ...]
    caches: tuple[Cache, ...]


def parts_of(root: Thing) -> Parts:
    """Read the groups of CPUs off a tree of objects.

    An object without a CPU below it is none, unless it is a NUMA node: memory is attached beside
    the CPUs, so a node without any below it has those of the object that it is attached to, but
    for what other nodes there are given outright.
    """
    below, cores = _cpus_below(root)
    groups: dict[str, list[Cpus]] = {"package": [], "die": []}
    caches: list[Cache] = []
    nodes: list[Node] = []
    for thing, over in root.walk():
        cpus = frozenset(below.get(id(thing), ()))
        if thing.kind in groups and cpus:
            groups[thing.kind].append(cpus)
        elif thing.kind in CACHES and cpus:
            caches.append(Cache(CACHES.index(thing.kind) + 1, cpus, thing.cache_kib))
        elif thing.kind == "numa":
            number = thing.number if thing.number is not None else len(nodes)
            nodes.append(Node(number, _cpus_of_node(thing, over, below)))
    return Parts(cores, tuple(groups["package"]), tuple(groups["die"]), tuple(nodes), tuple(caches))


def _cpus_below(root: Thing) -> tuple[dict[int, list[int]], tuple[Core, ...]]:
    """List the CPUs below every object, by its identity; and the cores."""
    below: dict[int, list[int]] = {}
    cores: dict[int, list[int]] = {}
    total = 0
    for thing, over in root.walk():
        if thing.kind != "pu":
            continue
        number = thing.number if thing.number is not None else total
        total += 1
        core = next((t for t in reversed(over) if t.kind == "core"), thing)
        cores.setdefault(id(core), []).append(number)
        for holder in (*over, thing):
            below.setdefault(id(holder), []).append(number)
    return below, tuple(tuple(sorted(cpus)) for cpus in cores.values())


def _cpus_of_node(node: Thing, over: tuple[Thing, ...], below: dict[int, list[int]]) -> Cpus:
    """Find a node's own CPUs: given outright, below it, or of what it is attached to."""
    if id(node) in below:
        return frozenset(below[id(node)])
    if node.cpus is not None:
        return node.cpus
    holder = next((t for t in reversed(over) if id(t) in below), None)
    return frozenset() if holder is None else frozenset(below[id(holder)])
