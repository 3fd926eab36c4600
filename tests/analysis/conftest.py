"""Synthetic results of one experiment, analysed once for all tests of this folder."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import browsing
import exim
import synthetic
from browsing import Browser, Visit

from analysis.artifact import files as made
from analysis.artifact.analyse import analyse
from analysis.artifact.record import Analysed
from analysis.report import site
from analysis.report.pages import Run


@pytest.fixture(autouse=True)
def _no_figure_stays_open() -> Iterator[None]:
    """Close what a test draws: figures are global."""
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results root with `paper` and a sweep `slow_hops`, figures and tables drawn."""
    root = tmp_path_factory.mktemp("results")
    for name, hop_cycles in (("paper", 127), ("slow_hops", 200)):
        experiment = synthetic.experiment()
        folder = root / name / experiment.name
        files = [synthetic.write(folder, c, hop_cycles=hop_cycles) for c in ("stock", "pk")]
        made.write(experiment, files, folder)
    return root


@pytest.fixture(scope="session")
def analysed(results: Path) -> Analysed:
    """The synthetic experiment of `paper`, analysed."""
    experiment = synthetic.experiment()
    folder = results / "paper" / experiment.name
    return analyse(experiment, [folder / "stock.parquet", folder / "pk.parquet"])


@pytest.fixture(scope="session")
def report(results: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of `paper`."""
    limitations = tmp_path_factory.mktemp("docs") / "limitations.md"
    limitations.write_text(
        "# Limits\n\nNo <b>disk</b>; see [the paper](https://example.org/x).\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n"
    )
    benchmark = results / "paper/benchmarks/osdi10/fig04_exim"
    benchmark.mkdir(parents=True)
    for curve in ("stock", "pk"):
        (benchmark / f"{curve}.tsv").write_text("s\th:m:s\tmax_rss\n2.0\t0:00:02\t310.4\n")
    return site.write(Run(results / "paper"), [synthetic.experiment()], limitations).parent


@pytest.fixture(scope="session")
def sweep(results: Path) -> Path:
    """The report of the sweep, compared with `paper`."""
    run = Run(results / "slow_hops", ("hardware.coherence.hop_cycles=200",), results / "paper")
    return site.write(run, [synthetic.experiment()], results / "none.md").parent


@pytest.fixture(scope="session")
def explorers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a report with explorers, copied alone to another place."""
    alone = tmp_path_factory.mktemp("alone") / "report"
    exim.write(tmp_path_factory.mktemp("explored"), alone)
    return alone


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    driver = shutil.which("chromedriver")
    if driver is None:
        pytest.skip("needs chromedriver on PATH")
    with browsing.started(driver) as opened:
        yield opened


@pytest.fixture
def visit(browser: Browser, explorers: Path) -> Iterator[Visit]:
    """Open a page of the explorers; in the end nothing was said, and nothing asked of a network."""
    browsing.screen(browser, 1400, 900)
    browsing.said(browser), browsing.asked_elsewhere(browser)

    def open_page(place: str) -> None:
        page, mark, rest = place.partition("#")
        browsing.open_page(browser, explorers / page, mark + rest)

    yield open_page
    assert browsing.said(browser) == []
    assert browsing.asked_elsewhere(browser) == []
