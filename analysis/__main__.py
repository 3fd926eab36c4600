"""`python -m analysis`: tables, figures, claims, the report, and comparisons, from files."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from sim import front_end


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit status."""
    from analysis.verbs import program
    from sim.command.program import answer

    return answer(program, "python -m analysis", sys.argv[1:] if arguments is None else arguments)


if __name__ == "__main__":
    sys.exit(front_end.command(main, forwarded="analysis"))
