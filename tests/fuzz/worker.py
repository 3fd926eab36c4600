"""Runs random configurations, each in a process forked from this one, and prints what came of it.

`NUMBA_BOUNDSCHECK=1 python -m tests.fuzz.worker FIRST COUNT` prints a line of JSON for each. A case
is given SECONDS of processor time and MEMORY bytes; one that needs more time is reported so.
"""

from __future__ import annotations

import json
import os
import random
import resource
import sys
import traceback
from typing import Any

import sim.simulate
from sim.config.compose import compose
from sim.config.run import RunConfig
from sim.engine import isa
from sim.engine.state import Distance, Window
from sim.program.assembler import Assembler
from sim.program.simulation import Measurement, run_program
from sim.simulate import RefusedError, SimulationError, simulate
from tests.fuzz.configurations import TINY, configuration

SECONDS = 1
MEMORY = 4 << 30


def outcome(config: RunConfig) -> dict[str, Any]:
    """Simulate one configuration: how it ended, and what it measured."""
    measured: list[Measurement] = []

    def kept(*arguments: Any, **named: Any) -> Measurement:
        measured.append(run_program(*arguments, **named))
        return measured[-1]

    sim.simulate.run_program = kept
    try:
        found = simulate(config)
    except RefusedError as error:
        return {"status": "refused", "message": str(error)}
    except SimulationError as error:
        return {"status": "failed", "message": str(error)}
    except Exception:
        return {"status": "crashed", "message": traceback.format_exc()}
    return {
        "status": "finished",
        "points": found.points,
        "account": found.account,
        "least": min(int(m.account.min()) for m in measured),
        "lost": [int(cycles) for m in measured for cycles in lost(m)],
    }


def lost(measured: Measurement) -> Any:
    """Cycles of each core that its account lacks, or has too many of."""
    return measured.account.sum(axis=(1, 2, 3)) - measured.elapsed


def case(number: int) -> dict[str, Any]:
    """Run one case in a process of its own."""
    overrides, config = configuration(random.Random(number))
    print(json.dumps({"case": number, "overrides": overrides}), flush=True)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        with os.fdopen(write, "w") as pipe:
            json.dump(outcome(config), pipe)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) or not text:
        signal = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        return {"status": "out_of_time" if signal in (24, 9) else "died", "message": str(signal)}
    found: dict[str, Any] = json.loads(text)
    return found


def main(first: int, count: int) -> None:
    """Run cases; compile before the first one, so that none has to."""
    warm = outcome(compose([*TINY, "workload=micro/lock", "cores=[2]"]))
    assert warm["status"] == "finished", warm
    for number in range(first, first + count):
        print(json.dumps({"case": number, "outcome": case(number)}), flush=True)


def beyond() -> None:
    """Run a program that stores a word beyond its memory."""
    asm = Assembler()
    with asm.at("nothing"), asm.operations([0]):
        asm.emit(isa.STORE, address=asm.new_lines() + 1000 * isa.WORDS_PER_LINE)
    run_program(asm, [0], Distance.uniform(1), Window(1, 1))


if __name__ == "__main__":
    if sys.argv[1:] == ["beyond"]:
        beyond()
    else:
        main(int(sys.argv[1]), int(sys.argv[2]))
