"""Tables, figures, claims, the report, and comparisons, from files.

python -m analysis artifacts --experiment osdi10/fig04_exim --out DIR stock.parquet pk.parquet
python -m analysis claims --verdict "not reproduced"
python -m analysis report results/paper
python -m analysis compare results/paper results/slow_hops
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from analysis.wording import VERDICTS
from sim import front_end

if TYPE_CHECKING:
    from analysis.artifact import Artifact


VERBS = ("figures", "tables", "judge", "artifacts", "claims", "report", "compare")
PREFIX = "analysis error: "
EXAMPLES = "Examples\n" + "\n".join(f"  {line}" for line in str(__doc__).splitlines()[2:])


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one message, without the usage of everything."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where to read more; exit status 2."""
        self.exit(2, f"{self.prog}: {message}\n  see: {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; errors are one message on standard error and exit status 1.

    A request that cannot be read has exit status 2.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    return front_end.answered(lambda: _run(given), PREFIX)


def _run(given: list[str]) -> int:
    parser = _parser()
    odd = front_end.not_text(given)
    if odd:
        parser.error(f"{odd!a}: its bytes are not text (UTF-8)")
    if given and not given[0].startswith("-") and given[0] not in VERBS:
        from sim.config.errors import suggestion

        parser.error(f"unknown verb '{given[0]}'\n  {suggestion(given[0], VERBS)}")
    parsed = parser.parse_args(given)
    from analysis.read.reference import ReferenceError
    from analysis.read.tidy import ResultsError
    from sim.config.errors import ConfigError

    verb: Callable[[argparse.Namespace], None] = parsed.verb
    try:
        verb(parsed)
    except (ResultsError, ReferenceError, ConfigError) as error:
        print(f"{PREFIX}{error}", file=sys.stderr)
        return front_end.FAILED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m analysis",
        description="Tables, figures, claims and reports from the results of python -m sim run.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    for name, verb, text, out in (
        ("figures", _figures, "draw the figures of one experiment", "folder of the figures"),
        ("tables", _tables, "write the tables of one experiment as CSV", "folder of the tables"),
        ("judge", _judge, "judge the claims of one experiment", "JSON file of the verdicts"),
        (
            "artifacts",
            _artifacts,
            "all three in one process",
            "folder that gets figures/, tables/ and claims.json",
        ),
    ):
        one = verbs.add_parser(name, help=text, description=text.capitalize() + ".")
        one.add_argument(
            "--experiment", required=True, metavar="NAME", help="such as osdi10/fig04_exim"
        )
        one.add_argument("--out", required=True, type=Path, metavar="PATH", help=out)
        one.add_argument("files", nargs="+", type=Path, help="x.parquet of each curve")
        _add_folders(one)
        one.set_defaults(verb=verb)

    text = "list every claim of a results folder with its verdict"
    one = verbs.add_parser("claims", help=text, description=text.capitalize() + ".")
    one.add_argument("results", nargs="?", type=Path, default=Path("results/paper"))
    one.add_argument(
        "--verdict", action="append", choices=VERDICTS, help="only claims with this verdict"
    )
    _add_folders(one)
    one.set_defaults(verb=_claims)

    text = "write the report of a results folder to its report/index.html"
    one = verbs.add_parser("report", help=text, description=text.capitalize() + ".")
    one.add_argument("results", type=Path, help="such as results/paper")
    one.add_argument(
        "--experiments", nargs="+", metavar="NAME", help="default: those found in the folder"
    )
    one.add_argument(
        "--override", action="append", default=[], metavar="KEY=VALUE", help="overrides of the run"
    )
    one.add_argument(
        "--compare", type=Path, metavar="DIR", help="results to compare with, if they exist"
    )
    _add_folders(one)
    one.set_defaults(verb=_report)

    text = "show what differs between two results, in the settings and in the numbers"
    one = verbs.add_parser("compare", help=text, description=text.capitalize() + ".")
    one.add_argument("before", type=Path, help="a results folder or an x.parquet")
    one.add_argument("after", type=Path, help="another one")
    one.add_argument("--column", default="throughput", help="column to compare (throughput)")
    one.set_defaults(verb=_compare)
    return parser


def _add_folders(parser: argparse.ArgumentParser) -> None:
    """Let a verb take the user's own folders, as `python -m sim` does."""
    parser.add_argument(
        "--config-dir",
        action="append",
        default=[],
        type=Path,
        metavar="DIR",
        help="a folder with experiments, papers and reference/ of your own; may be repeated",
    )


def _figures(arguments: argparse.Namespace) -> None:
    from analysis import artifact

    artifact.write_figures(_analyse(arguments), arguments.out)


def _tables(arguments: argparse.Namespace) -> None:
    from analysis import artifact

    artifact.write_tables(_analyse(arguments), arguments.out)


def _judge(arguments: argparse.Namespace) -> None:
    from analysis import artifact

    artifact.write_claims(_analyse(arguments), arguments.out)


def _artifacts(arguments: argparse.Namespace) -> None:
    from analysis import artifact
    from sim.experiment.plan import load_experiment

    folders = arguments.config_dir
    experiment = load_experiment(arguments.experiment, folders)
    artifact.write(experiment, arguments.files, arguments.out)


def _analyse(arguments: argparse.Namespace) -> Artifact:
    from analysis.artifact import analyse
    from sim.experiment.plan import load_experiment

    folders = arguments.config_dir
    experiment = load_experiment(arguments.experiment, folders)
    return analyse(experiment, arguments.files)


def _claims(arguments: argparse.Namespace) -> None:
    from rich.console import Console

    from analysis.report import dashboard
    from analysis.workflow import current

    rows = dashboard.read(arguments.results)
    shown = [row for row in rows if not arguments.verdict or row.verdict in arguments.verdict]
    if sys.stdout.isatty():
        Console().print(dashboard.table(shown))
    else:
        for row in shown:
            print("\t".join(row.cells()))
    print(dashboard.summary(rows), file=sys.stderr)
    names = dict.fromkeys(row.experiment for row in rows)
    if remark := current.remark(arguments.results, names, arguments.config_dir):
        print(remark, file=sys.stderr)


def _report(arguments: argparse.Namespace) -> None:
    from analysis.read.tidy import ResultsError
    from analysis.report import site
    from analysis.report.pages import Run
    from sim.experiment.plan import experiments, load_experiment

    names = arguments.experiments or [
        name
        for name in sorted(experiments(arguments.config_dir))
        if (arguments.results / name / "claims.json").is_file()
    ]
    if not names:
        raise ResultsError(f"{arguments.results}: no analysed experiment in this folder")
    other = arguments.compare
    run = Run(
        arguments.results,
        tuple(arguments.override),
        other if other and other != arguments.results else None,
    )
    print(site.write(run, [load_experiment(name, arguments.config_dir) for name in names]))


def _compare(arguments: argparse.Namespace) -> None:
    from analysis.read import compare
    from analysis.read.tidy import ResultsError

    before, after = (compare.result_files(p) for p in (arguments.before, arguments.after))
    result = compare.compare(before, after, arguments.column)
    if result.points.is_empty():
        raise ResultsError(f"{arguments.before} and {arguments.after} share no curve")
    for line in compare.lines(result, str(arguments.before), str(arguments.after)):
        print(line)


if __name__ == "__main__":
    sys.exit(front_end.command(main, forwarded="analysis"))
