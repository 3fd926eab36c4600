"""`python -m sim`, or `corescale`: run, explain, trace, list, describe, machine, completion, warm.

Exit status: 0 done, 1 the simulation failed, 2 the request cannot be used.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module, metadata

from sim.command.verbs import VERBS, usage
from sim.fork_server import forward, stop

HELP = ("-h", "--help", "help")
VERSION = "--version"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
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
        if verb not in VERBS:
            hint = "" if "=" not in verb else f"python -m sim run {' '.join(given)}"
            raise ConfigError(
                message(
                    verb,
                    f"unknown verb '{verb}'" if not hint else "the verb is missing",
                    hint
                    or suggestion(verb, [*VERBS, *HELP[1:2], VERSION] if verb[0] == "-" else VERBS),
                    "see: python -m sim --help",
                )
            )
        import_module(f"sim.command.{verb}").run(rest)
        sys.stdout.flush()
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except RuntimeError as error:
        statuses = {"SimulationError": 1, "RefusedError": 2}
        if type(error).__name__ not in statuses:
            raise
        print(error, file=sys.stderr)
        return statuses[type(error).__name__]
    return 0


def command() -> int:
    """Do what the process was started for, or have the fork server do it; the exit status."""
    status = forward("sim", sys.argv[1:])
    if status is None:
        signal.signal(signal.SIGTERM, stop)
        status = main()
    return status


if __name__ == "__main__":
    sys.exit(command())
