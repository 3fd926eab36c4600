"""CPUs put together to cores by the usual numberings, where a source does not say which.

Operating systems number the hardware threads of a core next to one another, or the second threads
of all cores after all first ones.
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.machine_import.layout import Core


def cores_of_cpus(cpus: Sequence[int], threads: int, adjacent: bool | None) -> list[Core]:
    """Group rising CPU numbers into cores of so many threads.

    Args:
        cpus: CPU numbers of one package or node, rising.
        threads: threads of a core; left over CPUs are cores of their own.
        adjacent: whether threads of a core are next to one another; None: unless the CPUs are as
            many equal runs as a core has threads (0-3, 8-11).
    """
    each = len(cpus) // threads
    if each == 0 or threads == 1:
        return [(cpu,) for cpu in cpus]
    starts = [i for i, cpu in enumerate(cpus) if i == 0 or cpu != cpus[i - 1] + 1]
    runs = len(cpus) % threads == 0 and starts == list(range(0, len(cpus), each))
    if adjacent is None:
        adjacent = not runs
    if adjacent:
        cores = [tuple(cpus[i * threads : (i + 1) * threads]) for i in range(each)]
    else:
        cores = [tuple(cpus[i + t * each] for t in range(threads)) for i in range(each)]
    return [*cores, *((cpu,) for cpu in cpus[each * threads :])]
