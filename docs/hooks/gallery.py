"""The table of docs/gallery.md: machines that were measured, and how far the model is off there.

`python docs/hooks/gallery.py` simulates every point and writes the table into the page; a test
computes one of its lines again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))

from sim.config.compose import compose  # noqa: E402
from sim.experiment.plan import experiments  # noqa: E402
from sim.measure import published  # noqa: E402
from sim.measure.comparison import Row, compare, weighted  # noqa: E402
from sim.measure.fit import Fit, fit  # noqa: E402
from sim.measure.model import Model  # noqa: E402
from sim.measure.records import CURVES, read_csv  # noqa: E402

PAGE = ROOT / "docs/gallery.md"
OWN = ROOT / "reference/own"
PAPERS = ("validation/", "today/")
BEGIN, END = "<!-- written by docs/hooks/gallery.py -->\n", "<!-- end -->\n"
HEADER = (
    "| machine | measured | predicted points | error | as the first cores went on | nothing gained "
    "| error of all points |\n|---|---|---|---|---|---|---|\n"
)


def experiment_names() -> list[str]:
    """Experiments of machines that somebody else has measured."""
    return sorted(name for name in experiments() if name.startswith(PAPERS))


def of_experiment(name: str) -> Iterator[str]:
    """A line for each machine of an experiment."""
    for machine, records in published.records(name).items():
        seen = published.seen(name)
        points = tuple(r for r in records if (r.series, r.cores) in seen)
        rows = compare(Model(machine, []), Fit({}, {}, points), records)
        yield line(machine, f"`{name}`", rows)


def of_folder(folder: Path) -> str:
    """A line for a machine that a user sent in."""
    name, records = folder.name, read_csv(folder / CURVES)
    model = Model(name, [])
    found = fit(model, compose([f"hardware={name}"]).hardware, records)
    return line(name, f"`reference/own/{name}`", compare(model, found, records))


def line(machine: str, where: str, rows: list[Row]) -> str:
    """One line of the table: errors over the points that nothing was fitted on."""
    error = weighted(rows)
    everything = weighted([replace(row, role="predicted") for row in rows])
    shown = [error.simulated, error.held, error.linear, everything.simulated]
    cells = ["" if value is None else f"{value:.0%}" for value in shown]
    return f"| `{machine}` | {where} | {error.points} of {len(rows)} | {' | '.join(cells)} |\n"


def main() -> None:
    """Write the table into the page."""
    lines = [text for name in experiment_names() for text in of_experiment(name)]
    lines += [of_folder(file.parent) for file in sorted(OWN.glob(f"*/{CURVES}"))]
    before, rest = PAGE.read_text().split(BEGIN)
    PAGE.write_text(before + BEGIN + HEADER + "".join(lines) + END + rest.split(END)[1])


if __name__ == "__main__":
    main()
