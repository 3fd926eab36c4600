"""Points that several curves of a workflow have in common are simulated once.

What a run measures follows from its assembled program, the machine's costs, its window and its
seed. Curves of other experiments, kernels or names that come to the same are the same run, so the
one that comes first leaves its reading in a folder, under a digest of all that, and the others take
it. The workflow makes the folder when it starts, names it in the environment and removes it when
it ends: nothing is taken from an earlier one, and a run outside a workflow takes nothing.

What a curve took from others counts in its effort as if it had been simulated: that is what the
curve takes alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.drafts import write_text
from sim.version import engine_hash

if TYPE_CHECKING:  # a workflow that begins needs no engine
    from sim.engine.state import Distance, Window
    from sim.machine.site import Site
    from sim.program.assembler import Assembler
    from sim.reading import Reading

NAME = ".points"
VARIABLE = "CORESCALE_SHARED_POINTS"
LEAST_EVENTS = 200_000
"""A run with fewer is done again in less time than it takes to keep it; one has about a dozen
milliseconds for so many."""
_taken = [0.0]


class SharedPoint:
    """One core count of a curve, with what others that have it in common have left.

    Args:
        program, site: what runs, and where.
    """

    def __init__(self, program: Assembler, site: Site) -> None:
        name = os.environ.get(VARIABLE)
        self._folder = Path(name) if name else None
        self._of = (program, site)
        self._digest = ""

    def reading(
        self, window: Window, costs: Distance, seed: int, run: Callable[[], Reading]
    ) -> Reading:
        """Take the reading that somebody left, or run and leave it.

        Args:
            window: what is measured.
            costs: the machine's, perhaps scaled.
            seed: of the run's random numbers.
            run: simulates.
        """
        from sim.reading import Reading

        if self._folder is None or not self._folder.is_dir():
            return run()
        path = self._folder / f"{self._key(window, costs, seed)}.json"
        with contextlib.suppress(OSError, ValueError):
            took, _, text = path.read_text(encoding="utf-8").partition("\n")
            found = Reading.from_text(text)
            _taken[0] += float(took)
            return found
        began = time.process_time()
        found = run()
        if found.events >= LEAST_EVENTS:
            took = f"{time.process_time() - began:.6f}"
            with contextlib.suppress(OSError):  # a full disk: the results themselves will say so
                write_text(path, f"{took}\n{found.to_text()}")
        return found

    def _key(self, window: Window, costs: Distance, seed: int) -> str:
        if not self._digest:
            self._digest = digest_of(*self._of)
        digest = hashlib.blake2b(self._digest.encode(), digest_size=20)
        for value in (window, *costs):
            _add(digest, value)
        _add(digest, seed)
        return digest.hexdigest()


def digest_of(program: Assembler, site: Site) -> str:
    """Digest of all that a run's measurement follows from, but for window, costs and seed."""
    from sim.program.simulation import SCHEDULER

    digest = hashlib.blake2b(engine_hash().encode(), digest_size=20)
    program.object_id(SCHEDULER)  # whoever runs it adds that
    _add(digest, program.assemble())
    entries = [(core, label.position) for core, label in program.entries]
    sizes = (program.servers, program.slots)
    for numbers in (entries, program.homes, sizes, site.dies, site.speeds):
        _add(digest, numbers)
    digest.update("\0".join(program.objects).encode())
    return digest.hexdigest()


def _add(digest: hashlib.blake2b, values: Any) -> None:
    import numpy as np

    array = np.asarray(values)
    digest.update(f"{array.dtype}{array.shape}".encode())
    digest.update(array.tobytes())


def seconds_taken() -> float:
    """Processor time that this process would have needed for what it took from others."""
    return _taken[0]


def begin(folder: Path) -> None:
    """Let the jobs that this process starts share their points in a new folder."""
    end(folder)
    with contextlib.suppress(OSError):  # whoever writes results there says what is wrong
        folder.mkdir(mode=0o700, parents=True)
        os.environ[VARIABLE] = str(folder.resolve())


def end(folder: Path) -> None:
    """Forget what was shared."""
    os.environ.pop(VARIABLE, None)
    shutil.rmtree(folder, ignore_errors=True)
