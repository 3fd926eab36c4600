"""`python -m sim`: the simulator's verbs (sim/command/verbs.py).

Exit status: 0 done, 1 the simulation failed, 2 the request cannot be used; and those of every
program (sim/front_end.py).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from sim import front_end


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit status."""
    from sim.command.program import answer
    from sim.command.verbs import program

    return answer(program, "python -m sim", sys.argv[1:] if arguments is None else arguments)


def command() -> int:
    """Do what the process was started for, or have the fork server do it; the exit status."""
    return front_end.command(main, forwarded="sim")


if __name__ == "__main__":
    sys.exit(command())
