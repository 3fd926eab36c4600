"""What `python -m calibration`, or `corescale calibrate`, takes and prints."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from sim import front_end
from sim.command.program import Verb, Whole, status_of
from sim.command.verbs import completed

if TYPE_CHECKING:
    from rich.table import Table

    from calibration.fit import Comparison, Values
    from sim.experiment.calibrations import Calibration


MOST_EVALUATIONS = 1_000_000
"""Simulations of a search: at a second each, the work of days."""


class Calibrate(Verb):
    """The verb: 1 the simulation failed, 2 the calibration cannot be used."""

    origin = "calibration: "

    def status(self, error: Exception) -> int | None:
        """Tell errors of the calibration and of the simulation from bugs."""
        from analysis.read.reference import ReferenceError
        from sim.config.errors import ConfigError
        from sim.simulate import RefusedError, SimulationError

        if isinstance(error, ConfigError):
            return status_of(error)
        if isinstance(error, ReferenceError | RefusedError):
            return front_end.UNUSABLE
        return front_end.FAILED if isinstance(error, SimulationError) else None


@click.command(
    cls=Calibrate,
    examples=("{} exim --check", "{} exim --evaluations 20"),
)
@click.argument(
    "name", help="a file of conf/calibration, without .yaml",
    shell_complete=completed("calibration"),
)  # fmt: skip
@click.option(
    "--evaluations", type=Whole(1, MOST_EVALUATIONS), default=60, metavar="N",
    help="simulations at most (60)",
)  # fmt: skip
@click.option("--check", is_flag=True, help="only compare the values of conf/")
def calibrate(name: str, evaluations: int, check: bool) -> None:
    """Fit the calibrated numbers of conf/ again, and print them.

    Nothing is written: copy what is printed into conf/, with its `fitted_on`, if you want it.
    """
    from rich.console import Console

    from calibration.fit import compare, fit, setting
    from sim.config.errors import ConfigError, message
    from sim.experiment.calibrations import load

    console = Console()
    calibration = load(name)
    if not calibration.targets:
        raise ConfigError(message(calibration.name, "fitted by hand: there is nothing to search"))
    if check:
        console.print(table_of(calibration, compare(calibration, {})))
        return

    def report(values: Values, found: float) -> None:
        shown = ", ".join(f"{key}={value}" for key, value in values.items())
        print(f"root mean square error {found**0.5:.4f} at {shown}", file=sys.stderr)

    values = fit(calibration, evaluations, report)
    console.print(table_of(calibration, compare(calibration, values)))
    overrides = calibration.targets[0].overrides
    for key, value in values.items():
        console.print(f"{key}: {value}   (conf: {setting(overrides, key)})")


def table_of(calibration: Calibration, comparisons: list[Comparison]) -> Table:
    """Published and simulated value of every fitted point."""
    from rich.table import Table

    table = Table("curve", "cores", "measure", "published", "simulated", "error")
    for c in comparisons:
        table.add_row(
            c.target.series or " ".join(c.target.overrides),
            str(c.cores),
            c.target.column,
            f"{c.published:.6g}",
            f"{c.simulated:.6g}",
            f"{c.error:+.1%}",
        )
    table.title = f"calibration {calibration.name}: fitted points"
    return table
