"""A machine with some of its cores active: what programs are built for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from sim.engine.state import Distance, Ints
from sim.machine.coherence import distances, expected_over_others
from sim.machine.interconnect import with_interconnect_scaled
from sim.machine.topology import (
    active_cores,
    active_dies,
    active_packages,
    active_speeds,
    die_hops,
    hop_matrix,
)

if TYPE_CHECKING:
    from sim.machine.settings.hardware import Hardware


@dataclass(frozen=True)
class Site:
    """Active cores of a machine.

    Attributes:
        hardware: the machine, its interconnect scaled.
        packages: package of each active core.
        dies: die of each active core; the same as its package where a package is one die.
        speeds: cycles of work that each does in a cycle of the core clock.
        distance: costs of moving lines between them.
        measured_at_ghz: clock of the cores on which the workload's processor times were measured.
        waiting: tasks more than there are hardware threads, which all take turns.
    """

    hardware: Hardware
    packages: tuple[int, ...]
    dies: tuple[int, ...]
    speeds: tuple[float, ...]
    distance: Distance
    measured_at_ghz: float
    waiting: int = 0

    @property
    def cores(self) -> int:
        """Number of active cores: of hardware threads, where cores have two."""
        return len(self.packages)

    @property
    def tasks(self) -> int:
        """Number of tasks: one for each active core, and those for which there is none left."""
        return self.cores + self.waiting

    def tasks_on(self, core: int) -> int:
        """Tasks that take turns on a core: all are dealt out evenly."""
        return self.tasks // self.cores + (core < self.tasks % self.cores)

    def mean_transfer(self, cores: Sequence[int]) -> int:
        """Cycles to fetch a line from another one of some cores, at most; 0 if there is one."""
        places = self.distance.packages[list(cores)]
        return int(expected_over_others(self.distance.transfer, places)[places].max())

    @cached_property
    def package_hops(self) -> Ints:
        """Links of the shortest route between packages: int64[packages, packages]."""
        return hop_matrix(self.hardware.topology)

    @cached_property
    def die_hops(self) -> Ints:
        """Links of the shortest route between dies: int64[dies, dies]."""
        return die_hops(self.hardware.topology)

    def memory_nodes(self, die: int) -> Sequence[int]:
        """Nodes on which the memory lies that the cores of a die touch first, evenly."""
        memory = self.hardware.memory
        if memory.policy == "first_touch":
            return (die,)
        return (memory.node,) if memory.policy == "node" else range(self.hardware.topology.dies)

    def memory_latency(self, die: int) -> float:
        """Cycles of a load from such memory by a core of the die, on average."""
        memory, nodes = self.hardware.memory, list(self.memory_nodes(die))
        return memory.latency_cycles + memory.hop_cycles * float(self.die_hops[die, nodes].mean())

    @property
    def mean_memory_latency(self) -> float:
        """Cycles of a load from memory that all cores touched first, on average over the cores."""
        memory = self.hardware.memory
        if memory.policy != "first_touch":
            return sum(self.memory_latency(die) for die in self.dies) / self.cores
        active = np.bincount(self.dies, minlength=self.hardware.topology.dies)
        hops = active @ self.die_hops @ active / self.cores**2
        return float(memory.latency_cycles + memory.hop_cycles * hops)

    def cycles(self, microseconds: float) -> int:
        """Cycles of the core clock in a time."""
        return round(microseconds * self.hardware.clock_ghz * 1000)

    def work(self, microseconds: float) -> int:
        """Cycles of processor work, as many as on the machine where its time was measured."""
        return round(microseconds * self.measured_at_ghz * 1000)


def open_site(
    hardware: Hardware, cores: int, order: str, measured_at_ghz: float | None = None
) -> Site:
    """Enable some cores of a machine in `package` or `round_robin` order.

    Of more tasks than the machine has hardware threads, the rest wait for their turns.
    """
    hardware = with_interconnect_scaled(hardware)
    cores, waiting = min(cores, hardware.cores), max(cores - hardware.cores, 0)
    packages = tuple(active_packages(hardware.topology, cores, order))
    dies = tuple(active_dies(hardware.topology, cores, order))
    speeds = tuple(active_speeds(hardware.topology, cores, order))
    clock = hardware.clock_ghz if measured_at_ghz is None else measured_at_ghz
    distance = distances(hardware, dies, active_cores(hardware.topology, cores))
    return Site(hardware, packages, dies, speeds, distance, clock, waiting)
