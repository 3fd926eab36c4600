"""The words after a verb: selectors, options and overrides, told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sim.command.verbs import VERBS, Verb
from sim.config.errors import ConfigError, message, nearest, suggestion
from sim.config.keys import CHOICE_GROUPS
from sim.config.run import RunConfig

OUTPUT = ("-o", "--output", "--out")
"""What the option for the file is called, or may be thought to be."""


@dataclass(frozen=True)
class Request:
    """What the command line asks for; options are kept under their first names."""

    overrides: list[str] = field(default_factory=list)
    selected: dict[str, str] = field(default_factory=dict)
    config_dirs: list[Path] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)

    @property
    def sweep(self) -> bool:
        """Whether keys with several values give a curve each."""
        return "-m" in self.flags


def read(verb: str, arguments: Sequence[str]) -> Request:
    """Separate the selectors and options that a verb has from overrides.

    Raises:
        ConfigError: for an option that the verb has not, or without its value; for a selector or
            option that stands twice.
    """
    asked, taken = VERBS[verb], Request()
    selectors = {item.name for item in asked.selectors}
    rest = list(arguments)
    while rest:
        item = rest.pop(0)
        name, equals, value = item.partition("=")
        if item.startswith("-"):
            _option(asked, item, rest, taken)
        elif equals and name in selectors:
            if name in taken.selected:
                raise ConfigError(message(item, f"{name}= stands twice"))
            taken.selected[name] = value
        else:
            if equals:
                _check_selector(asked, item)
            taken.overrides.append(item)
    return taken


def _check_selector(verb: Verb, item: str) -> None:
    """Refuse a word that is a selector of another verb, or nearly one of this verb's own."""
    name = item.partition("=")[0]
    others = [v.name for v in VERBS.values() if name in {s.name for s in v.selectors}]
    if others:
        raise ConfigError(
            message(
                item,
                f"{verb.name} has no {name}=",
                "did you mean -o FILE?" if name == "out" and _has_output(verb) else "",
                f"has it: {', '.join(others)}",
            )
        )
    own = [selector.name for selector in verb.selectors]
    near = nearest(name, [*own, *CHOICE_GROUPS, *RunConfig.model_fields])
    if near in own and "." not in name:
        raise ConfigError(
            message(
                item,
                f"neither a key nor a word of {verb.name}",
                f"did you mean {near}=?",
                f"see: python -m sim {verb.name} --help",
            )
        )


def _has_output(verb: Verb) -> bool:
    """Whether a verb's file is named by -o."""
    return any(OUTPUT[0] in option.names for option in verb.options)


def _option(verb: Verb, item: str, rest: list[str], taken: Request) -> None:
    """Take one option, and its value from the words after it."""
    name, equals, value = item.partition("=")
    option = next((o for o in verb.options if name in o.names), None)
    if option is None or (equals and not option.value):
        known = [name for option in verb.options for name in option.names] + ["--help"]
        raise ConfigError(
            message(
                item,
                "unknown option" if option is None else f"{name} takes no value",
                "did you mean out=?"
                if name in OUTPUT and "out" in {s.name for s in verb.selectors}
                else suggestion(name, known),
                f"see: python -m sim {verb.name} --help",
            )
        )
    if not option.value:
        taken.flags.add(option.names[0])
        return
    if not equals and not rest:
        what = "the folder is missing" if option.value == "DIR" else "the file is missing"
        raise ConfigError(message(item, what, f"{name} {option.value}"))
    given = value if equals else rest.pop(0)
    if name == "--config-dir":
        taken.config_dirs.append(Path(given))
        return
    if option.names[0] in taken.values:
        raise ConfigError(message(f"{item} {given}", f"{name} stands twice"))
    taken.values[option.names[0]] = given


def whole_number(selected: dict[str, str], name: str, most: int) -> int | None:
    """Read the whole number that a selector such as `records=` gives; None if it is not there."""
    value = selected.get(name)
    if value is None:
        return None
    whole = value.isascii() and value.removeprefix("-").isdigit()
    if not whole or not 1 <= int(value) <= most:
        what = f"{value} is out of range" if whole else f"'{value}' is not a whole number"
        raise ConfigError(message(f"{name}={value}", what, f"allowed: 1 to {most}"))
    return int(value)
