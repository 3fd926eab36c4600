"""What registers itself in an experiment's file by its `kind`: metrics of claims, and views.

Each kind is one class in one file: of `metrics/` or `views/`, or of `extensions/` in a folder of
the user's own. Being defined, it enters the list; no other file names it. The files are imported
to check an experiment's file, so they import the analysis where they use it, inside their methods.
"""

from __future__ import annotations

from typing import Any, Literal, TypeVar, get_args, get_origin

from sim.settings import Settings

Kind = TypeVar("Kind", bound=Settings)


def enter(known: dict[str, type[Kind]], what: str, made: type[Kind]) -> None:
    """Enter a class under its kind; one without a kind is a base of others.

    Args:
        known: the classes by kind.
        what: they are, for messages.
        made: the class, whose field `kind` is a Literal of one text.

    Raises:
        ValueError: the kind is taken, it is not said as it should, or methods are missing.
    """
    annotation: Any = made.model_fields["kind"].annotation
    if annotation is str:
        return
    words = get_args(annotation) if get_origin(annotation) is Literal else ()
    if len(words) != 1 or not isinstance(words[0], str):
        raise ValueError(f"{made.__name__}: one kind is needed, such as kind: Literal['mine']")
    (kind,) = words
    if missing := sorted(getattr(made, "__abstractmethods__", ())):
        raise ValueError(f"{what} {kind!r} has no {' and no '.join(missing)}")
    if kind in known:
        raise ValueError(f"{what} {kind!r} is already in {known[kind].__module__}")
    known[kind] = made
