"""Hardware threads: two of them share a core's work and its caches, and come after all cores."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from sim.config.compose import compose
from sim.engine import isa
from sim.machine.settings.hardware import Hardware, Topology
from sim.machine.site import Site, open_site
from sim.program.simulation import run_program
from tests.machines import new_program, window

CORES = 6
SPEED, WITHIN_A_CORE = 0.6, 5


def machine(threads: int = 2, beside_spinner: float = 1.0, **coherence: int) -> Hardware:
    """Two packages of three cores, the threads of a core exchanging lines in five cycles."""
    hardware = compose(["hardware=xeon_4x18"]).hardware
    topology = Topology(
        packages=2,
        cores_per_package=3,
        links=[(0, 1)],
        threads_per_core=threads,
        thread_speed=SPEED,
        speed_beside_spinner=beside_spinner,
    )
    chosen = {"thread_transfer_cycles": WITHIN_A_CORE} | coherence
    costs = hardware.coherence.model_copy(update=chosen)
    return hardware.model_copy(update={"topology": topology, "coherence": costs})


def works(site: Site, cycles: int = 1000) -> float:
    """Pieces of work that all threads of a site do in its length."""
    asm = new_program()
    with asm.operations(range(site.cores)):
        asm.compute(cycles)
    asked = window(1000 * site.cores)
    measured = run_program(asm, site.dies, site.distance, asked, speeds=site.speeds)
    return measured.operations * cycles / measured.elapsed


def store_time(site: Site, writer: int, before: int) -> int:
    """Cycles of a store to a line that another core or thread has written before."""
    asm = new_program()
    line = asm.new_lines()
    first, second = asm.place(), None
    asm.emit(isa.STORE, address=line, value=1)
    asm.emit(isa.HALT)
    second = asm.place()
    asm.compute(100_000)
    asm.emit(isa.BEGIN)
    asm.emit(isa.STORE, address=line, value=2)
    asm.emit(isa.END)
    asm.thread(before, first)
    asm.thread(writer, second)
    measured = run_program(asm, site.dies, site.distance, window(1))
    return int(measured.latencies[0])


@pytest.mark.parametrize("order", ["package", "round_robin"])
def test_second_threads_become_active_after_all_cores(order: str) -> None:
    site = open_site(machine(), 2 * CORES, order)
    assert site.packages[:CORES] == site.packages[CORES:]
    assert sorted(site.packages[:CORES]) == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("cores", [1, 4, CORES])
def test_no_more_threads_than_cores_are_cores(cores: int) -> None:
    with_threads, without = (open_site(machine(threads), cores, "package") for threads in (2, 1))
    assert with_threads.speeds == without.speeds
    for one, other in zip(with_threads.distance, without.distance, strict=True):
        assert np.array_equal(one, other)


def test_two_threads_of_a_core_do_more_than_one_and_less_than_two_cores() -> None:
    alone, both = open_site(machine(), CORES, "package"), open_site(machine(), CORES + 1, "package")
    assert works(both) - works(alone) == pytest.approx(2 * SPEED - 1, rel=0.05)
    everything = open_site(machine(), 2 * CORES, "package")
    assert works(everything) == pytest.approx(2 * SPEED * CORES, rel=0.02)


@pytest.mark.parametrize("leaves", [1.0, 0.75])
def test_a_thread_has_what_a_neighbour_that_spins_leaves(leaves: float) -> None:
    site = open_site(machine(beside_spinner=leaves), 2 * CORES, "package")
    asm = new_program()
    never = asm.new_lines()
    with asm.operations([0]):
        asm.compute(1000)
    spinner = asm.place()
    asm.emit(isa.AWAIT, address=never, value=1)
    asm.thread(CORES, spinner)
    measured = run_program(asm, site.dies, site.distance, window(100, 1), speeds=site.speeds)
    assert measured.elapsed == pytest.approx(100 * 1000 / leaves, rel=0.01)


def test_a_line_is_in_the_caches_of_both_threads_of_a_core() -> None:
    site = open_site(machine(), 2 * CORES, "package")
    near, far = machine().coherence.local_transfer_cycles, 116 + 203
    assert store_time(site, CORES + 1, 1) == WITHIN_A_CORE
    assert store_time(site, CORES + 1, 0) == near
    assert store_time(site, CORES + 1, 5) == far


def test_threads_of_a_core_are_one_package_to_their_programs() -> None:
    site = open_site(machine(), 2 * CORES, "package")
    asm = new_program()
    with asm.operations(range(site.cores)):
        asm.compute(1)
        for words in [asm.new_lines(site.cores)]:
            asm.emit(isa.STORE, address=words, index=isa.R_CORE, source=isa.R_PACKAGE)
    measured = run_program(asm, site.dies, site.distance, window(500))
    assert list(measured.words[:: isa.WORDS_PER_LINE]) == list(site.dies)


def test_reads_of_a_package_share_a_fetch_among_all_threads_of_its_cores() -> None:
    distance = open_site(machine(combined_read_cycles=10), 2 * CORES, "package").distance
    assert list(distance.groups) == [0, 0, 0, 1, 1, 1]
    assert set(distance.near_transfer) == {machine().coherence.local_transfer_cycles}


def test_a_machine_counts_its_hardware_threads_and_says_how_fast_two_are() -> None:
    assert compose(["hardware=xeon_4x18"]).hardware.cores == 144
    given: dict[str, Any] = {}
    for key in ("thread_speed", "speed_beside_spinner"):
        with pytest.raises(ValidationError, match=f"{key}: missing, with 2 threads_per_core"):
            Topology(packages=1, cores_per_package=2, links=[], threads_per_core=2, **given)
        given[key] = 0.6
