"""The verbs of `python -m analysis`: what each takes, and what does it, once it is asked for."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from analysis.wording import BASES, VERDICTS
from sim import front_end
from sim.command.program import Name, Program, Verb
from sim.command.verbs import also, completed, config_dir, status_of_simulation

if TYPE_CHECKING:
    from analysis.artifact.record import Analysed
    from sim.experiment.file import Experiment

EXPERIMENTS = "--experiments"


class Analysis(Verb):
    """A verb of the analysis: 1 what it reads cannot be used, 2 the line cannot."""

    origin = "analysis error: "

    def status(self, error: Exception) -> int | None:
        """Tell files and settings that cannot be used from bugs."""
        from analysis.read.reference import ReferenceError
        from analysis.read.tidy import ResultsError
        from sim.config.errors import ConfigError

        refused = isinstance(error, ResultsError | ReferenceError | ConfigError)
        return front_end.FAILED if refused else None


class Report(Analysis):
    """The verb whose `--experiments` takes all words up to the next option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments, the option repeated before each of its words."""
        spread: list[str] = []
        taking = False
        for word in args:
            if word.startswith("-"):
                taking = word == EXPERIMENTS
            elif taking and spread[-1] != EXPERIMENTS:
                spread.append(EXPERIMENTS)
            spread.append(word)
        return super().parse_args(ctx, spread)


def path(name: str, **attributes: Any) -> Any:
    """Take the name of a file or folder, which may be missing."""
    kind = click.Path(path_type=Path)
    return click.argument(name, type=kind, shell_complete=completed("file"), **attributes)


def of_experiment(out: str) -> Any:
    """Take an experiment, where to write, and the results of its curves."""

    def taking(verb: Any) -> Any:
        verb = path("files", nargs=-1, required=True, help="x.parquet of each curve")(verb)
        place = click.Path(path_type=Path)
        verb = click.option(
            "--out", required=True, type=place, metavar="PATH", help=out,
            shell_complete=completed("file"),
        )(verb)  # fmt: skip
        verb = also(config_dir(verb))
        return click.option(
            "--experiment", required=True, metavar="NAME", help="such as osdi10/fig04_exim",
            shell_complete=completed("experiment"),
        )(verb)  # fmt: skip

    return taking


@click.group(
    "analysis",
    cls=Program,
    no_args_is_help=False,
    examples=(
        "{} artifacts --experiment osdi10/fig04_exim --out DIR stock.parquet pk.parquet",
        "{} claims --verdict 'not reproduced'",
        "{} report results/paper",
        "{} compare results/paper results/slow_hops",
    ),
)
def program() -> None:
    """Make tables, figures, claims and reports from the results of `run`."""


program.command_class = Analysis
CURVES = "stock.parquet pk.parquet"


@program.command(examples=(f"{{}} --experiment osdi10/fig04_exim --out figures {CURVES}",))
@of_experiment("folder of the figures")
def figures(experiment: str, out: Path, files: tuple[Path, ...], **given: tuple[str, ...]) -> None:
    """Draw the figures of one experiment."""
    from analysis.artifact import files as made

    made.write_figures(_analysed(experiment, files, **given), out)


@program.command(examples=(f"{{}} --experiment osdi10/fig04_exim --out tables {CURVES}",))
@of_experiment("folder of the tables")
def tables(experiment: str, out: Path, files: tuple[Path, ...], **given: tuple[str, ...]) -> None:
    """Write the tables of one experiment as CSV."""
    from analysis.artifact import files as made

    made.write_tables(_analysed(experiment, files, **given), out)


@program.command(examples=(f"{{}} --experiment osdi10/fig04_exim --out claims.json {CURVES}",))
@of_experiment("JSON file of the verdicts")
def judge(experiment: str, out: Path, files: tuple[Path, ...], **given: tuple[str, ...]) -> None:
    """Judge the claims of one experiment."""
    from analysis.artifact import files as made

    made.write_claims(_analysed(experiment, files, **given), out)


@program.command(examples=(f"{{}} --experiment osdi10/fig04_exim --out DIR {CURVES}",))
@of_experiment("folder that gets artifact.json, figures/, tables/ and claims.json")
def artifacts(
    experiment: str, out: Path, files: tuple[Path, ...], **given: tuple[str, ...]
) -> None:
    """Draw, write and judge one experiment, all in one process."""
    from analysis.artifact import files as made

    made.write(_loaded(experiment, **given), files, out)


def _analysed(experiment: str, files: tuple[Path, ...], **given: tuple[str, ...]) -> Analysed:
    from analysis.artifact.analyse import analyse

    return analyse(_loaded(experiment, **given), files)


def _loaded(experiment: str, config_dir: tuple[str, ...], also: tuple[str, ...]) -> Experiment:
    """Load an experiment beside folders of the user's own, and with the kernels that join it."""
    from sim.experiment.plan import load_experiment

    return load_experiment(experiment, [Path(name) for name in config_dir], also)


