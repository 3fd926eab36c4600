"""A bar with the time left, on a terminal that can draw one; silence everywhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

SIMULATING = "simulating"
COMPILING = "compiling the engine, once: about 20 seconds"


@contextmanager
def progress(total: int) -> Iterator[Callable[[int], None]]:
    """Show progress on standard error; yields what is called with the steps that were done."""
    console = Console(stderr=True)
    if not console.file.isatty() or console.is_dumb_terminal:
        yield lambda steps: None
        return
    from rich.progress import Progress

    from sim.user_cache import contents
    from sim.user_cache.place import place
    from sim.version import compiled_version

    folder = place().folder
    compiled = [] if folder is None else [one.path.name for one in contents.engines(folder)]
    first = SIMULATING if compiled_version() in compiled else COMPILING
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task(first, total=total)
        yield lambda steps: bar.update(task, advance=steps, description=SIMULATING)
