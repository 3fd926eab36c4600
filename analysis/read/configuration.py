"""The resolved configuration beside every result: its values, and where each number comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.read.tidy import ResultsError, read_json

GROUPS = ("hardware", "kernel", "workload", "run")
KINDS = ("measured", "derived", "calibrated", "assumed", "override")


@dataclass(frozen=True)
class Number:
    """One numeric leaf and its source."""

    group: str
    owner: str
    key: str
    value: str
    kind: str
    where: str
    fitted_on: str


def read(points: Path) -> dict[str, object]:
    """Read the resolved configuration of one `x.parquet`: the groups, `cores` and `order`."""
    path = points.with_name(f"{points.stem}.config.json")
    document = read_json(path)
    if not isinstance(document, dict):
        raise ResultsError(f"{path}: not a mapping")
    resolved = document.get("config", document)
    return {key: resolved[key] for key in (*GROUPS, "cores", "order") if key in resolved}


def curves(points: Path) -> dict[str, dict[str, object]]:
    """Settings of each curve of one `x.parquet`, by dotted key; a choice by its group.

    None where nothing lies beside it.
    """
    path = points.with_name(f"{points.stem}.config.json")
    if not path.is_file():
        return {}
    document = read_json(path)
    runs = document.get("runs", [document]) if isinstance(document, dict) else []
    found = {}
    for run in runs:
        config = run.get("config") if isinstance(run, dict) else None
        if isinstance(config, dict):
            settings = dict(leaves(config))
            names = {group: settings.pop(f"{group}.name", "") for group in GROUPS}
            found[str(run.get("curve"))] = settings | names
    return found


def naive_fifo(points: Path) -> dict[str, dict[str, float]]:
    """What one `x.parquet` would be if cores were served in turn, by column and core count.

    Empty where nothing says so: not all want one thing, or an earlier version wrote it.
    """
    path = points.with_name(f"{points.stem}.config.json")
    document = read_json(path) if path.is_file() else {}
    found = document.get("naive_fifo") if isinstance(document, dict) else None
    return found if isinstance(found, dict) else {}


def engine(points: Path) -> str:
    """Hash of the engine that simulated one `x.parquet`; empty where nothing says so."""
    document = read_json(points.with_name(f"{points.stem}.config.json"))
    return str(document.get("engine", "")) if isinstance(document, dict) else ""


def leaves(tree: object, prefix: str = "") -> Iterator[tuple[str, object]]:
    """All (dotted key, value) of a configuration, sources left out."""
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            if key != "sources":
                yield from leaves(value, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix, tree


def numbers(config: Mapping[str, object]) -> list[Number]:
    """Every numeric leaf of a configuration with the source that covers it."""
    found = []
    for group in GROUPS:
        tree = config.get(group)
        if not isinstance(tree, Mapping):
            continue
        sources = tree.get("sources") or {}
        for key, value in leaves(tree):
            if not _is_numeric(value):
                continue
            source = _covering(sources, key)
            found.append(
                Number(
                    group,
                    str(tree.get("name", "")),
                    f"{group}.{key}",
                    json.dumps(value),
                    str(source.get("kind", "")),
                    str(source.get("where", "")),
                    str(source.get("fitted_on", "")),
                )
            )
    return found


def _is_numeric(value: object) -> bool:
    if isinstance(value, list):
        return any(_is_numeric(item) for item in value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _covering(sources: Mapping[str, Mapping[str, object]], key: str) -> Mapping[str, object]:
    """Return the source of the longest prefix of `key`."""
    parts = key.split(".")
    for length in range(len(parts), 0, -1):
        source = sources.get(".".join(parts[:length]))
        if source is not None:
            return source
    return {}


def catalogue(configs: Sequence[Mapping[str, object]]) -> list[Number]:
    """Every distinct number of several configurations; one that two of them share stands once.

    Kernels share their objects' values, so a number is known by its group, key, value and source,
    and the owners that have it are named together.
    """
    owners: dict[tuple[str, ...], list[str]] = {}
    first: dict[tuple[str, ...], Number] = {}
    for config in configs:
        for n in numbers(config):
            known: tuple[str, ...] = (n.group, n.key, n.value, n.kind, n.where, n.fitted_on)
            if n.group == "workload":
                known = (*known, n.owner)
            names = owners.setdefault(known, [])
            if n.owner not in names:
                names.append(n.owner)
            first.setdefault(known, n)
    merged = [
        Number(n.group, ", ".join(owners[known]), n.key, n.value, n.kind, n.where, n.fitted_on)
        for known, n in first.items()
    ]
    return sorted(merged, key=lambda n: (GROUPS.index(n.group), n.owner, n.key))


def differences(
    before: Mapping[str, object], after: Mapping[str, object]
) -> list[tuple[str, str, str]]:
    """Return (key, before, after) of every leaf that differs; a dash where a key is missing."""
    old, new = dict(leaves(before)), dict(leaves(after))
    changed = []
    for key in sorted(old.keys() | new.keys()):
        if old.get(key, ...) != new.get(key, ...):
            texts = [json.dumps(tree[key]) if key in tree else "–" for tree in (old, new)]
            changed.append((key, *texts))
    return [(key, before, after) for key, before, after in changed]
