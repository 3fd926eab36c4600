"""Workloads register themselves: settings, and the function that makes a program of them.

Each stands in one file of this folder, with the settings beside the builder, and nothing else lists
them. Its numbers are a file of `conf/workload/`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from sim.settings import check_name

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site
    from sim.program.assembler import Assembler
    from sim.workload.settings import WorkloadSettings

Builder = Callable[[Any, "KernelTable", "Site"], "Assembler"]
Made = TypeVar("Made", bound=Builder)

SETTINGS: dict[str, type[WorkloadSettings]] = {}
"""Settings of each kind of workload."""
BUILDERS: dict[str, Builder] = {}
"""Builder of each kind of workload: from its settings, the kernel's table, and a site."""


def lowers(settings: type[WorkloadSettings]) -> Callable[[Made], Made]:
    """Register a function that lowers a workload of some settings through a kernel onto a site."""

    def register(build: Made) -> Made:
        kind = str(get_args(settings.model_fields["kind"].annotation)[0])
        check_name(kind, "a kind of workload")
        if kind in BUILDERS:  # the user's files come first
            both = f"{BUILDERS[kind].__module__} and in {build.__module__}"
            print(f"error: workload kind {kind!r} is in {both}", file=sys.stderr)
            raise SystemExit(2)
        SETTINGS[kind], BUILDERS[kind] = settings, build
        return build

    return register
