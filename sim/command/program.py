"""What the programs of the project have in common: verbs of Click, whose errors are one message.

Nothing here imports more than Click and the wording of errors: help and the completion of shells
are answered at once.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

import click

from sim import front_end
from sim.config.errors import ConfigError, FileError, message, show, suggestion

WIDTH = 79
HELP = ("help", "-h", "--help")
SETTINGS = {"help_option_names": HELP[1:], "terminal_width": WIDTH}
OUTPUT = ("-o", "--output", "--out")
"""What the option for the file is called, or may be thought to be."""
MISSING = {"DIR": "the folder", "FILE": "the file"}


class Selector(NamedTuple):
    """A word such as `out=FILE` that says what to do rather than how to simulate."""

    name: str
    value: str
    meaning: str


class Shown(click.Command):
    """A command whose help ends with examples; in each, `{}` is the command as it was called."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **attributes: Any) -> None:
        attributes["context_settings"] = {**SETTINGS, **(attributes.get("context_settings") or {})}
        super().__init__(*args, **attributes)
        self.examples = tuple(examples)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Let errors of the options know whose they are: their message names the help."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples as they can be pasted, however long."""
        with formatter.section("Examples"):
            for line in self.examples:
                formatter.write(f"  {line.replace('{}', ctx.command_path)}\n")


class Verb(Shown):
    """One verb: its options, the selectors among its words, and the status of its errors."""

    origin = ""
    """Begins each message about what the surroundings refuse."""

    def __init__(self, *args: Any, selectors: Sequence[Selector] = (), **attributes: Any) -> None:
        super().__init__(*args, context_settings={"allow_extra_args": True}, **attributes)
        self.selectors = tuple(selectors)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments.

        Raises:
            ConfigError: for words that the verb has no use for.
        """
        given = " ".join([place(ctx), *args])
        rest = super().parse_args(ctx, args)
        if rest and not ctx.resilient_parsing:
            taken = [item for item in self.params if isinstance(item, click.Argument)]
            what = "one word" if len(taken) == 1 else f"{len(taken) or 'no'} arguments"
            if len(taken) == 1 and not taken[0].required:
                what = "nothing or one word"
            raise ConfigError(message(given, f"{self.name} takes {what}"))
        return rest

    def format_arguments(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the words mean, the selectors among them."""
        rows = [(f"{item.name}={item.value}", item.meaning) for item in self.selectors]
        arguments = [item for item in self.params if isinstance(item, click.Argument)]
        rows = [item.get_help_record(ctx) for item in arguments] + rows
        if rows:
            with formatter.section("Words"):
                formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> int:
        """Do what the verb is for; the exit status."""

        def done() -> int:
            try:
                super(Verb, self).invoke(ctx)
            except Exception as error:
                status = self.status(error)
                if status is None:
                    raise
                print(f"{self.origin}{error}", file=sys.stderr)
                return status
            return 0

        return front_end.answered(done, self.origin)

    def status(self, error: Exception) -> int | None:
        """Exit status of an error that is a message for the user; None for a bug, as here."""
        return None


