"""Barriers take as long as the slowest core; a bag gives each job to one core."""

import pytest

from sim.engine import isa
from sim.program.assembler import Label
from sim.program.simulation import run_program
from sim.sync.barrier import Barrier
from sim.sync.job_bag import JobBag
from tests.machines import costs, new_program, window


def rounds(cores, sleeping, work=100_000, times=20):
    """Cores meet at a barrier; core n works n + 1 units between two meetings."""
    packages = [core // 4 for core in range(cores)]
    asm = new_program()
    barrier = Barrier(asm, cores, sleeping)
    for core in range(cores):
        top = asm.place()
        if core == 0:
            asm.emit(isa.BEGIN)
        asm.compute(work * (core + 1))
        barrier.wait(asm)
        if core == 0:
            asm.emit(isa.END)
        asm.jump(top)
        asm.thread(core, top)
    return run_program(asm, packages, costs(packages), window(times, 1))


@pytest.mark.parametrize("sleeping", [True, False])
@pytest.mark.parametrize("cores", [1, 2, 7])
def test_a_round_takes_as_long_as_its_slowest_core(sleeping, cores):
    result = rounds(cores, sleeping)
    assert result.elapsed / result.operations == pytest.approx(100_000 * cores, rel=0.05)


def test_sleepers_are_idle_and_spinners_are_not():
    sleeping, spinning = rounds(7, True), rounds(7, False)
    share = [
        r.account.sum(axis=(0, 2, 3))[isa.IDLE] / r.account.sum() for r in (sleeping, spinning)
    ]
    assert share[0] == pytest.approx(3 / 7, rel=0.05)
    assert share[1] == 0


def emptied(cores, work, size=None):
    """Cores take jobs until the bag is empty; the sum of what each got."""
    packages = [core // 4 for core in range(cores)]
    asm = new_program()
    bag = JobBag(asm)
    got = asm.new_lines(cores)
    gate = Barrier(asm, cores)
    first = asm.place()
    bag.fill(asm, work)
    everyone = asm.place()
    gate.wait(asm)
    empty = Label()
    with asm.registers(1) as (job,):
        again = asm.place()
        asm.emit(isa.SET, dst=job, value=size or 1)
        if size is None:
            bag.take(asm, empty)
        else:
            bag.take_sized(asm, job, empty)
        asm.compute(1000)
        asm.emit(isa.FETCH_ADD, address=got, index=isa.R_CORE, source=job)
        asm.jump(again)
    asm.place(empty)
    gate.wait(asm)
    asm.emit(isa.END)
    asm.emit(isa.HALT)
    for core in range(cores):
        asm.thread(core, everyone if core else first)
    result = run_program(asm, packages, costs(packages), window(cores))
    return [int(result.words[got + 8 * core]) for core in range(cores)]


@pytest.mark.parametrize("cores", [1, 3, 8])
def test_every_job_is_done_once(cores):
    done = emptied(cores, 100)
    assert sum(done) == 100
    assert max(done) - min(done) <= 100 // cores


@pytest.mark.parametrize("size", [1, 7, 100, 1000])
def test_sized_jobs_add_up_to_the_work_in_the_bag(size):
    assert sum(emptied(4, 100, size)) == 100
