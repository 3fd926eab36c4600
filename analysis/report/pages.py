"""What each page of the report shows, gathered from the results; the templates only lay it out."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
from markupsafe import Markup, escape

from analysis.artifact.record import Artifact
from analysis.draw import canvas
from analysis.judge import accuracy, claims
from analysis.read import configuration, effort, tidy
from analysis.read.compare import Comparison, compare
from analysis.read.results import points_files
from analysis.report import explorer, findings, naive_table, null_tables
from analysis.report.charts import Chart
from analysis.report.layout import Table, figure_of, fixed
from sim.experiment.file import Experiment, Measure

COPIED = ("png", "pdf")
"""Kinds of figures that lie beside the pages, which hold the others."""


@dataclass(frozen=True)
class Figure:
    """One figure of a page: inline SVG, its caption, and its files."""

    id: str
    title: str
    caption: str
    svg: Markup
    files: list[tuple[str, str]]


@dataclass(frozen=True)
class Section:
    """One measure of an experiment: its figure, the tables of errors and the points.

    accuracy : how exactly the published points are known, in words
    null, null_verdict : the null model's errors, and what they say of the simulator's
    naive : errors of naive FIFO, where all cores want one thing
    """

    figure: Figure
    errors: Table | None = None
    points: Table | None = None
    accuracy: str = ""
    null: Table | None = None
    null_verdict: str = ""
    naive: Table | None = None


@dataclass(frozen=True)
class Run:
    """One results folder: what was asked for and where it lies.

    folder : results/<name>
    overrides : the user's own, appended to every curve
    paper : the folder to compare with, or None
    """

    folder: Path
    overrides: tuple[str, ...] = ()
    paper: Path | None = None

    @property
    def name(self) -> str:
        """Name of the results folder."""
        return self.folder.name


@dataclass(frozen=True)
class ExperimentPage:
    """Everything the page of one experiment shows."""

    run: Run
    artifact: Artifact

    @property
    def experiment(self) -> Experiment:
        """Return the experiment's settings."""
        return self.artifact.experiment

    @property
    def file(self) -> str:
        """Name of the page."""
        return self.experiment.name.replace("/", "-") + ".html"

    @property
    def folder(self) -> Path:
        """Folder of the experiment's results."""
        return self.run.folder / self.experiment.name

    @property
    def tables(self) -> list[str]:
        """Names of the CSV tables of the experiment."""
        return sorted(path.stem for path in (self.folder / "tables").glob("*.csv"))

    @property
    def downloads(self) -> list[tuple[str, str]]:
        """Name and place of each table that can be downloaded."""
        return [(name, f"{self.data}/{name}.csv") for name in self.tables]

    @property
    def data(self) -> str:
        """Folder of what can be downloaded, in the report's."""
        return f"data/{self.file.removesuffix('.html')}"

    @property
    def copies(self) -> dict[str, Path]:
        """Files that lie beside the page, by their places in the report's folder."""
        found = {
            f"{self.data}/{name}.csv": self.folder / "tables" / f"{name}.csv"
            for name in self.tables
        }
        for path in sorted((self.folder / "figures").iterdir()):
            if path.suffix[1:] in COPIED:
                found[f"{self.data}/{path.name}"] = path
        return found

    @property
    def revision(self) -> str:
        """The engine that simulated it, short."""
        engines = sorted({configuration.engine(path) for path in self.points_files.values()})
        return ", ".join(engine[:12] for engine in engines)

    @property
    def points_files(self) -> dict[str, Path]:
        """Curve id -> its Parquet file."""
        return points_files(self.experiment, self.run.folder)

    @property
    def paper(self) -> str:
        """Paper that the experiment belongs to, in words."""
        return self.artifact.paper.short

    @property
    def labels(self) -> dict[str, str]:
        """Curve id -> its label."""
        return {curve.id: curve.label for curve in self.experiment.curves}

    @property
    def null(self) -> pl.DataFrame:
        """Return the null model's errors beside the simulator's."""
        return self.artifact.null

    @property
    def where(self) -> str:
        """Paper, artifact and section in words."""
        parts = [self.paper]
        if self.experiment.artifact:
            parts.append(self.experiment.artifact)
        numbered = self.experiment.section[:1].isdigit()
        if numbered and not self.experiment.artifact.startswith("Section"):
            parts.append(f"section {self.experiment.section}")
        return ", ".join(parts)

    # --- charts that answer to a pointer ------------------------------------------------------

    @cached_property
    def charts(self) -> list[Chart]:
        """Return the charts of the measures."""
        return explorer.of_measures(self.artifact)

    @cached_property
    def account(self) -> explorer.Account | None:
        """Return the chart of the account, where there is one."""
        return explorer.of_account(self.artifact)

    # --- figures and their tables -----------------------------------------------------------

    @cached_property
    def sections(self) -> list[Section]:
        """Return the measures, each with its figure, error table and points."""
        return [self._section(measure) for measure in self.experiment.measures]

    def _section(self, measure: Measure) -> Section:
        caption = findings.of_measure(self.artifact, measure)
        null = self.null.filter(pl.col("measure") == measure.id)
        return Section(
            self._figure(measure.id, measure.label, caption),
            self._errors(measure),
            self._points(measure),
            self._accuracy(measure),
            null_tables.of_measure(null, self.labels) if len(null) else None,
            null_tables.verdict(null, self.labels),
            naive_table.of_measure(
                self.artifact.naive.filter(pl.col("measure") == measure.id),
                self.artifact.error_points,
                self.labels,
            ),
        )

    def _accuracy(self, measure: Measure) -> str:
        if measure.reference is None or not measure.series:
            return ""
        published = self.artifact.published[measure.id]["published"].to_list()
        return accuracy.sentence(measure.reference, published, self.artifact.references)

    @cached_property
    def speedup(self) -> Section | None:
        """Return the speed-up figure and table, where there is a point at one core."""
        table = self.artifact.speedup
        if not self.experiment.speedup or table.is_empty():
            return None
        figure = self._figure("speedup", "Speed-up", findings.of_speedup(self.artifact))
        labels = dict(self.artifact.curves)
        counts = sorted(table["cores"].unique().to_list())
        values = {(c, n): (s, p) for c, n, s, _, _, p in table.iter_rows()}
        header, columns = ["cores", "ideal"], []
        for curve, label in labels.items():
            for which, name in enumerate((label, f"{label}, published")):
                column = [values.get((curve, count), (None, None))[which] for count in counts]
                if any(value is not None for value in column):
                    header.append(name)
                    columns.append(column)
        rows = [
            [str(count), str(count), *(fixed(column[i]) for column in columns)]
            for i, count in enumerate(counts)
        ]
        return Section(figure, points=Table(header, rows, [True] * len(header)))

    @cached_property
    def breakdown(self) -> Section | None:
        """Return the breakdown figure and its largest contributions."""
        if not self.experiment.breakdown or self.artifact.shares.is_empty():
            return None
        text = findings.of_breakdown(self.artifact)
        return Section(self._figure("breakdown", "Where the cycles go", text))

    @cached_property
    def timeline(self) -> Section | None:
        """Return the timeline, where the experiment traces one."""
        if not self.artifact.timeline:
            return None
        return Section(self._figure("timeline", "Timeline from a trace", self.artifact.timeline))

    @cached_property
    def views(self) -> list[Section]:
        """Return the figures that compare curves as wholes, each with its table."""
        sections = []
        for view in self.experiment.views:
            table = self.artifact.views[view.id]
            caption = view.finding(self.experiment, table)
            header, rows, numeric = view.cells(self.experiment, table)
            figure = self._figure(view.id, view.title, caption)
            source = getattr(view, "reference", None)
            known = accuracy.sentence(source, (), self.artifact.references) if source else ""
            shown = Table(header, rows, numeric).without_empty_columns()
            sections.append(Section(figure, points=shown, accuracy=known))
        return sections

    @cached_property
    def causes(self) -> list[tuple[str, list[str]]]:
        """Top contributions in words, by curve label."""
        return [
            (label, findings.top_causes(self.artifact, curve, label))
            for curve, label in self.artifact.curves
        ]

    def _figure(self, name: str, title: str, caption: str) -> Figure:
        source = self.folder / "figures" / f"{name}.svg"
        prefix = f"{self.file.removesuffix('.html')}-{name}"
        svg = canvas.inline(source.read_text(encoding="utf-8"), prefix, escape(title))
        files = [(kind.upper(), f"{self.data}/{name}.{kind}") for kind in COPIED]
        return Figure(name, title, caption, Markup(svg), files)

    def _errors(self, measure: Measure) -> Table | None:
        table = self.artifact.errors.filter(pl.col("measure") == measure.id)
        if table.is_empty():
            return None
        labels = dict(self.artifact.curves)
        best = self.artifact.paper.estimator == "best_of_three"
        rows = []
        for row in table.iter_rows(named=True):
            if row["n"] == 0:
                continue
            worst = row["worst_cores"]
            rows.append(
                [
                    labels.get(row["curve"], row["curve"]),
                    row["points"],
                    str(row["n"]),
                    fixed(row["mean_absolute_percent"]),
                    fixed(row["max_absolute_percent"]),
                    f"{worst}",
                    fixed(row["best_of_three_mean_absolute_percent"]) if best else "",
                ]
            )
        header = [
            "curve",
            "points",
            "n",
            "mean |error| %",
            "max |error| %",
            "largest at cores",
            "mean |error| %, best of three",
        ]
        numeric = [False, False, True, True, True, True, True]
        return Table(header, rows, numeric).without_empty_columns()

    def _points(self, measure: Measure) -> Table:
        labels = dict(self.artifact.curves)
        best = self.artifact.paper.estimator == "best_of_three"
        compared = {
            (row["curve"], row["cores"]): row
            for row in self.artifact.error_points.filter(pl.col("measure") == measure.id).iter_rows(
                named=True
            )
        }
        stated = explorer.published_points(self.artifact, measure)
        named = {curve.id: curve.counts for curve in self.experiment.curves}
        rows = []
        summary = tidy.base(self.artifact.summaries[measure.id])
        for curve, label in labels.items():
            for row in summary.filter(pl.col("curve") == curve).iter_rows(named=True):
                point = compared.get((curve, row["cores"]), {})
                published = point.get("published", stated.get((curve, row["cores"])))
                error = point.get("error_percent")
                if error is None and published:
                    error = 100 * (row["mean"] - published) / published
                note = point.get("role", "")
                place = named[curve].get(row["cores"])
                if point.get("left_out"):
                    note += ", left out of error claims"
                rows.append(
                    [
                        label,
                        f"{row['cores']} ({place})" if place else str(row["cores"]),
                        *simulated_cells(row),
                        figure_of(row["best_of_three"]) if best else "",
                        figure_of(published),
                        fixed(error),
                        note,
                    ]
                )
        header = [
            "curve",
            "cores",
            "simulated",
            "95 % interval",
            "best of three",
            "published",
            "error %",
            "published point",
        ]
        numeric = [False, True, True, True, True, True, True, False]
        return Table(header, rows, numeric).without_empty_columns()

    # --- claims, commands, effort --------------------------------------------------------------

    @property
    def verdicts(self) -> list[claims.Verdict]:
        """Return the verdicts of the experiment's claims."""
        return self.artifact.verdicts

    @property
    def counts(self) -> dict[str, int]:
        """How many claims have each verdict."""
        return claims.count(self.verdicts)

    @cached_property
    def commands(self) -> list[tuple[str, str]]:
        """(what it does, shell line) that reproduce this page."""
        name, overrides = self.experiment.name, self.run.overrides
        workflow = ["snakemake", f"{self.folder.as_posix()}/figures"]
        if self.run.name != "paper":
            listed = "overrides=[" + ",".join(f'"{o}"' for o in overrides) + "]"
            workflow += ["--config", *([listed] if overrides else []), f"name={self.run.name}"]
            dirs = ",".join(f'"{folder}"' for folder in self.experiment.config_dirs)
            workflow += [f"config_dirs=[{dirs}]"] if dirs else []
        own = [
            text for folder in self.experiment.config_dirs for text in ("--config-dir", str(folder))
        ]
        simulation = ["python", "-m", "sim", "run", *own, f"experiment={name}", *overrides]
        return [
            ("Through the workflow, figures included", shlex.join(workflow)),
            ("The simulation alone", shlex.join([*simulation, f"out=my_{name.split('/')[-1]}"])),
        ]

    @cached_property
    def efforts(self) -> list[effort.Effort]:
        """Wall time and events of each curve."""
        own = {curve.id for curve in self.experiment.curves if not curve.of}
        benchmarks = self.run.folder / "benchmarks" / self.experiment.name
        return [
            effort.of_curve(curve, path, benchmarks / f"{curve}.tsv")
            for curve, path in self.points_files.items()
            if curve in own
        ]

    @cached_property
    def configs(self) -> dict[str, dict[str, object]]:
        """Resolved configuration of each curve."""
        return {curve: configuration.read(path) for curve, path in self.points_files.items()}

    # --- comparison with the paper's run -------------------------------------------------------

    @cached_property
    def _theirs(self) -> dict[str, Path]:
        """Curve id -> its Parquet file in `run.paper`, as far as that has been run."""
        if self.run.paper is None:
            return {}
        theirs = points_files(self.experiment, self.run.paper)
        return {curve: path for curve, path in theirs.items() if path.is_file()}

    @cached_property
    def is_outdated(self) -> bool:
        """Whether `run.paper` was simulated by another engine, so that nothing is compared."""
        return any(
            configuration.engine(path) != configuration.engine(self.points_files[curve])
            for curve, path in self._theirs.items()
        )

    @cached_property
    def comparison(self) -> list[tuple[Measure, Comparison, Figure]]:
        """Each measure beside the same experiment of `run.paper`, where that has been run."""
        if self.run.paper is None:
            return []
        before = {} if self.is_outdated else self._theirs
        if not before:
            return []
        from analysis.draw import comparison as comparison_figure

        shown = []
        labels = {c.id: c.label for c in self.experiment.curves}
        after = {curve: self.points_files[curve] for curve in before}
        for measure in self.experiment.measures:
            result = compare_by_curve(before, after, measure)
            drawn = comparison_figure.draw(
                result, labels, self.run.paper.name, self.run.name, measure.label
            )
            caption = comparison_caption(result, labels, self.run.paper.name, self.run.name)
            name = f"compare-{measure.id}"
            svg = canvas.inline(canvas.svg(drawn, name), f"fig-{name}", escape(caption))
            shown.append((measure, result, Figure(name, measure.label, caption, Markup(svg), [])))
        return shown


