"""The candidates of a word that is being completed, read off the schema and the files' names.

A new workload completes the moment that its file is there. Click finds out which word of a line it
is (a verb, an option, what follows one) and asks here for the words that only this program knows.
Hydra's own completion does not fit: it composes a configuration first, which takes seconds between
two keys of the user.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import yaml

from sim.command.program import Selector
from sim.config.errors import ConfigError
from sim.config.files import CHOICE_GROUPS, CONF, choices, expanded

if TYPE_CHECKING:
    from sim.config.keys import Key

FIX = "kernel.fix."


def candidates(kind: str, ctx: click.Context, word: str) -> list[str]:
    """Complete a word of one kind, after the words that the context has; each candidate once.

    What is typed so far may be wrong: then there are none, and no error.
    """
    try:
        return list(dict.fromkeys(KINDS[kind](ctx, word)))
    except (ConfigError, OSError, UnicodeError, yaml.YAMLError, SystemExit):
        return []  # SystemExit: a file of the user's own that cannot be imported


def override(ctx: click.Context, word: str) -> Iterator[str]:
    """Complete a selector, a choice or a setting; behind `=`, its value."""
    selectors: Sequence[Selector] = getattr(ctx.command, "selectors", ())
    name, equals, value = word.partition("=")
    if equals:
        # After a comma, the next value of a sweep.
        done, comma, last = value.rpartition(",")
        for found in values(ctx, selectors, name, last):
            yield f"{name}={done}{comma}{found}"
        return
    for group in (*(item.name for item in selectors), *CHOICE_GROUPS):
        if group.startswith(word):
            yield f"{group}="
    for key in known_keys(ctx):
        if key.name.startswith(word) and not fixed(key.name):
            step, dot, _ = key.name[len(word) :].partition(".")
            yield word + step + ("=" if not dot and key.is_leaf else ".")


def described(ctx: click.Context, word: str) -> Iterator[str]:
    """Complete what `describe` takes: a key up to its next dot, then overrides."""
    if before(ctx) or "=" in word:
        yield from override(ctx, word)
        return
    yield from matching(word, ["columns"])
    if word and any(word.startswith(what) or what.startswith(word) for what in ("metric", "view")):
        yield from kinds(word)
    for key in known_keys(ctx):
        if key.name.startswith(word):
            step, dot, _ = key.name[len(word) :].partition(".")
            yield word + step + dot


def kinds(word: str) -> Iterator[str]:
    """Complete a kind of metric or view up to its dot, then its name."""
    from sim.command.kinds import names

    for name in names():
        if name.startswith(word):
            step, dot, _ = name[len(word) :].partition(".")
            yield word + step + dot


def group(ctx: click.Context, word: str) -> Iterator[str]:
    """Complete what `list` takes: a group, or overrides of what is assumed."""
    if before(ctx):
        yield from override(ctx, word)
    else:
        others = ("experiment", "paper", "metric", "view", "series", "call", "assumed")
        yield from matching(word, [*CHOICE_GROUPS, *others])


def fixed(key: str) -> bool:
    """Whether a key follows from the choice of a group's file, and cannot be overridden."""
    from sim.config.keys import alternatives

    parts = alternatives().values()
    named = key.count(".") == 1 and key.endswith(".name")
    return named or key in {f"{part.key}.{part.discriminator}" for part in parts}


def values(
    ctx: click.Context, selectors: Sequence[Selector], name: str, value: str
) -> Iterable[str]:
    """Complete one value of a selector, of a choice or of a setting."""
    selector = next((item for item in selectors if item.name == name), None)
    if name == "curve" and selector is not None:
        return matching(value, curves(ctx))
    if name in CHOICE_GROUPS or (name == "experiment" and selector is not None):
        return matching(value, choices(name, config_dirs(ctx)))
    if name == "also" and selector is not None:
        start = value.startswith("[") * "["
        known = choices("kernel", config_dirs(ctx))
        return [f"{start}{kernel}" for kernel in matching(value.removeprefix("["), known)]
    if name == "series" and selector is not None:
        return published(ctx, value)
    if selector is not None:
        return paths(value) if selector.value in ("PATH", "FILE") else []
    key = next((key for key in known_keys(ctx) if key.name == name), None)
    return matching(value, [] if key is None else key.choices)


def published(ctx: click.Context, word: str) -> Iterator[str]:
    """Complete a published series up to its experiment, then its curve."""
    for name, path in choices("experiment", config_dirs(ctx)).items():
        if word.startswith(f"{name}/"):
            series = [item.get("series") or {} for item in content(path).get("measures", [])]
            yield from matching(word, [f"{name}/{curve}" for one in series for curve in one])
        elif name.startswith(word) and "series:" in path.read_text(encoding="utf-8"):
            yield f"{name}/"


def claim(ctx: click.Context, word: str) -> Iterator[str]:
    """Complete a claim up to its experiment, then its own name."""
    for name, path in choices("experiment", config_dirs(ctx)).items():
        if word.startswith(f"{name}/"):
            own = [f"{name}/{item['id']}" for item in content(path).get("claims") or []]
            yield from matching(word, own)
        elif name.startswith(word) and "claims:" in path.read_text(encoding="utf-8"):
            yield f"{name}/"


