"""The verbs of the simulator, the analysis, the calibration and the lab, in one program."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import click

from sim.command import verbs
from sim.command.program import Program


@cache
def others() -> Mapping[str, click.Command]:
    """Return the verbs that are not the simulator's, whose packages take their time to import."""
    import analysis.verbs
    from calibration.verbs import calibrate
    from lab.verbs import lab

    return {**analysis.verbs.program.commands, "calibrate": calibrate, "lab": lab}


class Corescale(Program):
    """The program, whose simulator knows nothing of what reads its results."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a verb."""
        return self.commands.get(cmd_name) or others().get(cmd_name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the verbs."""
        return [*self.commands, *others()]


program = Corescale(
    "corescale",
    help=verbs.program.help,
    params=verbs.program.params,
    examples=verbs.program.examples,
    commands=verbs.program.commands,
)