def compare_by_curve(
    before: dict[str, Path], after: dict[str, Path], measure: Measure
) -> Comparison:
    """Compare one measure of the curves that both runs have."""
    return compare(before, after, measure.column, measure.scale)


def simulated_cells(row: Mapping[str, Any]) -> tuple[str, str]:
    """Mean and interval of a point; of a bistable one its branches, with their shares."""
    if row["fast_share"] is None:
        return figure_of(row["mean"]), f"{figure_of(row['low'])} … {figure_of(row['high'])}"
    shares = row["fast_share"], 1 - row["fast_share"]
    both = zip((row["fast"], row["slow"]), shares, strict=True)
    text = " or ".join(f"{figure_of(value)} ({share:.0%})" for value, share in both)
    return text.replace("%", " %"), "two branches"


def comparison_caption(
    comparison: Comparison, labels: dict[str, str], before: str, after: str
) -> str:
    """Change of each curve at its most cores, in words."""
    parts = []
    for curve, label in labels.items():
        mine = comparison.points.filter(pl.col("curve") == curve).sort("cores")
        if mine.is_empty():
            continue
        row = mine.row(-1, named=True)
        change = row["change_percent"]
        if not row["beyond_noise"]:
            text = "no change beyond its 95 % interval"
        elif change is None:
            text = f"no longer 0 as in {before}"
        else:
            text = f"{abs(change):.1f} % {'higher' if change > 0 else 'lower'} than in {before}"
        parts.append(f"{label} at {row['cores']} cores: {text}")
    return f"{after} against {before}. " + ". ".join(parts) + "."


def comparison_table(comparison: Comparison, labels: dict[str, str]) -> Table:
    """Every point of a comparison."""
    rows = [
        [
            labels.get(row["curve"], row["curve"]),
            str(row["cores"]),
            figure_of(row["before"]),
            figure_of(row["after"]),
            fixed(row["change_percent"]),
            ""
            if row["change_percent"] is None
            else f"{fixed(row['change_low_percent'])} … {fixed(row['change_high_percent'])}",
        ]
        for row in comparison.points.iter_rows(named=True)
    ]
    header = ["curve", "cores", "before", "after", "change %", "95 % interval"]
    return Table(header, rows, [False, True, True, True, True, True])
