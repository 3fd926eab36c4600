"""Address spaces: threads of one process hinder each other, processes do not."""

import pytest

from sim.config.compose import compose
from sim.engine import isa
from sim.kernel.interrupt_round import interrupt_cycles, mean_interrupt_cycles
from sim.kernel.objects.tlb import Interrupts
from sim.kernel.population import Population
from sim.kernel.system_calls import SystemCalls
from sim.kernel.table import KernelTable
from sim.machine.site import open_site
from sim.program.assembler import Assembler
from sim.program.simulation import run_program
from sim.simulate import simulate
from tests.machines import window

CONFIG = compose(["kernel=linux_stock"])
INTERRUPTS, SHOOTDOWN = CONFIG.hardware.interrupts, CONFIG.kernel.objects.shootdown


def mapping(cores, *, shared, think=10_000_000, operations=10):
    """Every core maps, touches and unmaps a page in a loop; cycles by object per operation."""
    site = open_site(CONFIG.hardware, cores, "package")
    asm = Assembler()
    with asm.at("test", isa.SYSTEM):
        population = Population(shared_address_space=shared)
        calls = SystemCalls(asm, KernelTable(CONFIG.kernel), site, population)
        top = asm.place()
        asm.compute(think)
        calls.map_memory(asm)
        calls.touch_pages(asm, 1, 0.0)
        calls.unmap_memory(asm)
        asm.emit(isa.END)
        asm.jump(top)
    for core in range(cores):
        asm.thread(core, top)
    result = run_program(asm, site.packages, site.distance, window(operations * cores, cores))
    totals = result.account.sum(axis=(0, 1, 3)) / result.operations
    return dict(zip(result.objects, totals, strict=True))


def test_one_thread_interrupts_nobody():
    assert mapping(1, shared=True).get("tlb_shootdown", 0) == 0


def test_processes_interrupt_nobody_and_wait_for_nobody():
    spent = mapping(8, shared=False)
    assert "tlb_shootdown" not in spent
    assert "mmap_sem" not in spent


@pytest.mark.parametrize("cores", [2, 4, 8])
def test_a_shootdown_costs_the_sender_one_send_per_core_and_every_core_a_handler(cores):
    site = open_site(CONFIG.hardware, cores, "package")
    handler = Interrupts(site, SHOOTDOWN, range(cores)).handler_cycles
    others = cores - 1
    expected = others * SHOOTDOWN.ipi_cycles + handler + others * handler
    assert mapping(cores, shared=True)["tlb_shootdown"] == pytest.approx(expected, rel=0.1)


def test_a_handler_traps_invalidates_and_acknowledges_on_a_shared_line():
    site = open_site(CONFIG.hardware, 48, "package")
    least = (
        INTERRUPTS.trap_cycles + INTERRUPTS.tlb_invalidation_cycles + site.distance.transfer.min()
    )
    assert Interrupts(site, SHOOTDOWN, range(site.cores)).handler_cycles > least


def test_mapping_without_pause_saturates_a_shared_address_space_alone():
    alone = sum(mapping(24, shared=False, think=100_000).values())
    together = sum(mapping(24, shared=True, think=100_000).values())
    assert together > 4 * alone


def test_the_way_of_an_interrupt_costs_threads_and_the_microbenchmark_alike():
    """Twice the links, twice the way there and back, for applications and for micro/unmap."""

    def spent(workload, hop_cycles, *more):
        chosen = [workload, "kernel=linux_stock", "cores=[48]", "run=smoke", *more]
        config = compose([*chosen, f"hardware.interrupts.hop_cycles={hop_cycles}"])
        return simulate(config).points[0]["throughput"]

    threads = ("workload=pedsort", "workload.mode=threads")
    assert spent(threads[0], 400, threads[1]) < spent(threads[0], 0, threads[1])
    assert spent("workload=micro/unmap", 400) < spent("workload=micro/unmap", 0)


@pytest.mark.parametrize("cores", [2, 7, 48])
def test_the_mean_way_is_that_over_all_pairs(cores):
    site = open_site(CONFIG.hardware, cores, "package")
    pairs = [(a, b) for a in range(cores) for b in range(cores) if a != b]
    ways = [interrupt_cycles(site, SHOOTDOWN.ipi_cycles, a, b) for a, b in pairs]
    mean = mean_interrupt_cycles(site, SHOOTDOWN.ipi_cycles, range(cores))
    assert mean == pytest.approx(sum(ways) / len(ways), abs=0.51)
