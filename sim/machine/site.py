"""A machine with some of its cores active: what programs are built for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.engine.state import Distance
from sim.machine.coherence import distances
from sim.machine.topology import active_dies, active_packages

if TYPE_CHECKING:
    from sim.config.schema.hardware import Hardware


@dataclass(frozen=True)
class Site:
    """Active cores of a machine.

    Attributes:
        hardware: the machine.
        packages: package of each active core.
        dies: die of each active core; the same as its package where a package is one die.
        distance: costs of moving lines between them.
    """

    hardware: Hardware
    packages: tuple[int, ...]
    dies: tuple[int, ...]
    distance: Distance

    @property
    def cores(self) -> int:
        """Number of active cores."""
        return len(self.packages)

    def cycles(self, microseconds: float) -> int:
        """Cycles of the core clock in a time."""
        return round(microseconds * self.hardware.clock_ghz * 1000)


def open_site(hardware: Hardware, cores: int, order: str) -> Site:
    """Enable some cores of a machine in `package` or `round_robin` order."""
    packages = tuple(active_packages(hardware.topology, cores, order))
    dies = tuple(active_dies(hardware.topology, cores, order))
    return Site(hardware, packages, dies, distances(hardware, dies))