def matching(start: str, words: Iterable[str]) -> list[str]:
    """Keep the words that begin so."""
    return [word for word in words if word.startswith(start)]


def paths(start: str) -> list[str]:
    """Complete the name of a file or folder."""
    folder, slash, name = start.rpartition("/")
    where = expanded(folder + slash or ".", start)
    found = sorted(path for path in where.iterdir() if path.name.startswith(name))
    return [
        f"{folder}{slash}{path.name}" + ("/" if path.is_dir() else "")
        for path in found
        if name.startswith(".") or not path.name.startswith(".")
    ]


KINDS: dict[str, Callable[[click.Context, str], Iterable[str]]] = {
    "override": override,
    "described": described,
    "group": group,
    "claim": claim,
    "file": lambda _, word: paths(word),
    "experiment": lambda _, word: matching(word, choices("experiment")),
    "kernel": lambda ctx, word: matching(word, choices("kernel", config_dirs(ctx))),
    "calibration": lambda _, word: matching(word, choices("calibration")),
}
"""What a word can be, and what completes it."""


# --- what the words before say -------------------------------------------------------------


def before(ctx: click.Context) -> Sequence[str]:
    """Words of the line before the one that is completed, options left out."""
    return ctx.params.get("words") or ()


def config_dirs(ctx: click.Context) -> list[Path]:
    """List the user's own folders that the line names."""
    return [Path(folder) for folder in ctx.params.get("config_dir") or ()]


def chosen(ctx: click.Context, name: str) -> str:
    """Read the last value of a word such as `kernel=` on the line; empty if there is none."""
    found = [word.partition("=")[2] for word in before(ctx) if word.startswith(f"{name}=")]
    return found[-1] if found else ""


def curves(ctx: click.Context) -> list[str]:
    """List the curves of the experiment that the line names."""
    path = choices("experiment", config_dirs(ctx)).get(chosen(ctx, "experiment"))
    return [] if path is None else [str(curve["id"]) for curve in content(path).get("curves", [])]


def known_keys(ctx: click.Context) -> list[Key]:
    """List the keys that a run has with the line's choices; with an experiment, of every run."""
    from sim.config.keys import GROUPS, all_keys, keys, shape_of, workload_kinds

    folders = config_dirs(ctx)
    defaults = content(CONF / "config.yaml")["defaults"]
    picks = {
        group: name for item in defaults if isinstance(item, dict) for group, name in item.items()
    }
    picks |= {group: chosen(ctx, group) for group in GROUPS if chosen(ctx, group)}
    settings = {group: merged(group, str(name), folders) for group, name in picks.items()}
    usual = settings.get("workload", {}).get("usual_kernel")
    if usual and not chosen(ctx, "kernel"):
        settings["kernel"] = merged("kernel", str(usual), folders)
    found = keys(shape_of(settings))
    if not chosen(ctx, "experiment"):
        return [key for key in found.values() if is_there(key, found, settings)]
    other = [
        keys(tuple((dict(shape_of(settings)) | {"workload": kind}).items()))
        for kind in workload_kinds()
    ]
    every = {name: key for shape in other for name, key in shape.items()} | found
    return [every[name] for name in sorted(all_keys() & set(every))]


def is_there(key: Key, found: Mapping[str, Key], settings: Mapping[str, Any]) -> bool:
    """Whether the chosen kernel has the object that a key is, is of, or is a switch of.

    Args:
        key: of a run.
        found: all keys of that run.
        settings: what the chosen files say.
    """
    from sim.config.keys import is_optional, parents
    from sim.config.presets import lines

    if not key.name.startswith("kernel.") or not settings.get("kernel"):
        return True
    for line in lines(key.name) if key.is_leaf and key.name.startswith(FIX) else [key.name]:
        for part in parents(line):
            if part in found and not found[part].is_leaf and is_optional(found[part]):
                value: Any = settings
                for name in part.split("."):
                    value = value.get(name) if isinstance(value, Mapping) else None
                if value is None:
                    return False
    return True


def merged(group: str, name: str, folders: Sequence[Path]) -> dict[str, Any]:
    """Read a choice with the choices of its group that it builds on, as far as kinds need it.

    A file that cannot be read says nothing, and hides nothing that others say.
    """
    path = choices(group, folders).get(name)
    try:
        own = content(path) if path is not None else {}
    except (OSError, UnicodeError, yaml.YAMLError):
        own = {}
    built_on = [item for item in own.get("defaults", []) if isinstance(item, str)]
    settings: dict[str, Any] = {}
    for item in built_on:
        other = item.partition("@")[0].removeprefix(f"/{group}/")
        if other not in ("_self_", name):
            settings = joined(settings, merged(group, other, folders))
    return joined(settings, own)


def joined(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Merge two trees; what the second says counts."""
    found = dict(below)
    for name, value in above.items():
        both = isinstance(value, Mapping) and isinstance(found.get(name), Mapping)
        found[name] = joined(found[name], value) if both else value
    return found


@cache
def content(path: Path) -> dict[str, Any]:
    """Read a file of conf/ as plain YAML: its kinds and ids hold no interpolations."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = yaml.load(path.read_text(encoding="utf-8"), loader)
    return found if isinstance(found, dict) else {}
