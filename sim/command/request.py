"""The words after a verb: selectors and overrides, told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.command.program import OUTPUT, Verb
from sim.command.verbs import program
from sim.config.errors import ConfigError, message, nearest
from sim.config.files import CHOICE_GROUPS

if TYPE_CHECKING:
    from sim.experiment.series import Series

VERBS = {name: verb for name, verb in program.commands.items() if isinstance(verb, Verb)}


@dataclass(frozen=True)
class Request:
    """What the command line asks for.

    Attributes:
        overrides: as typed.
        selected: words that say what to do.
        config_dirs: the user's own folders.
        sweep: whether keys with several values give a curve each.
        output: the file of `-o`.
        series: the published series that the overrides change.
    """

    overrides: list[str] = field(default_factory=list)
    selected: dict[str, str] = field(default_factory=dict)
    config_dirs: list[Path] = field(default_factory=list)
    sweep: bool = False
    output: str | None = None
    series: Series | None = None

    @property
    def also(self) -> tuple[str, ...]:
        """Kernels that join the curves of the experiment, such as `also=[linux_mine]`.

        Raises:
            ConfigError: there is no experiment, or it is no list of names.
        """
        text = self.selected.get("also")
        if text is None:
            return ()
        if "experiment" not in self.selected:
            what = "kernels join the curves of an experiment"
            raise ConfigError(message(f"also={text}", what, "add experiment=NAME"))
        names = [name.strip().strip("\"'") for name in text.strip("[] ").split(",")]
        if not all(names):
            raise ConfigError(
                message(f"also={text}", "a name is missing", "write also=[NAME,NAME]")
            )
        return tuple(names)

    @property
    def words(self) -> list[str]:
        """All overrides: those of the series, then those that were typed."""
        return [*(self.series.overrides if self.series else ()), *self.overrides]

    @property
    def keys(self) -> list[str]:
        """Keys of the overrides that were typed."""
        from sim.config.overrides import key_of

        return [key_of(text) for text in self.overrides]


def read(verb: str, arguments: Sequence[str]) -> Request:
    """Read a line of a verb, as the command line does; errors as `of` and Click raise them."""
    return of(VERBS[verb].make_context(verb, list(arguments)))


def of(ctx: click.Context) -> Request:
    """Separate the selectors of a verb from overrides.

    Raises:
        ConfigError: for a selector that stands twice, is another verb's, or is nearly this one's.
    """
    verb, given = ctx.command, ctx.params
    assert isinstance(verb, Verb)
    taken = Request(
        config_dirs=[Path(folder) for folder in given["config_dir"]],
        sweep=given.get("multirun", False),
        output=given.get("output"),
    )
    selectors = {item.name for item in verb.selectors}
    for item in given["words"]:
        name, equals, value = item.partition("=")
        if equals and name in selectors:
            if name in taken.selected:
                raise ConfigError(message(item, f"{name}= stands twice"))
            taken.selected[name] = value
        else:
            if equals:
                _check_selector(ctx, verb, item)
            taken.overrides.append(item)
    return _of_series(taken)


def _of_series(taken: Request) -> Request:
    """Find the published series that a request names, if it names one."""
    name = taken.selected.get("series")
    if name is None:
        return taken
    for other in ("experiment", "curve"):
        if other in taken.selected:
            what = f"a series has its own {other}"
            raise ConfigError(message(f"series={name}", what, f"leave out {other}= or series="))
    from sim.experiment import series

    return replace(taken, series=series.find(name, taken.config_dirs))


def _check_selector(ctx: click.Context, verb: Verb, item: str) -> None:
    """Refuse a word that is a selector of another verb, or nearly one of this verb's own."""
    name = item.partition("=")[0]
    others = [str(v.name) for v in VERBS.values() if name in {s.name for s in v.selectors}]
    if others:
        has_output = any(OUTPUT[0] in option.opts for option in verb.params)
        raise ConfigError(
            message(
                item,
                f"{verb.name} has no {name}=",
                "did you mean -o FILE?" if name == "out" and has_output else "",
                f"has it: {', '.join(others)}",
            )
        )

    from sim.config.run import RunConfig

    own = [selector.name for selector in verb.selectors]

    near = nearest(name, [*own, *CHOICE_GROUPS, *RunConfig.model_fields])
    if near in own and "." not in name:
        raise ConfigError(
            message(
                item,
                f"neither a key nor a word of {verb.name}",
                f"did you mean {near}=?",
                f"see: {ctx.command_path} --help",
            )
        )


def whole_number(
    selected: dict[str, str], name: str, most: int, instead: str | None = None
) -> int | None:
    """Read the whole number that a selector such as `records=` gives; None if it is not there.

    Args:
        selected: the request's selectors.
        name: of the selector.
        most: the largest number.
        instead: a word that the selector takes as well, which the caller has looked for.
    """
    value = selected.get(name)
    if value is None:
        return None
    whole = value.isascii() and value.removeprefix("-").isdigit()
    if not whole or not 1 <= int(value) <= most:
        what = f"{value} is out of range" if whole else f"'{value}' is not a whole number"
        allowed = f"allowed: 1 to {most}" + (f", or {instead}" if instead else "")
        raise ConfigError(message(f"{name}={value}", what, allowed))
    return int(value)
