"""A workload depends on the fixes that it says it depends on, and on no other."""

from __future__ import annotations

from collections import Counter

import pytest

from sim.config.compose import compose
from sim.config.schema.kernel import Fixes
from sim.machine.site import open_site
from sim.program.operations import NAMES_A_WORD
from sim.workload.build import build_program

CORES = 12
MOSBENCH = {
    "exim": [[]],
    "memcached": [[]],
    "apache": [["workload.instances=single"], ["workload.instances=per_core"]],
    "gmake": [[]],
    "postgres": [["workload.modified=true"], ["workload.modified=false"]],
    "pedsort": [["workload.mode=processes"], ["workload.mode=threads"]],
    "metis": [["workload.pages=2MB"], ["workload.pages=4KB"]],
}


def program(workload: str, settings: list[str], fix: str, on: bool) -> Counter[tuple[object, ...]]:
    """Instructions of a workload with one fix on or off, on named lines instead of addresses."""
    switch = f"kernel.fix.{fix}={str(on).lower()}"
    config = compose([f"workload={workload}", "kernel=linux_pk", *settings, switch])
    asm = build_program(config, open_site(config.hardware, CORES, config.core_order))
    regions = []
    for one in asm.instructions:
        region = asm.region_of(one.address) if one.op in NAMES_A_WORD else None
        place = None
        if region is not None:
            place = (region.lines, one.address - region.address, region.name)
            if region.name.startswith("line"):  # unnamed
                place = place[:2]
        regions.append((one.op, asm.object_of(one), one.value, one.index, one.source, place))
    return Counter(regions)


@pytest.mark.parametrize("workload", sorted(MOSBENCH))
def test_a_workload_names_the_fixes_that_change_its_program(workload: str) -> None:
    parts = compose([f"workload={workload}"]).workload.kernel_parts
    assert parts is not None
    named = {part.removeprefix("fix.") for part in parts if part.startswith("fix.")}
    changing = {
        fix
        for fix in Fixes.model_fields
        for settings in MOSBENCH[workload]
        if program(workload, settings, fix, True) != program(workload, settings, fix, False)
    }
    assert named == changing
