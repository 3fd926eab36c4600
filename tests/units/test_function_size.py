"""Functions stay small: at most 60 lines and 7 parameters, or a reason why not."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("sim", "analysis", "metrics", "views", "calibration", "corescale", "lab")
MOST_LINES = 60
MOST_PARAMETERS = 7

ARRAYS = "compiled into the hot path, which is slower if it gets the state and not its arrays"
LARGER = {
    "sim/engine/machine.py: make_run": "holds the machine's loop",
    "sim/engine/machine.py: run": "the loop, which its branches leave; a call for each is slower",
    "sim/engine/coherence.py: own": ARRAYS,
    "sim/engine/coherence.py: own_by_broadcast": ARRAYS,
    "sim/engine/coherence.py: read": ARRAYS,
    "sim/engine/coherence.py: read_by_broadcast": ARRAYS,
    "sim/engine/coherence.py: shared_fetch": ARRAYS,
    "sim/program/assembler.py: emit": "the operands of an instruction, each by name",
}
"""Functions that may be larger, each with the reason."""


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a module, methods and inner ones with them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def too_large(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function has too many lines, from `def` on, or parameters but self and cls."""
    assert function.end_lineno is not None
    named = function.args
    parameters = [*named.posonlyargs, *named.args, *named.kwonlyargs, named.vararg, named.kwarg]
    counted = [p for p in parameters if p is not None and p.arg not in ("self", "cls")]
    lines = function.end_lineno - function.lineno + 1
    return lines > MOST_LINES or len(counted) > MOST_PARAMETERS


def large_functions() -> list[str]:
    """File and name of all that are too large."""
    return [
        f"{path.relative_to(ROOT).as_posix()}: {function.name}"
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        for function in functions(ast.parse(path.read_text(encoding="utf-8")))
        if too_large(function)
    ]


def test_every_function_is_small_or_says_why_not() -> None:
    assert [name for name in large_functions() if name not in LARGER] == []


def test_every_exception_is_still_needed() -> None:
    large = large_functions()
    assert [name for name in LARGER if large.count(name) != 1] == []


def test_lines_and_parameters_are_counted_in_methods_and_inner_functions_too() -> None:
    body = "        x = 1\n"
    source = (
        f"class A:\n    def sixty(self):\n{body * 59}    def longer(self):\n{body * 60}"
        "    def seven(self, a, b, c, d, *e, f, **g):\n        pass\n"
        "    async def eight(self, a, b, c, /, d, *e, f, g, **h):\n        pass\n"
        f"def outer(a):\n    def inner(a, b, c, d, e, f, g, h):\n{body}"
    )
    named = [function.name for function in functions(ast.parse(source)) if too_large(function)]
    assert sorted(named) == ["eight", "inner", "longer"]