class Program(Shown, click.Group):
    """A program with verbs, in the order in which they were declared."""

    command_class = Verb
    group_class = type

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the verbs."""
        return list(self.commands)


class Name(click.Choice[str]):
    """One of several names; a wrong one is told the nearest."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name.

        Raises:
            ConfigError: for any other.
        """
        if value in self.choices:
            return str(value)
        assert param is not None and ctx is not None
        origin = param.opts[0] if isinstance(param, click.Option) else place(ctx)
        hint = suggestion(value, self.choices)
        raise ConfigError(message(f"{origin} {value}", f"no {param.name} called '{value}'", hint))


class Whole(click.IntRange):
    """A whole number between two others."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number.

        Raises:
            ConfigError: for any other word.
        """
        try:
            return int(super().convert(value, param, ctx))
        except click.BadParameter:
            assert param is not None
            what = f"{show(str(value))} is no whole number from {self.min} to {self.max:,}"
            raise ConfigError(message(param.opts[0], what)) from None


def answer(program: click.Command, name: str, arguments: Sequence[str]) -> int:
    """Do what a line asks of a program that is called by a name; the exit status."""
    given = list(arguments)
    helped = given[0] in HELP if given else getattr(program, "no_args_is_help", False)
    if helped and isinstance(program, click.Group):
        given = [*given[1:], "--help"]
    return front_end.answered(lambda: _answered(program, name, given))


def _answered(program: click.Command, name: str, given: list[str]) -> int:
    try:
        odd = front_end.not_text(given)
        if odd:
            raise ConfigError(message(ascii(odd), "its bytes are not text (UTF-8)"))
        with program.make_context(name, list(given)) as ctx:
            return int(program.invoke(ctx) or 0)
    except click.exceptions.Exit as left:
        return left.exit_code
    except click.UsageError as error:
        assert error.ctx is not None
        print(explained(error, error.ctx, given), file=sys.stderr)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return status_of(error)
    return front_end.UNUSABLE


def status_of(error: ConfigError) -> int:
    """Exit status of what a request names: a file that cannot be read or written, or the rest."""
    return front_end.FAILED if isinstance(error, FileError) else front_end.UNUSABLE


def place(ctx: click.Context) -> str:
    """Name a verb below its program: `machine import`."""
    return ctx.command_path.removeprefix(f"{ctx.find_root().info_name} ")


def explained(error: click.UsageError, ctx: click.Context, given: Sequence[str]) -> str:
    """Say what is wrong with a line as all other messages do: in one line, then the nearest."""
    command, see = ctx.command, f"see: {ctx.command_path} --help"
    if isinstance(error, click.NoSuchOption):
        return message(*_unknown_option(error.option_name, ctx, given), see)
    if isinstance(error, click.exceptions.NoSuchCommand) and isinstance(command, click.Group):
        verb = error.command_name
        if "=" in verb and "run" in command.commands:
            hint = f"{ctx.command_path} run {' '.join(given)}"
            return message(verb, "the verb is missing", hint, see)
        return message(
            verb, f"unknown verb '{verb}'", suggestion(verb, command.list_commands(ctx)), see
        )
    if isinstance(error, click.BadOptionUsage):
        return message(*_without_value(error.option_name, ctx))
    if isinstance(error, click.MissingParameter) and error.param is not None:
        names = getattr(error.param.type, "choices", ())
        if names:
            allowed = f"allowed: {', '.join(names)}"
            return message(place(ctx), f"the {error.param.name} is missing", allowed)
        what = " or ".join(error.param.opts) if isinstance(error.param, click.Option) else ""
        return message(place(ctx), f"{what or error.param.human_readable_name} is missing", see)
    if isinstance(error, click.BadParameter) and isinstance(error.param, click.Option):
        return message(error.param.opts[0], error.message.rstrip("."), see)
    if isinstance(command, click.Group):
        allowed = f"allowed: {', '.join(command.list_commands(ctx))}"
        return message(place(ctx), "the verb is missing", allowed, see)
    return message(place(ctx), error.format_message().rstrip("."), see)


def _unknown_option(name: str, ctx: click.Context, given: Sequence[str]) -> tuple[str, str, str]:
    """Name an option as it was typed; say that there is none; and what may have been meant."""
    known = [
        option
        for item in ctx.command.get_params(ctx)
        if isinstance(item, click.Option)
        for option in item.opts
        if option != HELP[1]
    ]
    selectors = {item.name for item in getattr(ctx.command, "selectors", ())}
    hint = suggestion(name, known)
    if name in OUTPUT and "out" in selectors:
        hint = "did you mean out=?"
    if len(name) == 2:  # Click names one letter of several: -mo is -m -o
        name = next((w for w in given if w[:1] == "-" != w[1:2] and name[1] in w), name)
    return name, "unknown option", hint


def _without_value(name: str, ctx: click.Context) -> tuple[str, str, str]:
    """Say that an option lacks its value, or that it takes none."""
    option = next(item for item in ctx.command.get_params(ctx) if name in item.opts)
    if getattr(option, "is_flag", False):
        return name, f"{name} takes no value", f"see: {ctx.command_path} --help"
    value = option.make_metavar(ctx)
    return name, f"{MISSING.get(value, 'its value')} is missing", f"{name} {value}"
