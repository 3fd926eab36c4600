"""`python -m sim`, or `corescale`: run, explain, trace, list, describe, machine, completion, warm.

Exit status: 0 done, 1 the simulation failed, 2 the request cannot be used; and those of every
program (sim/front_end.py).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module, metadata

from sim import front_end
from sim.command.verbs import VERBS, usage

HELP = ("-h", "--help", "help")
VERSION = "--version"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    return front_end.answered(lambda: _run(given))


def _run(given: list[str]) -> int:
    if not given or given[0] in HELP:
        given = given[1:2] + ["--help"]
    verb, *rest = given
    if verb == VERSION:
        print(f"corescale {metadata.version('corescale')}")
        return 0
    own = rest[: rest.index("--")] if "--" in rest else rest
    if verb in HELP or (verb in VERBS and any(item in HELP[:2] for item in own)):
        print(VERBS[verb].page if verb in VERBS else usage(), end="")
        return 0
    from sim.config.errors import ConfigError, message, suggestion

    try:
        odd = front_end.not_text(given)
        if odd:
            raise ConfigError(message(ascii(odd), "its bytes are not text (UTF-8)"))
        if verb not in VERBS:
            hint = "" if "=" not in verb else f"python -m sim run {' '.join(given)}"
            raise ConfigError(
                message(
                    verb,
                    f"unknown verb '{verb}'" if not hint else "the verb is missing",
                    hint
                    or suggestion(
                        verb, [*VERBS, *HELP[1:2], VERSION] if verb[:1] == "-" else VERBS
                    ),
                    "see: python -m sim --help",
                )
            )
        import_module(f"sim.command.{verb}").run(rest)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return front_end.UNUSABLE
    except RuntimeError as error:
        statuses = {"SimulationError": front_end.FAILED, "RefusedError": front_end.UNUSABLE}
        if type(error).__name__ not in statuses:
            raise
        print(error, file=sys.stderr)
        return statuses[type(error).__name__]
    return 0


def command() -> int:
    """Do what the process was started for, or have the fork server do it; the exit status."""
    return front_end.command(main, forwarded="sim")


if __name__ == "__main__":
    sys.exit(command())
