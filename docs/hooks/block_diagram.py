"""The block diagram of docs/background/architecture.md, drawn from the imports.

`python docs/hooks/block_diagram.py` prints it; a test compares the page with it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = {
    "sim": 2,
    "analysis": 2,
    "metrics": 1,
    "views": 1,
    "calibration": 1,
    "lab": 1,
    "corescale": 1,
}
"""Packages, and how many parts of a module's name say which block it belongs to."""
LAZY = {("sim.front_end", "sim.fork_server")}
"""What is imported where a job looks for its server, which ends as jobs do."""


def block(module: str) -> str:
    """Block that a module belongs to: a folder, or a file beside the folders; empty if to none."""
    parts = module.split(".")
    name = ".".join(parts[: ROOMS.get(parts[0], 0)])
    place = ROOT / name.replace(".", "/")
    return name if name and (place.is_dir() or place.with_suffix(".py").is_file()) else ""


def imported(path: Path) -> Iterator[str]:
    """Modules that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def graph() -> dict[str, set[str]]:
    """What each block imports; files that begin a package or a program belong to none."""
    found: dict[str, set[str]] = {}
    for package in ROOMS:
        for path in sorted((ROOT / package).rglob("*.py")):
            here = block(".".join(path.relative_to(ROOT).with_suffix("").parts))
            if path.stem in ("__init__", "__main__") and path.parent == ROOT / package:
                continue
            used = {block(name) for name in imported(path)} - {"", here, package}
            found.setdefault(here, set()).update(used)
    return {
        name: {other for other in used if other in found and (name, other) not in LAZY}
        for name, used in found.items()
    }


def reduced(uses: dict[str, set[str]]) -> dict[str, set[str]]:
    """The same, without what is also reached through another block."""
    reached: dict[str, set[str]] = {}
    for name in TopologicalSorter(uses).static_order():
        reached[name] = set.union(uses[name], *(reached[other] for other in uses[name]))
    return {
        name: {one for one in used if not any(one in reached[other] for other in used - {one})}
        for name, used in uses.items()
    }


def levels(uses: dict[str, set[str]]) -> list[list[str]]:
    """Blocks by their height above those that use nothing, the highest first."""
    height: dict[str, int] = {}
    for name in TopologicalSorter(uses).static_order():
        height[name] = 1 + max((height[other] for other in uses[name]), default=0)
    return [
        sorted(name for name in height if height[name] == level)
        for level in range(max(height.values()), 0, -1)
    ]


def diagram() -> str:
    """A row for each level; beside each block what it uses, reached through no other."""
    uses = graph()
    direct = reduced(uses)
    width = max(map(len, uses))
    rows = []
    for level in levels(uses):
        rows += [f"{name:<{width}}  {' '.join(sorted(direct[name]))}".rstrip() for name in level]
        rows.append("-" * width)
    return "\n".join(rows[:-1]) + "\n"


if __name__ == "__main__":
    print(diagram(), end="")