@program.command(
    examples=("{}", "{} --verdict 'not reproduced'", "{} results/paper --basis predicted")
)
@path("results", default=Path("results/paper"), help="a results folder (results/paper)")
@click.option(
    "--verdict",
    type=Name(VERDICTS),
    multiple=True,
    metavar="VERDICT",
    help=f"only claims with this verdict: {', '.join(VERDICTS)} (repeatable)",
)
@click.option(
    "--basis",
    type=Name(BASES),
    multiple=True,
    metavar="BASIS",
    help=f"only claims that rest on this: {', '.join(BASES)} (repeatable)",
)
@config_dir
@also
def claims(
    results: Path,
    verdict: tuple[str, ...],
    basis: tuple[str, ...],
    config_dir: tuple[str, ...],
    also: tuple[str, ...],
) -> None:
    """List every claim of a results folder with its verdict.

    And what it is worth: what it rests on, and why it fails where it does.
    """
    from rich.console import Console

    from analysis.report import dashboard
    from analysis.workflow import current

    rows = dashboard.read(results)
    shown = [
        row
        for row in rows
        if (not verdict or row.verdict in verdict) and (not basis or row.basis in basis)
    ]
    if sys.stdout.isatty():
        Console().print(dashboard.table(shown))
    else:
        for row in shown:
            print("\t".join(row.cells()))
    headline, *others = dashboard.summary(rows)
    for sentence in (headline, *dashboard.unfitted_errors(results), *others):
        print(sentence, file=sys.stderr)
    folders = [Path(name) for name in config_dir]
    names = dict.fromkeys(row.experiment for row in rows)
    if remark := current.remark(results, names, folders, also):
        print(remark, file=sys.stderr)


class Simulating(Analysis):
    """A verb that simulates: errors of the request and of the simulation are what `run`'s are."""

    origin = ""

    def status(self, error: Exception) -> int | None:
        """Tell all of them from bugs."""
        found = status_of_simulation(error)
        return super().status(error) if found is None else found


@program.command(
    cls=Simulating,
    examples=(
        "{} micro/lock_collapse/ticket_collapses",
        "{} sosp09/fig07_unmap/windows_error osdi10/fig04_exim/stock_collapses",
        "{} 'osdi10/fig09_gmake/*'",
    ),
)
@click.argument(
    "claims",
    nargs=-1,
    required=True,
    metavar="CLAIM...",
    help="EXPERIMENT/CLAIM as docs/artifact.md lists them, or a pattern in quotes",
    shell_complete=completed("claim"),
)
@config_dir
def check(claims: tuple[str, ...], config_dir: tuple[str, ...]) -> None:
    """Check claims by themselves, against what is recorded.

    Simulates the points that they need and no others, judges them, and prints what was measured,
    what was expected, the verdict, and why where it fails. No results are needed, and none are
    written. Exit status: 0 all hold, as recorded; 3 one fails, as recorded; 4 the verdict of one is
    another than the recorded one.
    """
    from analysis.read import claim_names
    from analysis.workflow import check

    folders = [Path(name) for name in config_dir]
    found = check.check(claim_names.find(claims, folders), folders)
    for one in found:
        print(*one.lines(), sep="\n")
    raise click.exceptions.Exit(max(one.status for one in found))


