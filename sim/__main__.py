"""`python -m sim`: run, trace, list, describe, warm.

Exit status: 0 done, 1 the simulation failed, 2 the request cannot be used.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module

from sim.fork_server import forward, stop

USAGE = """\
corescale simulates a workload on a kernel design on a multicore machine, and says where the
cycles went.

  python -m sim run [OVERRIDE ...] [experiment=NAME [curve=ID]] [out=PATH] [-m] [--config-dir DIR]
                             simulate; print a table, or write Parquet to out= (and what it took
                             to effort=FILE.tsv)
  python -m sim trace [OVERRIDE ...] [experiment=NAME curve=ID] [records=N] -o FILE
                             what each core did: FILE.json opens in Perfetto, FILE.parquet is data
  python -m sim list [GROUP] what can be chosen: hardware, kernel, kernel/fix, workload, run,
                             experiment
  python -m sim describe KEY a setting's value, unit, bounds, source and meaning; a subtree, too;
                             `describe columns` for the results, `--all [--markdown]` for all
  python -m sim warm         compile the engine once

An OVERRIDE is group=choice (kernel=linux_stock) or key=value (run.seed=7). With -m, several values
give a curve each. Without overrides: Exim on PK on the 48-core machine, at 1 and 48 cores.

Examples
  python -m sim run kernel=linux_stock 'cores=[1,24,48]'
  python -m sim run -m kernel=linux_stock,linux_pk 'cores=range(4,49,4)' out=exim.parquet
  python -m sim run experiment=osdi10/fig04_exim out=results/exim
"""
VERBS = ("run", "explain", "trace", "list", "describe", "completion", "warm")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or any(item in ("-h", "--help", "help") for item in given):
        print(USAGE, end="")
        return 0
    from sim.config.errors import ConfigError, message, suggestion

    verb, *rest = given
    try:
        if verb not in VERBS:
            hint = "" if "=" not in verb else f"python -m sim run {' '.join(given)}"
            raise ConfigError(
                message(
                    verb,
                    f"unknown verb '{verb}'" if not hint else "the verb is missing",
                    hint or suggestion(verb, VERBS),
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
        if type(error).__name__ != "SimulationError":
            raise
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    status = forward("sim", sys.argv[1:])
    if status is None:
        signal.signal(signal.SIGTERM, stop)
        status = main()
    sys.exit(status)
