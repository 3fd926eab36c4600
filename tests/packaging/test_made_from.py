"""Results name all code that decides what they are turned into: imports lead to no other."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from analysis.read.made_from import SOURCES

ROOT = Path(__file__).resolve().parents[2]
MAKERS = [
    path
    for folder in ("analysis", "metrics", "views")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path.parent != ROOT / "analysis/workflow" and path.name not in ("__main__.py", "verbs.py")
]
"""All of the analysis but what orders the work; what they take of that follows."""
SHOW_NOTHING = {
    "sim/__init__.py": "holds no more than the check of the environment",
    "sim/drafts.py": "writes what it is given, whole or not at all",
    "sim/environment.py": "leaves, or does nothing",
    "sim/extensions.py": "imports the user's own files, which a digest covers",
    "sim/estimate.py": "refuses what is too large, or does nothing",
    "sim/streams.py": "says where words go, not what they are",
    "sim/interruption.py": "ends a process, or does nothing",
    "sim/user_cache/": "keeps what can be made again, and checks that it is what was kept",
    "sim/version.py": "names the engine, and the name is part of what results are made from",
} | dict.fromkeys(
    [f"sim/{folder}/" for folder in ("engine", "kernel", "machine", "program", "sync", "workload")]
    + ["sim/acquisitions.py", "sim/lowering.py", "sim/settings.py", "sim/statistics.py"],
    "the model, whose hash is part of what results are made from",
)
"""What may be imported besides, and why no figure, table, claim or page depends on it."""


def files_of(root: Path, module: str) -> Iterator[Path]:
    """Files of a module of the project and of the packages that it is in."""
    parts = module.split(".")
    for count in range(1, len(parts) + 1):
        place = root.joinpath(*parts[:count])
        for path in (place / "__init__.py", place.with_suffix(".py")):
            if path.is_file():
                yield path


def imported(node: ast.AST) -> Iterator[str]:
    """Names that code may import when it runs, at its beginning or later."""
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
        inside: Iterable[ast.AST] = node.orelse
    else:
        inside = ast.iter_child_nodes(node)
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0 and node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    for child in inside:
        yield from imported(child)


def reached(root: Path, first: Iterable[Path]) -> dict[Path, str]:
    """Files that some files import, directly or not, each with a chain that leads there."""
    found: dict[Path, str] = {}
    waiting = [(path, path.relative_to(root).as_posix()) for path in first]
    while waiting:
        path, chain = waiting.pop(0)
        if path in found:
            continue
        found[path] = chain
        for module in imported(ast.parse(path.read_text(encoding="utf-8"))):
            for other in files_of(root, module):
                waiting.append((other, f"{other.relative_to(root).as_posix()} <- {chain}"))
    return found


def uncovered(root: Path, first: Iterable[Path], covered: Iterable[str]) -> list[str]:
    """Chains of imports that lead to code outside some files and folders."""
    places = [root / name for name in covered]
    return [
        chain
        for path, chain in sorted(reached(root, first).items())
        if not any(path == place or place in path.parents for place in places)
    ]


def test_all_code_that_makes_figures_claims_and_pages_is_named() -> None:
    assert uncovered(ROOT, MAKERS, [*SOURCES, *SHOW_NOTHING]) == []


def test_what_is_left_out_is_still_imported() -> None:
    found = reached(ROOT, MAKERS)
    for name in (*SOURCES, *SHOW_NOTHING):
        place = ROOT / name
        assert any(path == place or place in path.parents for path in found), name


@pytest.mark.parametrize(
    "line",
    [
        "import sim.interval",
        "from sim import interval",
        "from sim.interval import mean",
        "def draw():\n    from sim.interval import mean",
        "try:\n    import sim.interval\nexcept ImportError:\n    pass",
        "if TYPE_CHECKING:\n    pass\nelse:\n    import sim.interval",
    ],
)
def test_another_import_is_noticed_wherever_it_stands(tmp_path: Path, line: str) -> None:
    for name in ("sim/__init__.py", "sim/interval.py", "analysis/__init__.py", "analysis/read.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "analysis/draw.py").write_text("from analysis import read")
    makers = [tmp_path / "analysis/draw.py"]
    assert uncovered(tmp_path, makers, ["analysis"]) == []
    (tmp_path / "analysis/read.py").write_text(line)
    assert uncovered(tmp_path, makers, ["analysis", "sim/__init__.py"]) == [
        "sim/interval.py <- analysis/read.py <- analysis/draw.py"
    ]
    (tmp_path / "analysis/read.py").write_text("if TYPE_CHECKING:\n    import sim.interval")
    assert uncovered(tmp_path, makers, ["analysis"]) == []
