"""Shared caches: what fits never misses, and only the cores of the same package matter."""

import pytest

from sim.config.compose import compose
from sim.engine import isa
from sim.machine.cache_capacity import SharedCache, miss_fraction
from sim.machine.memory import MemoryControllers
from sim.machine.site import open_site
from sim.program.assembler import Assembler
from sim.program.simulation import run_program
from tests.machines import window

HARDWARE = compose([]).hardware
L3 = HARDWARE.caches.l3.capacity_kib
LINES = 10_000


def stall(cores, order, working_set_kib):
    """Cycles per core and operation that accesses to the shared cache take."""
    site = open_site(HARDWARE, cores, order)
    asm = Assembler()
    with asm.at("test"), asm.registers(1) as (misses,):
        cache = SharedCache(asm, site, MemoryControllers(asm, site), working_set_kib)
        for core in range(cores):
            entry = asm.place()
            cache.set_misses(asm, core, misses)
            top = asm.place()
            asm.compute(100 * LINES)
            cache.access(asm, misses, LINES)
            asm.emit(isa.END)
            asm.jump(top)
            asm.thread(core, entry)
    result = run_program(asm, site.packages, site.distance, window(200 * cores, cores))
    l3 = result.account[:, isa.USER, result.objects.index("l3"), isa.C_MEMORY]
    return l3.sum() / result.operations


@pytest.mark.parametrize("cores", range(1, 7))
def test_a_cache_misses_what_does_not_fit(cores):
    assert miss_fraction(L3 // cores, cores, L3) == 0
    assert miss_fraction(2 * L3, cores, L3) == pytest.approx(1 - 1 / (2 * cores))
    assert miss_fraction(0, cores, L3) == 0


def test_working_sets_that_fit_cost_nothing():
    assert stall(3, "package", L3 // 3) == 0
    assert stall(4, "package", L3 // 3) > 0


def test_a_lone_miss_costs_the_latency_and_the_controllers_service_of_a_line():
    memory = HARDWARE.memory
    expected = 0.5 * LINES * (memory.latency_cycles + memory.page_zero_cycles / 64)
    assert stall(1, "package", 2 * L3) == pytest.approx(expected, rel=0.1)


def test_dealing_cores_out_beats_filling_packages_until_all_are_full():
    assert stall(8, "round_robin", L3 // 3) == 0
    assert stall(8, "package", L3 // 3) > 0
    full = stall(48, "package", L3 // 3)
    assert stall(48, "round_robin", L3 // 3) == pytest.approx(full, rel=0.03)
    assert stall(12, "package", L3 // 3) == pytest.approx(full, rel=0.05)
