"""`numactl -H`: the CPUs of each NUMA node, and the distances between nodes.

It knows no packages and no cores: nodes become packages (`--packages N` joins them), and each CPU a
core (`--threads-per-core N` joins them).
"""

from __future__ import annotations

import re

import numpy as np

from sim.config.errors import ConfigError, message, show
from sim.machine_import.cpu_lists import cpu_list
from sim.machine_import.request import Request
from sim.machine_import.stated import Cpus, Distances, Node, Stated, checked
from sim.machine_import.text import plain
from sim.machine_import.threads import cores_of_cpus

CPUS = re.compile(r"^node ([0-9]{1,6}) cpus:(.*)$", re.MULTILINE)
ROW = re.compile(r"^ *([0-9]{1,6}): +([0-9. -]+)$", re.MULTILINE)
HEADER = re.compile(r"^node +((?:[0-9]+ *)+)$", re.MULTILINE)


def looks_like_numactl(text: str) -> bool:
    """Whether a text is what `numactl -H` prints."""
    return CPUS.search(text) is not None


def read_numactl(text: str, request: Request, origin: str) -> Stated:
    """Read nodes and distances.

    Raises:
        ConfigError: if a list of CPUs or a row of distances is none.
    """
    nodes = []
    for number, cpus in CPUS.findall(text):
        listed = cpu_list(cpus)
        if listed is None:
            raise ConfigError(
                message(f"{origin}: node {number}", f"{show(plain(cpus.strip()))} are no CPUs")
            )
        nodes.append(Node(int(number), frozenset(listed)))
    threads = request.threads_per_core or 1
    cores = tuple(
        core for node in nodes for core in cores_of_cpus(sorted(node.cpus), threads, None)
    )
    remarks = []
    if request.threads_per_core is None:
        remarks.append(
            "Which CPUs are hardware threads of one core is not stated: each counts as a core "
            "(--threads-per-core N)."
        )
    return checked(
        Stated(
            "measured",
            cores,
            packages=_packages(nodes, request.packages),
            nodes=tuple(nodes),
            distances=_distances(text, origin),
            remarks=tuple(remarks),
            numbered=threads == 1,
        ),
        origin,
    )


def _packages(nodes: list[Node], packages: int | None) -> tuple[Cpus, ...]:
    """Join neighbouring nodes into so many packages.

    Raises:
        ConfigError: if that many packages do not have equally many nodes.
    """
    if packages is None:
        return ()
    own = [node.cpus for node in nodes if node.cpus]
    if not own or len(own) % packages:
        raise ConfigError(
            message(
                f"--packages {packages}",
                f"{len(own)} NUMA nodes with CPUs do not divide into so many",
                "allowed: " + ", ".join(str(n) for n in range(1, len(own) + 1) if not len(own) % n),
            )
        )
    each = len(own) // packages
    return tuple(frozenset().union(*own[p * each : (p + 1) * each]) for p in range(packages))


def _distances(text: str, origin: str) -> Distances | None:
    """Read the table below `node distances:`; None without one."""
    _, found, below = text.partition("node distances:")
    rows = ROW.findall(below)
    if not found or not rows:
        return None
    numbers = tuple(int(number) for number, _ in rows)
    columns = HEADER.search(below)
    order = numbers if columns is None else tuple(int(word) for word in columns[1].split())
    values = [cells.split() for _, cells in rows]
    if any(len(row) != len(order) for row in values) or sorted(order) != sorted(numbers):
        raise ConfigError(message(origin, "the rows of node distances are of unequal length"))
    try:
        table = np.array([[float(cell) for cell in row] for row in values])
    except ValueError:
        raise ConfigError(message(origin, "node distances are no numbers")) from None
    table = np.where((table > 0) & (table < 255), table, np.nan)  # 255: no way
    place = [order.index(number) for number in numbers]
    return Distances(numbers, table[:, place])
