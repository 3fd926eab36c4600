"""Errors for people: what is wrong, its value, what is allowed, and the nearest match.

Every message begins with the override as it was typed, or with the file and the key, so that
whoever reads it knows what to edit.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

BOUNDS = {
    "greater_than": ("gt", "greater than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}
TYPES = {
    "int_type": "an integer",
    "int_from_float": "an integer",
    "int_parsing": "an integer",
    "int_parsing_size": "an integer",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "string_sub_type": "text",
    "list_type": "a list such as [1,8,48] or [dentry]",
    "tuple_type": "a list of values",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
}

QUOTED = re.compile(r"'([^']*)'")
"""A choice, as pydantic lists those of a name."""


class ConfigError(Exception):
    """A setting that cannot be used; `str` is the complete message for the user."""


class FileError(ConfigError):
    """A file that the system does not let be read or written, though its name can be used."""


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Find the candidate most like `word`, or the one that begins so; None when nothing does."""
    names = list(candidates)
    found = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    begun = [name for name in names if name.startswith(word)] if len(word) > 1 else []
    return found[0] if found else begun[0] if len(begun) == 1 else None


def message(origin: str, what: str, *hints: str) -> str:
    """Write one error: its origin and what is wrong on the first line, hints indented below."""
    return "\n".join([f"{origin}: {what}", *(f"  {hint}" for hint in hints if hint)])


def suggestion(word: str, candidates: Iterable[str], *, limit: int = 12) -> str:
    """Give the hint for a name that does not exist: the nearest match, or what is allowed."""
    names = list(candidates)
    match = nearest(word, names)
    if match is not None:
        return f"did you mean {match}?"
    shown = ", ".join(names[:limit]) + (", ..." if len(names) > limit else "")
    return f"allowed: {shown}" if names else ""


def show(value: object) -> str:
    """Write a value as a person would type it, cut to a readable length."""
    if isinstance(value, bool):
        text = str(value).lower()
    elif value is None:
        text = "null"
    elif isinstance(value, str):
        text = f"'{value}'"
    else:
        text = str(value)
    return text if len(text) <= 80 else text[:77] + "..."


def meant(error: ErrorDetails) -> str:
    """Give the hint for a value that is none of the choices: the one that is most like it."""
    context = error.get("ctx", {})
    if error["type"] == "literal_error":
        match = nearest(str(error.get("input")), QUOTED.findall(context["expected"]))
    elif error["type"] == "union_tag_invalid":
        match = nearest(str(context["tag"]), QUOTED.findall(context["expected_tags"]))
    else:
        return ""
    return f"did you mean {match}?" if match is not None else ""


def explain(error: ErrorDetails) -> tuple[str, str]:
    """Put a pydantic error into words: (what is wrong with the value, what is allowed)."""
    kind = error["type"]
    context = error.get("ctx", {})
    value = error.get("input")
    if kind in BOUNDS:
        key, words = BOUNDS[kind]
        return f"{show(value)} is out of range", f"allowed: {words} {context[key]}"
    if kind in TYPES:
        return f"{show(value)} is not {TYPES[kind]}", ""
    if kind == "literal_error":
        return f"{show(value)} is not one of the choices", f"allowed: {context['expected']}"
    if kind == "missing":
        return "a value is missing", ""
    if kind == "extra_forbidden":
        return f"unknown key (its value: {show(value)})", ""
    if kind == "union_tag_invalid":
        return f"{show(context['tag'])} is not one of the choices", (
            f"allowed: {context['expected_tags']}"
        )
    if kind == "union_tag_not_found":
        return f"the key {context['discriminator']} is missing", ""
    if kind in ("too_short", "string_too_short"):
        return f"{show(value)} is too short", f"allowed: at least {context['min_length']} long"
    if kind in ("too_long", "string_too_long"):
        return f"{show(value)} is too long", f"allowed: at most {context['max_length']} long"
    if kind == "value_error":
        return str(context["error"]), ""
    if kind == "string_pattern_mismatch":
        return f"{show(value)} is not a plain name", f"allowed: {context['pattern']}"
    return f"{show(value)}: {error['msg']}", ""
