"""Counts with a part of each core: what the shared word knows, and who touches it."""

from __future__ import annotations

import pytest

from sim.config.compose import compose
from sim.engine import isa
from sim.kernel.context import KernelContext
from sim.kernel.objects.batched_count import BatchedCount
from sim.kernel.population import ALONE
from sim.kernel.table import KernelTable
from sim.machine.site import open_site
from sim.program.assembler import Assembler
from sim.program.simulation import run_program
from sim.simulate import simulate
from tests.machines import costs, new_program, operation, start, window

BATCH = 8


def counted(cores: int, changes: tuple[int, ...]) -> tuple[int, list[int], int]:
    """The shared word, each core's part, and the cycles, after every core has made some changes."""
    packages = [core // 4 for core in range(cores)]
    config = compose(["kernel=linux_6_12", "hardware=opteron_8x6"])
    asm = new_program()
    site = open_site(config.hardware, cores, "package")
    count = BatchedCount(KernelContext(asm, KernelTable(config.kernel), site, ALONE), BATCH)

    def body(asm: Assembler) -> None:
        with operation(asm):
            for amount in changes:
                count.change(asm, amount)
        asm.emit(isa.HALT)

    for core in range(cores):
        start(asm, core, body)
    result = run_program(asm, packages, costs(packages), window(cores), 1)
    parts = [int(result.words[count.part + core * isa.WORDS_PER_LINE]) for core in range(cores)]
    return int(result.words[count.word]), parts, int(result.elapsed)


@pytest.mark.parametrize("changes", [(1,) * 37, (-1,) * 37, (1, -1) * 10, (3, -5, 7, 1) * 5])
def test_no_change_is_lost_and_no_core_keeps_a_batch(changes: tuple[int, ...]) -> None:
    word, parts, _ = counted(8, changes)
    assert word + sum(parts) == 8 * sum(changes)
    assert all(abs(part) < BATCH for part in parts)


def test_who_takes_and_gives_back_by_turns_touches_nothing_shared() -> None:
    word, parts, one = counted(1, (1, -1) * 20)
    assert (word, parts) == (0, [0])
    assert counted(8, (1, -1) * 20)[2] == one
    assert counted(8, (1,) * 40)[2] > counted(1, (1,) * 40)[2]


def throughput(*chosen: str) -> float:
    config = compose(["run=smoke", "hardware=cascadelake_2x20", "cores=[40]", *chosen])
    return float(simulate(config).points[0]["throughput"])


FAULTS = ("workload=scale/page_fault1", "kernel=linux_6_12")


def test_pages_that_are_charged_alone_make_all_processes_meet() -> None:
    alone = "kernel.fix.batched_charges=false"
    assert throughput(*FAULTS, alone) < 0.6 * throughput(*FAULTS)
    groups = "workload.groups=40"  # those above are charged, too
    assert throughput(*FAULTS, alone, groups) < 0.6 * throughput(*FAULTS)
    top = "kernel.objects.memory_group.parents=0"
    assert throughput(*FAULTS, alone, groups, top) > 0.9 * throughput(*FAULTS)


def test_one_count_of_an_address_space_makes_its_threads_meet_and_no_processes() -> None:
    one_word, threads = "kernel.objects.resident_pages.counter=shared", "workload.tasks=threads"
    assert throughput(*FAULTS, threads, one_word) < 0.8 * throughput(*FAULTS, threads)
    assert throughput(*FAULTS, one_word) > 0.98 * throughput(*FAULTS)


def test_a_single_page_costs_a_thread_no_shared_word_where_cores_count() -> None:
    chosen = ("workload=scale/malloc1", "workload.tasks=threads", "kernel=linux_5_10", "cores=[4]")

    def cycles(counter: str) -> float:
        config = compose(["run=smoke", *chosen, f"kernel.objects.resident_pages.counter={counter}"])
        rows = simulate(config).account
        return sum(
            row["cycles_per_operation"]
            for row in rows
            if (row["object"], row["cause"]) == ("resident_pages", "coherence")
        )

    assert cycles("batched") < 0.1 * cycles("per_thread")
