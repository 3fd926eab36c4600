"""Without the environment that make setup makes, every program says so in one line."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from sim.environment import OLDEST, PACKAGES
from tests.packaging.test_environment import imported_from

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ("sim", "analysis", "calibration", "corescale", "benchmarks")
PARSED_FIRST = (
    "sim/environment.py",
    "sim/interruption.py",
    *(f"{name}/__init__.py" for name in PROGRAMS),
)
OLD_PYTHON = """
import runpy, sys
sys.version_info = (3, 10, 13, "final", 0)
runpy.run_module(sys.argv[1], run_name="__main__")
"""


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this Python without its packages, in the checkout."""
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, "-S", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def is_one_line_with_the_remedy(done: subprocess.CompletedProcess[str]) -> bool:
    (line,) = done.stderr.splitlines()
    remedy = "make setup" in line and "source .venv/bin/activate" in line
    return (done.returncode, done.stdout) == (2, "") and remedy


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_python_without_the_packages_is_told_what_to_do(name: str) -> None:
    done = python("-m", name, "list")
    assert is_one_line_with_the_remedy(done)
    assert (
        f"{sys.executable} has no package {PACKAGES[0]} and {len(PACKAGES) - 1} more" in done.stderr
    )


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_old_python_is_told_what_to_do(name: str) -> None:
    done = python("-c", OLD_PYTHON, name)
    assert is_one_line_with_the_remedy(done)
    assert "is Python 3.10, and corescale needs 3.11 or newer" in done.stderr


def test_a_foreign_snakemake_is_told_what_to_do() -> None:
    # Its Python runs the Snakefile's imports.
    lines = (ROOT / "Snakefile").read_text().splitlines()
    imports = [line for line in lines if line.startswith(("import ", "from "))]
    assert is_one_line_with_the_remedy(python("-c", "\n".join(imports)))


@pytest.mark.parametrize("name", PARSED_FIRST)
def test_what_is_read_before_the_check_can_be_parsed_by_python_3_6(name: str) -> None:
    tree = ast.parse((ROOT / name).read_text(), name, feature_version=(3, 6))
    newer = (ast.NamedExpr, ast.Match, ast.AnnAssign, ast.JoinedStr)
    assert not [node for node in ast.walk(tree) if isinstance(node, newer)]
    assert "annotations" not in {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        for alias in node.names
    }


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_check_comes_before_every_other_import_of_the_project(name: str) -> None:
    tree = ast.parse((ROOT / name / "__init__.py").read_text())
    modules = [
        alias.name if isinstance(node, ast.Import) else str(node.module)
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    ]
    ours = [module for module in modules if module.partition(".")[0] not in sys.stdlib_module_names]
    assert ours[0] == "sim.environment"


def test_every_package_that_the_code_imports_is_looked_for() -> None:
    ours = {"sim", "analysis", "metrics", "views", "calibration", "corescale", "lab"}
    # What the lab alone imports is an extra; whoever lacks it is told by the verb.
    imported = set().union(*(imported_from(ROOT / name) for name in ours - {"lab"}))
    assert imported - set(sys.stdlib_module_names) - ours <= set(PACKAGES)


def test_the_oldest_python_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == f">={OLDEST[0]}.{OLDEST[1]}"
    names = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    renamed = {"hydra": "hydra-core", "yaml": "pyyaml", "markdown_it": "markdown-it-py"}
    renamed["vl_convert"] = "vl-convert-python"
    assert {canonicalize_name(renamed.get(name, name)) for name in PACKAGES} == names
