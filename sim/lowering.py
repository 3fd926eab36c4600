"""From a workload's settings to its program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from sim import extensions
from sim.acquisitions import noted
from sim.kernel.table import STRATEGIES, KernelTable
from sim.machine.islands import require_messages_only
from sim.program.assembler import Assembler
from sim.program.freeing import free
from sim.program.slowing import slow
from sim.sync.spin_lock import KINDS
from sim.workload.registry import BUILDERS

if TYPE_CHECKING:
    from sim.config.run import RunConfig
    from sim.machine.site import Site


def lowered(config: RunConfig, site: Site) -> tuple[Assembler, frozenset[str]]:
    """Lower the workload, and say which parts of the kernel's table it read.

    Raises:
        ValueError: if the kernel lacks something that the workload uses.
        OwnFileError: if a file of the user's own fails.
    """
    table = KernelTable(config.kernel)
    build = BUILDERS[config.workload.kind]
    try:
        program = build(config.workload, table, site)
        if not isinstance(program, Assembler):
            raise TypeError(f"the workload's program is {program!r}, not an Assembler")
    except Exception as error:
        own = extensions.blamed(error, [build, *_makers(config)])
        if own is None:
            raise
        raise own from error
    if not config.kernel.shares_memory:
        program.replicas |= program.replicable
    return program, frozenset(table.felt)


def _makers(config: RunConfig) -> Iterator[Callable[..., object]]:
    """What makes the kernel objects and the locks that a run chooses."""
    table = KernelTable(config.kernel)
    for (key, name), made in STRATEGIES.items():
        line = table.part(f"objects.{key}")
        if line is not None and getattr(line, line.choice, None) == name:
            yield made
    chosen = [getattr(config.kernel.locks, "spin", None), *dict(config.workload).values()]
    yield from (KINDS[kind] for kind in chosen if isinstance(kind, str) and kind in KINDS)


def build_program(config: RunConfig, site: Site) -> Assembler:
    """Lower the configured workload through the configured kernel onto active cores.

    Raises:
        ValueError: if an object that shall cost nothing cannot be freed, one that shall take
            longer is not there, or packages share memory that the machine does not keep coherent.
    """
    if config.slow:
        with noted() as acquisitions:
            program, _ = lowered(config, site)
    else:
        program, _ = lowered(config, site)
    free(program, config.free)
    if config.slow:
        slow(program, config.delays, acquisitions.of(program))
    require_messages_only(program, site)
    return program