@program.command(
    cls=Report,
    examples=(
        "{} results/paper",
        "{} results/paper --experiments osdi10/fig04_exim osdi10/fig05_memcached",
        "{} results/slow_hops --compare results/paper",
    ),
)
@path("results", help="such as results/paper")
@click.option(
    EXPERIMENTS,
    multiple=True,
    metavar="NAME ...",
    help="default: those found in the folder",
    shell_complete=completed("experiment"),
)
@click.option("--override", multiple=True, metavar="KEY=VALUE", help="overrides of the run")
@click.option(
    "--compare",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="results to compare with, if they exist",
    shell_complete=completed("file"),
)
@config_dir
@also
def report(
    results: Path,
    experiments: tuple[str, ...],
    override: tuple[str, ...],
    compare: Path | None,
    config_dir: tuple[str, ...],
    also: tuple[str, ...],
) -> None:
    """Write the report of a results folder to its report/index.html."""
    from analysis.read.tidy import ResultsError
    from analysis.report import site
    from analysis.report.pages import Run
    from sim.experiment.plan import experiments as known

    folders = tuple(Path(name) for name in config_dir)
    names = experiments or [
        name for name in sorted(known(folders)) if (results / name / "claims.json").is_file()
    ]
    if not names:
        raise ResultsError(f"{results}: no analysed experiment in this folder")
    other = compare if compare and compare != results else None
    run = Run(results, override, other)
    print(site.write(run, [_loaded(name, config_dir, also) for name in names]))


@program.command(examples=("{} results/paper",))
@path("results", help="a results folder, such as results/paper")
@click.option(
    "--date",
    type=click.DateTime(["%Y-%m-%d"]),
    default=None,
    metavar="YYYY-MM-DD",
    help="day of publication (today)",
)
def crate(results: Path, date: datetime | None) -> None:
    """Describe a results folder as an RO-Crate.

    Writes its ro-crate-metadata.json: what each file is, its digest, the line that reproduces each
    curve, the program and the papers. Archives such as Zenodo and WorkflowHub read it.
    """
    from analysis.artifact import crate

    print(crate.write(results, (date or datetime.now()).date().isoformat()))


@program.command(
    examples=(
        "{} results/paper results/slow_hops",
        "{} results/paper/osdi10/fig04_exim/pk.parquet pk.parquet",
    )
)
@path("before", help="a results folder or an x.parquet")
@path("after", help="another one")
@click.option(
    "--column", default="throughput", metavar="NAME", help="column to compare (throughput)"
)
def compare(before: Path, after: Path, column: str) -> None:
    """Show what differs between two results.

    In the settings, and in the numbers.
    """
    from analysis.read import compare
    from analysis.read.tidy import ResultsError

    old, new = (compare.result_files(item) for item in (before, after))
    result = compare.compare(old, new, column)
    if result.points.is_empty():
        raise ResultsError(f"{before} and {after} share no curve")
    for line in compare.lines(result, str(before), str(after)):
        print(line)


DRAWN = (".png", ".svg", ".pdf", ".html")


@program.command(
    examples=(
        "{} x.parquet --x cores --by hardware.coherence.hop_cycles",
        "{} x.parquet --x hop_cycles --panel kernel --y latency_mean_cycles -o hops.svg",
        "{} stock.parquet pk.parquet -o both.html",
    )
)
@path("files", nargs=-1, required=True, help="results of `run`, of a sweep or an experiment")
@click.option("--x", default="cores", metavar="KEY", help="setting on the horizontal axis (cores)")
@click.option(
    "--by", multiple=True, metavar="KEY", help="setting with a line for each value (repeatable)"
)
@click.option(
    "--panel", multiple=True, metavar="KEY", help="setting with a panel for each value (repeatable)"
)
@click.option(
    "--y",
    default="throughput_per_core",
    metavar="COLUMN",
    help="column of the results (throughput_per_core)",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="NAME.png, .svg, .pdf or .html, a page that answers to a pointer; default: a PNG beside "
    "the first file",
    shell_complete=completed("file"),
)
def plot(
    files: tuple[Path, ...],
    x: str,
    by: tuple[str, ...],
    panel: tuple[str, ...],
    y: str,
    output: Path | None,
) -> None:
    """Draw a sweep: any column against any setting.

    A KEY is a setting such as hardware.coherence.hop_cycles, or its end where that is enough. What
    differs between the runs and is not named has lines of its own, so that no run is left out. Of
    an experiment's results all points of its axes are drawn.
    """
    from analysis.report import plotted

    target = output or files[0].with_suffix(".png")
    for line in plotted.write(files, plotted.Asked(x, by, panel, y), target):
        print(line, file=sys.stderr)
    print(target)
