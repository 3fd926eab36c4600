"""What may have been meant by a key that a run does not have, and what one that it has allows."""

from __future__ import annotations

from sim.config.errors import message, nearest
from sim.config.keys import Shape, all_keys, keys, parents


def _without_services(key: str, shape: Shape) -> str:
    """Suggest the place in a kernel's table that stood below its services before."""
    now = key.replace("kernel.services.", "kernel.")
    return f"did you mean {now}?" if now != key and now in keys(shape) else ""


def did_you_mean(key: str, shape: Shape) -> str:
    """Suggest the nearest key: among the siblings first, then anywhere."""
    parent, _, last = key.rpartition(".")
    siblings = [name for name in keys(shape) if name.rpartition(".")[0] == parent]
    match = nearest(last, [name.rpartition(".")[2] for name in siblings])
    if match is not None:
        return f"did you mean {parent + '.' if parent else ''}{match}?"
    # A dotted key may be that of another kernel, say, whose next message says which have it.
    other = sorted(all_keys() - set(keys(shape))) if parent else []
    match = nearest(key, [*keys(shape), *other])
    if match is None:
        ends = {name.rpartition(".")[2]: name for name in reversed(list(keys(shape)))}
        end = nearest(last, ends)
        match = ends[end] if end is not None else None
    return f"did you mean {match}?" if match is not None else ""


def unknown(origin: str, key: str, shape: Shape) -> str:
    """Say that a run has no such key, and what may have been meant."""
    existing = next((name for name in parents(key) if name in keys(shape)), "")
    return message(
        origin,
        f"unknown key {key}",
        _without_services(key, shape)
        or did_you_mean(key, shape)
        or f"allowed: {', '.join(_children(existing, shape))}",
        f"see: python -m sim describe {existing}" if existing else "see: python -m sim --help",
    )


def _children(parent: str, shape: Shape) -> list[str]:
    depth = parent.count(".") + 1 if parent else 0
    prefix = f"{parent}." if parent else ""
    return [name for name in keys(shape) if name.startswith(prefix) and name.count(".") == depth]


def allowed(key: str, shape: Shape) -> tuple[str, str]:
    """Say what a key allows, and where to read more."""
    inside = (name for name in parents(key.partition("[")[0]) if name in keys(shape))
    known = keys(shape).get(next(inside, ""))
    if known is None:
        return "", ""
    see = f"see: python -m sim describe {known.name}"
    of_item = key.partition("]")[2].removeprefix(".")  # workload.calls[0].times
    for setting in known.items:
        if setting.name == of_item:
            return f"allowed: {setting.allowed}", see
    return (f"allowed: {known.allowed}" if known.is_leaf else ""), see
