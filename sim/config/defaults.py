"""The defaults lists of the chosen files, checked before Hydra follows them.

A list names other files: `linux_pk`, `linux_pk@services`, `fix: all`, `override fix: all`, or from
the top of `conf/`, `/kernel/linux_pk`. Hydra follows a file that leads back to itself for ever, and
its other errors seldom name the file. So every file that a choice leads to is read and looked at
here first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.config.errors import ConfigError, message, show, suggestion
from sim.config.files import CHOICE_GROUPS, choices, display, load_yaml
from sim.config.keys import lists, subtrees

SELF = "_self_"
SOURCES = "sources"
"""Part of a file whose keys are dotted: those of the file's numbers."""


def check_defaults(
    group: str, name: str, config_dirs: Sequence[Path], above: tuple[Path, ...] = ()
) -> None:
    """Check the defaults of a choice and of the choices that they name, those `above` included.

    Raises:
        ConfigError: for a file that cannot be read or be merged, an entry that names nothing or
            leads to another group, or a circle.
    """
    path = choices(group, config_dirs)[name]
    if path in above:
        raise ConfigError(
            message(
                f"{display(above[-1])}: defaults",
                f"{show(name)} leads back to this file"
                if above[-1] == path
                else f"{show(name)} leads to {display(path)}, which leads back to this file",
            )
        )
    file = display(path)
    _check_tree(file, load_yaml(path), group.replace("/", "."))
    origin = f"{file}: defaults"
    for entry, wanted, choice in _named(load_yaml(path).get("defaults", []), group, origin):
        if not f"{wanted}/".startswith(f"{group}/"):
            raise ConfigError(
                message(
                    origin,
                    f"{show(entry)} leads out of {group}",
                    f"allowed: choices of {group}; or choose {wanted}={choice} on the command line",
                )
            )
        available = choices(wanted, config_dirs)
        if choice not in available:
            raise ConfigError(
                message(
                    origin,
                    f"no {wanted} called {show(choice)}",
                    suggestion(choice, available),
                    f"see: python -m sim list {wanted}",
                )
            )
        check_defaults(wanted, choice, config_dirs, (*above, path))


def _check_tree(file: str, content: Mapping[str, Any], place: str, inside: str = "") -> None:
    """Check that Hydra can merge a file: what it cannot, it blames on no key or on another file.

    Args:
        file: its name, for messages.
        content: of it, or of a subtree.
        place: dotted key of the content in a run.
        inside: dotted key of the content in the file.

    Raises:
        ConfigError: for a key with dots, or a list in the place of a mapping.
    """
    for name, value in content.items():
        if not inside and name == "defaults":
            continue
        origin = f"{file}: {inside}{name}"
        of_sources = f"{inside}{name}".startswith(SOURCES)
        if "." in str(name) and not of_sources:
            first, *rest = f"{name}".split(".")
            meant = f"{first}: " + "".join(f"{{{part}: " for part in rest)
            hint = f"write {meant}{show(value)}{'}' * len(rest)}"
            raise ConfigError(message(origin, "a key with dots, which no file has", hint))
        key = f"{place}.{name}"
        if isinstance(value, list) and (key in subtrees() or of_sources):
            what = f"{show(value)} is not a mapping of keys to values"
            see = "" if of_sources else f"see: python -m sim describe {key}"
            raise ConfigError(message(origin, what, see))
        if isinstance(value, Mapping) and key in lists():
            see = f"see: python -m sim describe {key}"
            raise ConfigError(message(origin, f"{show(value)} is not a list", see))
        if isinstance(value, Mapping):
            _check_tree(file, value, key, f"{inside}{name}.")


def built_on(group: str, name: str, config_dirs: Sequence[Path]) -> Iterator[Path]:
    """Yield the files of a choice and of the choices of its group that it builds on.

    They come in the order in which they are merged, later ones winning. What is put elsewhere
    (`linux_pk@services`), or belongs to a group of its own (`fix: all`), is left out.
    """
    path = choices(group, config_dirs)[name]
    entries = load_yaml(path).get("defaults", [])
    plain = [entry for entry in entries if isinstance(entry, str) and "@" not in entry]
    for entry in plain if SELF in plain else [*plain, SELF]:
        if entry == SELF:
            yield path
            continue
        for wanted, choice in _resolved("", _bare(entry), group):
            if wanted == group:
                yield from built_on(group, choice, config_dirs)


def _named(entries: Any, group: str, origin: str) -> Iterator[tuple[Any, str, str]]:
    """List the entries of a defaults list, each with the group and the choice that it names."""
    if not isinstance(entries, list):
        raise ConfigError(message(origin, f"{show(entries)} must be a list"))
    for entry in entries:
        pairs = list(entry.items()) if isinstance(entry, dict) else [("", entry)]
        if not all(isinstance(part, str) for pair in pairs for part in pair):
            raise ConfigError(
                message(origin, f"{show(entry)} does not name a file", "allowed: NAME, GROUP: NAME")
            )
        for key, value in pairs:
            if "${" in key + value:
                raise ConfigError(message(origin, f"{show(entry)}: names have to be plain"))
            if value != SELF:
                for wanted, choice in _resolved(_bare(key), _bare(value), group):
                    yield entry, wanted, choice


def _bare(text: str) -> str:
    """Return a name without `override` or `optional` before it and `@package` behind it."""
    return text.split(" ")[-1].partition("@")[0]


def _resolved(key: str, value: str, group: str) -> Iterator[tuple[str, str]]:
    """Find the group that an entry means, relative to the file's own or from the top."""
    name = f"{key}/{value}" if key else value
    whole = name[1:] if name.startswith("/") else f"{group}/{name}"
    inside = [other for other in CHOICE_GROUPS if whole.startswith(f"{other}/")]
    if inside:
        nearest = max(inside, key=len)
        yield nearest, whole[len(nearest) + 1 :]
