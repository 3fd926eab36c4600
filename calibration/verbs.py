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

    from sim.experiment.calibration_record import Record


MOST_EVALUATIONS = 1_000_000
"""Simulations of a search: at a second each, the work of days."""

ALL = "all"
EVERYTHING = "mosbench"
"""The calibration that `all` means: every calibrated number of the 48-core machine and MOSBENCH."""


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
    examples=("{} --check", "{} all --record", "{} nas_cg --evaluations 20"),
)
@click.argument(
    "name", default=ALL, required=False,
    help="a file of conf/calibration, without .yaml; all (the default): mosbench",
    shell_complete=completed("calibration"),
)  # fmt: skip
@click.option(
    "--evaluations", type=Whole(1, MOST_EVALUATIONS), default=40, metavar="N",
    help="simulations of all points at most, derivatives apart (40)",
)  # fmt: skip
@click.option("--check", is_flag=True, help="fit nothing: judge the values of conf/")
@click.option(
    "--leave-out", is_flag=True,
    help="also leave out curve by curve and kernel by kernel, and predict each",
)  # fmt: skip
@click.option(
    "--record", is_flag=True, help="leave out, too, and keep what was found beside NAME.yaml"
)  # fmt: skip
def calibrate(name: str, evaluations: int, check: bool, leave_out: bool, record: bool) -> None:
    """Fit the calibrated numbers of conf/ again, and print them.

    Each with its 95 % interval, or that the points do not identify it. conf/ stays as it is: copy
    what is printed into it, with its `fitted_on`, if you want it.
    """
    from rich.console import Console

    from calibration import record as records
    from sim.config.errors import ConfigError, message
    from sim.drafts import drafts
    from sim.experiment.calibration_record import file_of, text
    from sim.experiment.calibrations import load

    calibration = load(EVERYTHING if name == ALL else name)
    if not calibration.targets:
        raise ConfigError(message(calibration.name, "fitted by hand: there is nothing to search"))

    def report(line: str) -> None:
        print(line, file=sys.stderr)

    tried = 0 if check else evaluations
    found = records.calibrate(calibration, tried, leave_out or record, report)
    kept = records.record(calibration, found)
    console = Console()
    for table in (points_table(kept), values_table(kept, found.before), predicted_table(kept)):
        if table.row_count:
            console.print(table)
    if record:
        file = file_of(calibration.name)
        with drafts([file]) as (draft,):
            draft.write_text(text(kept), encoding="utf-8")
        console.print(f"kept in {file}", soft_wrap=True)


def points_table(record: Record) -> Table:
    """Published and simulated value of every fitted point."""
    from rich.table import Table

    table = Table("curve", "cores", "measure", "published", "simulated", "error")
    for point in record.points:
        error = point.simulated / point.published - 1
        table.add_row(
            point.series or point.reference,
            str(point.cores),
            point.measure,
            f"{point.published:.6g}",
            f"{point.simulated:.6g}",
            f"{error:+.1%}",
        )
    table.title = f"calibration {record.calibration}: fitted points, {record.mean_error:.1%} off"
    return table


def values_table(record: Record, before: list[int | float]) -> Table:
    """Every parameter: what `conf/` has, what fits best, and how well the points decide it."""
    from rich.table import Table

    table = Table("parameter", "conf", "fitted", "95 %", "")
    table.columns[0].overflow = "fold"
    for estimate, value in zip(record.parameters, before, strict=True):
        key = f"{estimate.workload}: {estimate.key}" if estimate.workload else estimate.key
        table.add_row(
            key,
            f"{value:g}",
            f"{estimate.value:g}",
            f"{estimate.low:g} to {estimate.high:g}",
            "" if estimate.identified else "not identified",
        )
    table.title = "values; conf/ is unchanged"
    return table


def predicted_table(record: Record) -> Table:
    """Errors of every series, predicted by a fit that has not seen its curve."""
    from rich.table import Table

    table = Table("left out", "series", "points", "predicted", "fitted", "USL")
    for found in record.cross_validation:
        law = "" if found.law is None else f"{found.law:.1%}"
        table.add_row(
            found.left_out,
            found.series,
            str(found.points),
            f"{found.unseen:.1%}",
            f"{found.seen:.1%}",
            law,
        )
    table.title = "cross-validation: mean errors where more than one core works"
    table.caption = "USL: fitted to the other points of the same series"
    return table
