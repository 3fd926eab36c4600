"""`python -m calibration NAME`: fit the calibrated numbers of `conf/` again, and print them."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from sim import front_end


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one calibration and return the exit status."""
    from calibration.verbs import calibrate
    from sim.command.program import answer

    given = sys.argv[1:] if arguments is None else arguments
    return answer(calibrate, "python -m calibration", given)


if __name__ == "__main__":
    sys.exit(front_end.command(main))
