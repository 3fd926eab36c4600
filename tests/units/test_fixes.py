"""A workload depends on the fixes of those objects that its program is made from, and no other."""

from __future__ import annotations

from collections import Counter

import pytest

from sim.config.compose import compose
from sim.experiment.assumptions import relevant_keys
from sim.kernel.design import fixes
from sim.kernel.table import KernelTable
from sim.lowering import build_program
from sim.machine.site import open_site
from sim.point import RefusedError
from sim.program.operations import NAMES_A_WORD
from sim.simulate import simulate
from tests.project_files import is_a_users

CORES = 12
KERNEL = "kernel=linux_6_12"  # has every object that a fix is of
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
def test_a_workload_depends_on_the_fixes_that_change_its_program(workload: str) -> None:
    pk = KernelTable(compose(["kernel=linux_pk"]).kernel)
    for settings in MOSBENCH[workload]:
        chosen = relevant_keys(compose([f"workload={workload}", "kernel=linux_pk", *settings]))
        for name, (of, fix) in fixes().items():
            if is_a_users(name) or not pk.has(of):
                continue
            without, with_it = (program(workload, settings, name, on) for on in (False, True))
            if without != with_it:
                assert f"kernel.objects.{of.key}.{fix.setting}" in chosen, name
            elif f"kernel.objects.{of.key}.{fix.setting}" in chosen:
                # read, and the other settings of the object change the program instead
                # or, of a broadcast invalidation, the machine has no such instruction
                of_several = ("superpage", "dentry", "network.accept", "network.dst_entry")
                assert of.key in (*of_several, "shootdown"), name


@pytest.mark.parametrize("name", fixes())
def test_a_fix_is_a_preset_for_one_line_of_the_table(name: str) -> None:
    of, fix = fixes()[name]
    line = f"kernel.objects.{of.key}.{fix.setting}"
    for on, value in ((True, fix.on), (False, fix.off)):
        by_preset = compose([KERNEL, f"kernel.fix.{name}={str(on).lower()}"]).kernel
        by_hand = compose([KERNEL, f"{line}={value}"]).kernel
        assert by_preset.model_dump(exclude={"sources"}) == by_hand.model_dump(exclude={"sources"})
        assert getattr(by_hand.fix, name) is on


def test_the_later_of_a_preset_and_its_line_wins() -> None:
    preset, line = "kernel.fix.dentry_lock=false", "kernel.objects.dentry.sharing=generation"
    assert compose([preset, line]).kernel.fix.dentry_lock is True
    assert compose([line, preset]).kernel.objects.dentry.sharing == "locked"


@pytest.mark.parametrize("kernel", ["linux_stock", "linux_pk", "barrelfish_per_package"])
def test_a_reference_to_one_of_no_objects_is_refused(kernel: str) -> None:
    """Its line would be somebody else's, or none at all."""
    config = compose(
        [f"kernel={kernel}", "workload=micro/refcount", "kernel.objects.dentry.shared_components=0"]
    )
    with pytest.raises(RefusedError, match="dentry_refcount: of these objects there are 0"):
        simulate(config)
