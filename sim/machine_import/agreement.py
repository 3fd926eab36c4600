"""How well an imported machine's latencies agree with the measured ones.

What is compared is one message of the measurement: the uncontended transfer of a line to a core,
and the locked instruction that it waits for there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.config.errors import ConfigError, message
from sim.machine.coherence import distances
from sim.machine.settings.hardware import Hardware
from sim.machine.topology import active_dies
from sim.machine_import.imported import Imported
from sim.machine_import.request import Request
from sim.machine_import.text import plain

Floats = NDArray[np.float64]

# Mean error, relative. Two sources of one machine leave 0 to 17 % on the machines of
# conf/hardware/; the CPU numbers of another numbering 50 % and more.
DOUBTFUL = 0.25
OTHER_MACHINE = 0.5


@dataclass(frozen=True)
class Agreement:
    """Errors over pairs of cores, relative to the measured latency."""

    pairs: int
    mean: float
    ninetieth_percentile: float

    def __str__(self) -> str:
        return (
            f"mean error {self.mean:.1%} over {self.pairs} pairs, nine in ten within "
            f"{self.ninetieth_percentile:.1%}"
        )


def modelled_ns(machine: Hardware) -> Floats:
    """Latency of a message between two cores of the model: float[cores, cores] in ns."""
    dies = active_dies(machine.topology, machine.cores, "package")
    cycles = distances(machine, dies).transfer + machine.coherence.locked_instruction_cycles
    between: Floats = cycles[np.ix_(dies, dies)] / machine.clock_ghz
    return between


def agreement(machine: Hardware, measured: Floats | None) -> Agreement | None:
    """Compare a machine with latencies between its cores; None where there are none.

    Args:
        machine: the imported machine.
        measured: float[cores, cores] in ns, in the model's order, NaN where not measured.
    """
    if measured is None:
        return None
    lower = np.tril(~np.isnan(measured), -1)
    error = abs(modelled_ns(machine)[lower] / measured[lower] - 1)
    return Agreement(len(error), float(error.mean()), float(np.quantile(error, 0.9)))


def disagreement(imported: Imported, machine: Hardware, request: Request) -> list[str]:
    """Say so if latencies agree badly with the machine that was made of them.

    Raises:
        ConfigError: if a description and latencies cannot be of one machine with these numbers.
    """
    fit = agreement(machine, imported.measured)
    if fit is None or fit.mean <= DOUBTFUL:
        return []
    if request.latencies is None:
        return [f"The model's latencies are far from the measured ones: {fit}."]
    hint = (
        "are the CPU numbers those of the measurement? An XML file of the machine has them, and "
        "indexes= of a synthetic description"
    )
    said = f"the description and the latencies disagree: {fit}"
    if fit.mean > OTHER_MACHINE:
        raise ConfigError(message(f"--latencies {plain(str(request.latencies))}", said, hint))
    return [f"{said[0].upper()}{said[1:]}; {hint}."]
