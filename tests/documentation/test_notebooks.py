"""A notebook prints today what it stores."""

from __future__ import annotations

import importlib.util
from copy import deepcopy
from pathlib import Path
from types import ModuleType

import nbformat
import pytest

from tests.documentation.blocks import ROOT

NOTEBOOKS = sorted((ROOT / "docs/notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def notebook() -> ModuleType:
    """docs/hooks/notebook_page.py."""
    spec = importlib.util.spec_from_file_location(
        "notebook_page", ROOT / "docs/hooks/notebook_page.py"
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_prints_and_plots_what_it_stores(path: Path, notebook: ModuleType) -> None:
    stored = notebook.load(path)
    nbformat.validate(nbformat.from_dict(stored))
    run = deepcopy(stored)
    notebook.execute(run)
    for before, after in zip(stored["cells"], run["cells"], strict=True):
        assert notebook.printed(after) == notebook.printed(before)
        assert len(notebook.pictures(after)) == len(notebook.pictures(before))
    assert any(notebook.printed(cell) for cell in run["cells"])


def test_the_locks_curve_is_20_lines_from_the_engine_and_the_locks_alone(
    notebook: ModuleType,
) -> None:
    cells = notebook.load(ROOT / "docs/notebooks/lock_collapse.ipynb")["cells"]
    code = "\n".join(notebook.source(cell) for cell in cells if cell["cell_type"] == "code")
    imported = {line.split()[1] for line in code.splitlines() if line.startswith("from sim")}
    assert imported and all(
        name.startswith(("sim.engine", "sim.program", "sim.sync")) for name in imported
    )
    assert len([line for line in code.splitlines() if line.strip()]) <= 20
