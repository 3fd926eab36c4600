"""`describe`: a setting's value, unit, bounds, source and meaning; or all of them, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from sim.command.list import KINDS
from sim.command.request import Request
from sim.config.compose import compose
from sim.config.errors import ConfigError, message, nearest, suggestion
from sim.config.files import CHOICE_GROUPS, choices, load_yaml
from sim.config.keys import (
    GROUPS,
    SOURCED,
    Key,
    Shape,
    all_keys,
    alternatives,
    keys,
    shape_of,
    workload_kinds,
)
from sim.config.run import RunConfig
from sim.config.sources import source_of
from sim.experiment.columns import ACCOUNT, POINTS, Column
from sim.settings import Source

COLUMNS = "columns"


def run(request: Request, every: bool, markdown: bool) -> None:
    """Print what a key is; a subtree prints each of its keys; every key, if so asked."""
    named = [item for item in request.overrides if "=" not in item]
    overrides = [item for item in request.overrides if "=" in item]
    if every:
        if named:
            raise ConfigError(message(f"describe {named[0]}", "--all describes every key"))
        print(reference(request.config_dirs) if markdown else everything(request))
        return
    if markdown:
        raise ConfigError(message("--markdown", "only with --all", "describe --all --markdown"))
    if not named and overrides:
        raise ConfigError(message(f"describe {overrides[0]}", "no key", _key_of(overrides[0])))
    if len(named) != 1:
        raise ConfigError(
            message(
                " ".join(["describe", *named]),
                "one key is needed",
                "for example: python -m sim describe hardware.coherence.hop_cycles",
                "all keys: python -m sim describe --all",
            )
        )
    if named[0] == COLUMNS:
        print("\n\n".join(_columns(title, group) for title, group in _files()))
        return
    if named[0].partition(".")[0] in KINDS:
        from sim.command import kinds

        print(kinds.describe(named[0]))
        return
    if named[0] in choices("paper", request.config_dirs) and named[0] not in all_keys():
        print(paper(named[0], request.config_dirs))
        return
    key, config = _find(named[0], overrides, request.config_dirs)
    known = keys(shape_of(config))
    if known[key].is_leaf:
        print(_leaf(known[key], config, request.config_dirs))
        return
    print(f"{key}: {known[key].meaning}".rstrip(": "))
    for name, item in known.items():
        if name.startswith(f"{key}.") and item.is_leaf and _has(config, name):
            print("\n" + _leaf(item, config, request.config_dirs))


def paper(name: str, config_dirs: Sequence[Path] = ()) -> str:
    """Describe one paper, with its experiments."""
    from sim.experiment import papers

    known = choices("experiment", config_dirs)
    own = [one for one, path in known.items() if load_yaml(path).get("paper", "user") == name]
    return papers.describe(papers.load(name, config_dirs), own)


def _key_of(override: str) -> str:
    """Say how to ask for the settings of a choice, or for the one that an override sets."""
    key = override.partition("=")[0]
    what = "its settings" if key in CHOICE_GROUPS else "that setting"
    return f"{what}: python -m sim describe {key.replace('/', '.')} {override}"


def everything(request: Request) -> str:
    """Describe every key of the default run (or of the one that the overrides choose)."""
    overrides = [item for item in request.overrides if "=" in item]
    config = compose(overrides, request.config_dirs)
    known = keys(shape_of(config)).values()
    there = (item for item in known if item.is_leaf and _has(config, item.name))
    return "\n\n".join(_leaf(item, config, request.config_dirs) for item in there)


def _find(key: str, overrides: Sequence[str], config_dirs: Sequence[Path]) -> tuple[str, RunConfig]:
    """Find a key in the default run, or in the first workload that has it."""
    given, key = key, key.replace("/", ".")
    config = compose(overrides, config_dirs)
    if key in keys(shape_of(config)):
        return key, config if _has(config, key) else _with_kernel_of(
            key, config, overrides, config_dirs
        )
    for group in dict.fromkeys(part.group for part in alternatives().values()):
        for name, path in choices(group, config_dirs).items():
            shape = dict(shape_of(config)) | dict(shape_of({group: load_yaml(path)}))
            if key in keys(tuple(shape.items())):
                return key, compose([*overrides, f"{group}={name}"], config_dirs)
    raise ConfigError(
        message(f"describe {given}", "unknown key", *_instead(given, key, config_dirs))
    )


def _instead(given: str, key: str, config_dirs: Sequence[Path]) -> Sequence[str]:
    """Say what may have been meant by an unknown key: a choice, a key near it or with the word."""
    for group in CHOICE_GROUPS:
        if given in choices(group, config_dirs):
            where = group.replace("/", ".")
            return (
                f"{group}={given} is a choice",
                f"its settings: python -m sim describe {where} {group}={given}",
            )
    if given in choices("experiment", config_dirs):
        return (f"experiment={given} is an experiment: python -m sim run experiment={given}",)
    known = sorted(all_keys())
    ends = {name.rpartition(".")[2]: name for name in reversed(known)}
    match = ends.get(key) or nearest(key, [*known, COLUMNS]) or ends.get(nearest(key, ends) or "")
    if match:
        return (f"did you mean {match}?",)
    within = [name for name in known if key in name.rpartition(".")[2]]
    return (suggestion(key, within or [*GROUPS, "cores", COLUMNS]),)


def _with_kernel_of(
    key: str, config: RunConfig, overrides: Sequence[str], config_dirs: Sequence[Path]
) -> RunConfig:
    """Compose a run on the first kernel that has an object, where the chosen one has not."""
    if any(text.startswith("kernel=") for text in overrides):
        what = f"{config.kernel.name} has no {key}"
        raise ConfigError(message(f"describe {key}", what, "see: python -m sim list kernel"))
    runs = (
        compose([*overrides, f"kernel={n}"], config_dirs) for n in choices("kernel", config_dirs)
    )
    return next((run for run in runs if _has(run, key)), config)


def _has(config: RunConfig, key: str) -> bool:
    """Whether a run has what a key is about: a kernel may lack an object."""
    is_leaf = keys(shape_of(config))[key].is_leaf
    return _value(config, key.rpartition(".")[0] if is_leaf else key) is not None


def _value(config: RunConfig, key: str) -> Any:
    value: Any = config
    for part in key.split("."):
        value = getattr(value, part, None)
    return value


def _source(config: RunConfig, key: str) -> Source | None:
    group, _, inner = key.partition(".")
    return source_of(getattr(config, group).sources, inner) if group in SOURCED and inner else None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "null"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_text(item) for item in value) + "]"
    if isinstance(value, BaseModel):
        given = {name: getattr(value, name) for name in value.model_fields_set}
        named = (name for name in type(value).model_fields if name in given)
        return "{" + ", ".join(f"{name}: {_text(given[name])}" for name in named) + "}"
    return str(value)


def _fitted(name: str, key: str, config: RunConfig, config_dirs: Sequence[Path]) -> list[str]:
    """Say what a calibrated number was fitted on, a line per published series.

    Of a number whose calibration has a record: its interval, and the points that decide it.
    """
    if not name:
        return []
    from sim.experiment import calibration_record, calibrations

    if name not in calibrations.names(config_dirs):
        return [name]
    record = calibration_record.read(name, config_dirs)
    found = record.estimate(key, config.workload.name) if record else None
    if found is not None:
        interval = f"{name}: {found.low:g} to {found.high:g} with 95 %"
        return [interval, *(f"{name}: {points}" for points in found.decided_by)]
    return [f"{name}: {points.text}" for _, points in calibrations.load(name, config_dirs).points]


def _leaf(key: Key, config: RunConfig, config_dirs: Sequence[Path]) -> str:
    """Describe one setting, a line per aspect."""
    value = _text(_value(config, key.name))
    lines = [f"{key.name}={value}"]
    if key.meaning:
        lines.append(f"  meaning  {key.meaning}")
    if key.unit:
        lines.append(f"  unit     {key.unit}")
    lines.append(f"  allowed  {key.allowed}")
    for item in key.items:
        lines.append(f"    {item.name}: {item.allowed}")
        lines.append(f"      {item.meaning}")
    source = _source(config, key.name)
    if source is not None:
        lines.append(f"  source   {source.kind}: {source.where}")
        fitted = _fitted(source.fitted_on, key.name, config, config_dirs)
        lines += [f"  fitted   {text}" for text in fitted]
    return "\n".join(lines)


# --- tables --------------------------------------------------------------------------------


def _files() -> tuple[tuple[str, tuple[Column, ...]], tuple[str, tuple[Column, ...]]]:
    return (("NAME.parquet", POINTS), ("NAME.account.parquet", ACCOUNT))


def _columns(title: str, columns: Sequence[Column]) -> str:
    """List the columns of one file for a terminal."""
    width = max(len(column.name) for column in columns)
    lines = [f"{title}:"]
    for item in columns:
        unit = f" [{item.unit}]" if item.unit else ""
        lines.append(f"  {item.name:{width}}  {item.type:7}  {item.meaning}{unit}")
    return "\n".join(lines)


def _markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Draw a Markdown table."""
    lines = [headings, ["---"] * len(headings), *rows]
    cells = [[text.replace("|", "\\|").replace("\n", " ") for text in row] for row in lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def reference(config_dirs: Sequence[Path] = ()) -> str:
    """Draw the reference tables: keys of each group, of each workload, and result columns."""
    config = compose([], config_dirs)
    parts = ["# Settings and columns", "Generated by `python -m sim describe --all --markdown`."]
    for group in ("hardware", "kernel", "run"):
        parts += [f"## {group}", _settings(group, config)]
        for choice in _other_kinds(group, config, config_dirs):
            one = compose(["workload=micro/line_sharing", choice], config_dirs)
            parts += [f"## {choice}", _settings(group, one)]
    for name, path in choices("workload", config_dirs).items():
        if load_yaml(path).get("kind") in workload_kinds():
            one = compose([f"workload={name}"], config_dirs)
            parts += [f"## workload={name}", _settings("workload", one)]
    parts += ["## cores and order", _settings("cores", config, "order")]
    parts += ["## limits", _settings("limits", config)]
    for title, columns in _files():
        rows = [[f"`{item.name}`", item.type, item.unit, item.meaning] for item in columns]
        parts += [f"## {title}", _markdown(["column", "type", "unit", "meaning"], rows)]
    return "\n\n".join(parts)


def _other_kinds(group: str, config: RunConfig, config_dirs: Sequence[Path]) -> list[str]:
    """Choose one file of each kind that the group has beside that of the given run."""
    found: dict[Shape, str] = {}
    for name, path in choices(group, config_dirs).items():
        shape = shape_of({group: load_yaml(path)})
        if shape and not set(shape) <= set(shape_of(config)):
            found.setdefault(shape, f"{group}={name}")
    return list(found.values())


def _settings(group: str, config: RunConfig, *more: str) -> str:
    """Draw the table of a group's keys with their values in one run."""
    rows = []
    for key in keys(shape_of(config)).values():
        if not key.is_leaf or key.name.partition(".")[0] not in (group, *more):
            continue
        source = _source(config, key.name)
        origin = "" if source is None else f"{source.kind}: {source.where}"
        value = _text(_value(config, key.name))
        rows.append([f"`{key.name}`", value, key.unit, key.allowed, key.meaning, origin])
    return _markdown(["key", "value", "unit", "allowed", "meaning", "source"], rows)
