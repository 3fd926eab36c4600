"""`python -m calibration NAME`: fit the calibrated numbers of `conf/` again, and print them.

Nothing is written: copy what is printed into `conf/`, with its `fitted_on`, if you want it.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from sim import front_end

if TYPE_CHECKING:
    from rich.table import Table

    from calibration.fit import Comparison, Values
    from sim.experiment.calibrations import Calibration

PREFIX = "calibration: "


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


def main() -> int:
    """Run one calibration."""
    return front_end.answered(_run, PREFIX)


def _run() -> int:
    parser = argparse.ArgumentParser(prog="python -m calibration", description=__doc__)
    parser.add_argument("name", help="a file of conf/calibration, without .yaml")
    parser.add_argument("--evaluations", type=int, default=60, help="simulations at most")
    parser.add_argument("--check", action="store_true", help="only compare the values of conf/")
    arguments = parser.parse_args()
    odd = front_end.not_text([arguments.name])
    if odd:
        parser.error(f"{odd!a}: its bytes are not text (UTF-8)")
    from analysis.read.reference import ReferenceError
    from sim.config.errors import ConfigError
    from sim.simulate import RefusedError, SimulationError

    try:
        _calibrate(arguments)
    except (ConfigError, ReferenceError, RefusedError) as error:
        print(f"{PREFIX}{error}", file=sys.stderr)
        return front_end.UNUSABLE
    except SimulationError as error:
        print(f"{PREFIX}{error}", file=sys.stderr)
        return front_end.FAILED
    return 0


def _calibrate(arguments: argparse.Namespace) -> None:
    from rich.console import Console

    from calibration.fit import compare, fit, setting
    from sim.config.errors import ConfigError, message
    from sim.experiment.calibrations import load

    console = Console()
    calibration = load(arguments.name)
    if not calibration.targets:
        text = message(calibration.name, "fitted by hand: there is nothing to search")
        raise ConfigError(text)
    if arguments.check:
        console.print(table_of(calibration, compare(calibration, {})))
        return

    def report(values: Values, found: float) -> None:
        shown = ", ".join(f"{key}={value}" for key, value in values.items())
        print(f"root mean square error {found**0.5:.4f} at {shown}", file=sys.stderr)

    values = fit(calibration, arguments.evaluations, report)
    console.print(table_of(calibration, compare(calibration, values)))
    overrides = calibration.targets[0].overrides
    for key, value in values.items():
        console.print(f"{key}: {value}   (conf: {setting(overrides, key)})")


if __name__ == "__main__":
    sys.exit(front_end.command(main))
