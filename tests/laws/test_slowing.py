"""What would a delay cost? Locks are held for longer, and what is no lock takes longer to visit."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sim.acquisitions import noted
from sim.config.compose import compose
from sim.engine import isa
from sim.program.assembler import Assembler
from sim.program.simulation import run_program, summary
from sim.program.slowing import delay, slow, slowable
from sim.simulate import SimulationError, simulate
from sim.sync.optimistic_rw_semaphore import OptimisticRwSemaphore
from sim.sync.rw_semaphore import RwSemaphore
from tests.machines import LOCKS, costs, new_program, operation, start, window

DELAY, WORK, TIMES = 10_000, 1000, 40


def under_a_lock(make: Callable[[Assembler], object], cycles: int, cores: int) -> dict:
    """Cores that take turns at work under a lock: elapsed cycles, and the account per operation."""
    asm = new_program()
    with noted() as found:
        with asm.at("lock"):
            lock = make(asm)

        def body(program: Assembler) -> None:
            with operation(program), program.at("lock"):
                lock.acquire(program)
                with program.at("work"):
                    program.compute(WORK)
                lock.release(program)

        for core in range(cores):
            start(asm, core, body)
    slow(asm, {"lock": cycles} if cycles else {}, found.of(asm))
    run = run_program(asm, [0] * cores, costs([0] * cores), window(TIMES), 1)
    return {"elapsed": run.elapsed} | {(o, cause): n for (_, o, cause), n in summary(run).items()}


@pytest.mark.parametrize("kind", sorted(LOCKS))
def test_one_core_pays_each_delay_once(kind: str) -> None:
    plain, slowed = (under_a_lock(lambda asm: LOCKS[kind](asm, 1), c, 1) for c in (0, DELAY))
    assert slowed["elapsed"] - plain["elapsed"] == TIMES * DELAY
    assert slowed["lock", "compute"] - plain.get(("lock", "compute"), 0) == DELAY


@pytest.mark.parametrize("kind", sorted(LOCKS))
def test_others_wait_while_a_slowed_lock_is_held(kind: str) -> None:
    slowed = under_a_lock(lambda asm: LOCKS[kind](asm, 4), DELAY, 4)
    assert slowed["elapsed"] >= (TIMES - 4) * (DELAY + WORK)
    assert slowed["work", "compute"] == pytest.approx(WORK, rel=0.15)


SEMAPHORES = {
    "rw_semaphore": lambda asm: RwSemaphore(asm, 4),
    "optimistic": lambda asm: OptimisticRwSemaphore(asm, 4),
}


@pytest.mark.parametrize("kind", SEMAPHORES)
def test_the_lock_inside_a_semaphore_is_not_slowed(kind: str) -> None:
    asm = new_program()
    with noted() as found, asm.at("lock"):
        semaphore = SEMAPHORES[kind](asm)
        semaphore.acquire_read(asm)
        semaphore.release_read(asm)
        semaphore.acquire(asm)
        semaphore.release(asm)
    before = len(asm.instructions)
    assert len(found.of(asm)) == 2
    slow(asm, {"lock": DELAY}, found.of(asm))
    assert len(asm.instructions) == before + 2


def test_what_is_no_lock_takes_longer_each_time_that_a_core_turns_to_it() -> None:
    def elapsed(cycles: int) -> int:
        asm = new_program()

        def body(program: Assembler) -> None:
            with operation(program):
                program.compute(10)
                with program.at("work"), program.repeat(5):
                    program.compute(100)

        start(asm, 0, body)
        slow(asm, {"work": cycles} if cycles else {}, [])
        return run_program(asm, [0], costs([0]), window(TIMES), 1).elapsed

    assert elapsed(DELAY) - elapsed(0) == TIMES * DELAY


def test_a_loop_that_begins_under_the_lock_pays_once() -> None:
    def elapsed(cycles: int) -> int:
        asm = new_program()
        with noted() as found:
            lock = LOCKS["ticket"](asm, 1)

            def body(program: Assembler) -> None:
                with operation(program), program.registers(1) as (left,), program.at("lock"):
                    program.emit(isa.SET, dst=left, value=3)
                    lock.acquire(program)
                    top = program.place()
                    program.compute(10)
                    program.emit(isa.SET, dst=left, source=left, value=-1)
                    program.branch(left, isa.AT_LEAST, 1, top)
                    lock.release(program)

            start(asm, 0, body)
        slow(asm, {"lock": cycles} if cycles else {}, found.of(asm))
        return run_program(asm, [0], costs([0]), window(TIMES), 1).elapsed

    assert elapsed(DELAY) - elapsed(0) == TIMES * DELAY


RUN = ["workload=exim", "kernel=linux_stock", "cores=[8]", "run=smoke"]


def test_a_delay_lies_where_it_was_put_and_costs_throughput() -> None:
    plain = simulate(compose(RUN))
    slowed = simulate(compose([*RUN, "slow=vfsmount_table:5us"]))
    name = ("vfsmount_table", "compute")

    def spent(outcome: object) -> float:
        rows = [r for r in outcome.account if (r["object"], r["cause"]) == name]
        return sum(row["cycles_per_operation"] for row in rows)

    assert spent(slowed) > spent(plain)
    assert slowed.points[0]["throughput"] < 0.9 * plain.points[0]["throughput"]


def test_without_a_delay_nothing_changes() -> None:
    assert simulate(compose(RUN)).points == simulate(compose([*RUN, "slow=[]"])).points


def test_a_delay_is_cycles_or_a_time() -> None:
    assert delay("mmap_lock:1500", 2.4) == ("mmap_lock", 1500)
    assert delay("mmap_lock:2us", 2.4) == ("mmap_lock", 4800)
    assert delay("mmap_lock:0.5ms", 2.0) == ("mmap_lock", 1_000_000)
    for wrong in ("mmap_lock", "mmap_lock:", "mmap_lock:-1", "mmap_lock:1s", ":5", "a:0", "a:1e9"):
        with pytest.raises(ValueError, match="slow: "):
            delay(wrong, 2.4)


def test_a_delay_of_what_is_not_there_names_what_is_near() -> None:
    config = compose([*RUN, "slow=page_falt:10"])
    with pytest.raises(SimulationError, match="'page_falt' is not there; did you mean page_fault"):
        simulate(config)


def test_everything_that_a_core_turns_to_can_be_slowed() -> None:
    asm = new_program()
    with asm.at("idle"):
        asm.emit(isa.BEGIN)
    with asm.at("work"):
        asm.compute(1)
    assert slowable(asm) == ["work"]
