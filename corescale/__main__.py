"""`corescale VERB`: every verb of `python -m sim`, `-m analysis` and `-m calibration`.

Each does what it does there, with the same exit status. The one program that shells complete.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from sim import front_end


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb, or answer a shell that asks for the candidates of a word; the exit status."""
    from corescale.verbs import program
    from sim.command.program import answer

    if "_CORESCALE_COMPLETE" in os.environ:
        from sim.command import shells

        asked = os.environ[shells.VARIABLE]
        return front_end.answered(lambda: shells.answer(program, asked))
    return answer(program, "corescale", sys.argv[1:] if arguments is None else arguments)


def command() -> int:
    """Do what the process was started for, or have the fork server do it; the exit status."""
    return front_end.command(main, forwarded="corescale")


if __name__ == "__main__":
    sys.exit(command())
