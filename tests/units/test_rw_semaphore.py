"""Reader-writer semaphores: readers share, writers exclude, nobody is lost; who waits may sleep."""

import pytest

from sim.engine import isa
from sim.engine.distributions import UNIFORM
from sim.program.assembler import Label
from sim.program.simulation import run_program
from sim.sync.optimistic_rw_semaphore import OptimisticRwSemaphore
from sim.sync.rw_semaphore import RwSemaphore
from tests.machines import costs, new_program, operation, start, window

HOLD = 10_000


SEMAPHORES = pytest.mark.parametrize("kind", [RwSemaphore, OptimisticRwSemaphore])
WRITER = 1000  # a writer inside counts more than all readers


def measured(cores, *, writes, operations=400, hold=HOLD, seed=1, kind=RwSemaphore):
    """Each core enters in a loop, for writing or for reading; also how often it was not alone."""
    packages = [core // 4 for core in range(cores)]
    asm = new_program()
    semaphore = kind(asm, cores)
    inside, intrusions = asm.new_lines(1), asm.new_lines(1)

    def enter(asm, write):
        weight, allowed = (WRITER, 1) if write else (1, WRITER)
        with operation(asm), asm.registers(1) as (others,):
            semaphore.acquire(asm) if write else semaphore.acquire_read(asm)
            alone = Label()
            asm.emit(isa.FETCH_ADD, address=inside, dst=others, value=weight)
            asm.branch(others, isa.LESS, allowed, alone)
            asm.emit(isa.FETCH_ADD, address=intrusions, value=1)
            asm.place(alone)
            asm.emit(isa.COMPUTE_DRAWN, value=hold, target=UNIFORM)
            asm.emit(isa.FETCH_ADD, address=inside, value=-weight)
            semaphore.release(asm) if write else semaphore.release_read(asm)

    for core in range(cores):
        start(asm, core, lambda asm, write=core in writes: enter(asm, write))
    result = run_program(asm, packages, costs(packages), window(operations, 10), seed)
    return result, result.words[intrusions]


def idle(result):
    return result.account.sum(axis=(0, 2, 3))[isa.IDLE] / result.account.sum()


@SEMAPHORES
def test_readers_share_and_never_sleep(kind):
    result, _ = measured(8, writes=(), kind=kind)
    assert result.elapsed < 400 * HOLD / 8 * 1.5
    assert idle(result) == 0


@SEMAPHORES
@pytest.mark.parametrize("writers", [{0}, {0, 3}, {0, 1, 2, 3, 4, 5, 6, 7}])
def test_a_writer_is_alone(kind, writers):
    result, intrusions = measured(8, writes=writers, kind=kind)
    assert intrusions == 0
    assert result.operations == 400  # nobody sleeps for ever


@SEMAPHORES
@pytest.mark.parametrize("hold", [0, 1, 97, 1009])
def test_no_waiter_is_forgotten_when_holders_leave_while_others_queue(kind, hold):
    for cores in (2, 3, 5, 8):
        for seed in range(1, 4):
            run = {
                "writes": {0, cores - 1},
                "hold": hold,
                "operations": 2000,
                "seed": seed,
                "kind": kind,
            }
            result, intrusions = measured(cores, **run)
            assert intrusions == 0
            assert result.operations == 2000


def test_a_hand_over_between_writers_takes_a_wake_up_and_a_context_switch():
    result, _ = measured(4, writes={0, 1, 2, 3})
    distance = costs([0])
    gap = result.elapsed / result.operations - HOLD
    assert gap > distance.wake_cycles + distance.context_switch_cycles
    assert gap < 2 * (distance.wake_cycles + distance.context_switch_cycles) + 2000


def test_cores_whose_threads_wait_are_idle():
    result, _ = measured(8, writes=set(range(8)))
    assert idle(result) > 0.8


def test_an_uncontended_semaphore_is_taken_and_dropped_by_a_locked_update_each():
    one, _ = measured(1, writes={0}, hold=0)
    distance = costs([0])
    update = distance.hit_cycles + distance.locked_cycles
    assert one.elapsed == pytest.approx(one.operations * 4 * update, rel=0.01)
