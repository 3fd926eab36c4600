"""Synthetic results of one experiment, analysed once for all tests of this folder."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import synthetic

from analysis import artifact


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results root with `paper` and a sweep `slow_hops`, figures and tables drawn."""
    root = tmp_path_factory.mktemp("results")
    for name, hop_cycles in (("paper", 127), ("slow_hops", 200)):
        experiment = synthetic.experiment()
        folder = root / name / experiment.name
        files = [synthetic.write(folder, c, hop_cycles=hop_cycles) for c in ("stock", "pk")]
        analysed = artifact.analyse(experiment, files)
        artifact.write_tables(analysed, folder / "tables")
        artifact.write_claims(analysed, folder / "claims.json")
        artifact.write_figures(analysed, folder / "figures")
    return root


@pytest.fixture(scope="session")
def analysed(results: Path) -> artifact.Artifact:
    """The synthetic experiment of `paper`, analysed."""
    experiment = synthetic.experiment()
    folder = results / "paper" / experiment.name
    return artifact.analyse(experiment, [folder / "stock.parquet", folder / "pk.parquet"])
