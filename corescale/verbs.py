"""The verbs of the simulator, the analysis and the calibration, in one program."""

from __future__ import annotations

import analysis.verbs
import sim.command.verbs
from calibration.verbs import calibrate
from sim.command.program import Program

_simulator = sim.command.verbs.program
program = Program(
    "corescale",
    help=_simulator.help,
    params=_simulator.params,
    examples=_simulator.examples,
    commands={
        **_simulator.commands,
        **analysis.verbs.program.commands,
        "calibrate": calibrate,
    },
)
