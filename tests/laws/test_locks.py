"""A lock lets in one thread at a time, and a fair lock lets them in as they came."""

from __future__ import annotations

from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine import isa
from sim.program.assembler import Assembler, Label
from sim.program.simulation import run_program
from sim.sync.cohort_lock import CohortLock
from sim.sync.qspinlock import QueuedSpinLock
from sim.sync.spin_lock import KINDS, SpinLocks
from tests.machines import LOCKS, WAITING, costs, new_program, operation, start, window
from tests.oracle.state import Thread
from tests.oracle.twin import Twin

HELD_FOR = st.integers(0, 500)
CONVENTIONS: list[dict[str, int]] = [
    {},
    {"combined_read_cycles": 11},
    {"on_arrival": 1},
    {"on_arrival": 1, "stores_wait": 1, "combined_read_cycles": 0, "local_preference": 1 << 15},
    {"atomic_occupancy_cycles": 13, "stores_wait": 1},
]


@pytest.mark.parametrize("kind", LOCKS)
@settings(max_examples=30)
@given(
    packages=st.lists(st.integers(0, 2), min_size=1, max_size=12),
    threads_per_core=st.integers(1, 3),
    hold=HELD_FOR,
    think=HELD_FOR,
    machine=st.sampled_from(CONVENTIONS),
    seed=st.integers(0, 1000),
)
def test_no_two_threads_hold_a_lock_and_no_update_under_it_is_lost(
    kind: str,
    packages: list[int],
    threads_per_core: int,
    hold: int,
    think: int,
    machine: dict[str, int],
    seed: int,
) -> None:
    threads, times = threads_per_core * len(packages), 10
    asm = new_program()
    lock = LOCKS[kind](asm, threads)
    inside, intrusions, updates, ended = (asm.new_lines() for _ in range(4))

    def body(asm: Assembler) -> None:
        with asm.registers(1) as (r,):
            alone = Label()
            lock.acquire(asm)
            asm.emit(isa.LOAD, address=inside, dst=r)
            asm.branch(r, isa.EQUAL, 0, alone)
            asm.emit(isa.FETCH_ADD, address=intrusions, value=1)
            asm.place(alone)
            asm.emit(isa.STORE, address=inside, value=1)
            asm.emit(isa.LOAD, address=updates, dst=r)
            asm.emit(isa.COMPUTE_DRAWN, value=hold)
            asm.emit(isa.STORE, address=updates, source=r, value=1)
            asm.emit(isa.STORE, address=inside, value=0)
            lock.release(asm)
            asm.emit(isa.COMPUTE_DRAWN, value=think)
            asm.emit(isa.YIELD, value=think)
            with operation(asm):
                asm.emit(isa.FETCH_ADD, address=ended, value=1)

    for thread in range(threads):
        start(asm, thread % len(packages), body, times=times)
    distance = costs(packages)._replace(**machine)
    run = run_program(asm, packages, distance, window(threads * times, maximum=10**8), seed)
    assert run.words[ended] == threads * times
    assert run.words[intrusions] == 0
    assert run.words[updates] == threads * times


@pytest.mark.parametrize("kind", sorted(KINDS))
@settings(max_examples=15)
@given(
    packages=st.lists(st.integers(0, 2), min_size=2, max_size=12),
    count=st.integers(1, 4),
    hold=HELD_FOR,
    seed=st.integers(0, 1000),
)
def test_locks_of_one_object_protect_each_its_own_data(
    kind: str, packages: list[int], count: int, hold: int, seed: int
) -> None:
    times = 20
    asm = new_program()
    lock = SpinLocks(kind, WAITING, len(packages), 3).make(asm, count)
    updates, made, ended = asm.new_lines(count), asm.new_lines(count), asm.new_lines()

    def body(asm: Assembler) -> None:
        with asm.registers(2) as (which, r):
            asm.emit(isa.DRAW, dst=which, value=count)
            lock.acquire(asm, which)
            asm.emit(isa.LOAD, address=updates, index=which, dst=r)
            asm.emit(isa.COMPUTE_DRAWN, value=hold)
            asm.emit(isa.STORE, address=updates, index=which, source=r, value=1)
            lock.release(asm, which)
            asm.emit(isa.FETCH_ADD, address=made, index=which, value=1)
            with operation(asm):
                asm.emit(isa.FETCH_ADD, address=ended, value=1)

    for core in range(len(packages)):
        start(asm, core, body, times=times)
    total = times * len(packages)
    run = run_program(asm, packages, costs(packages), window(total, maximum=10**8), seed)
    counted = [run.words[word : word + count * isa.WORDS_PER_LINE] for word in (updates, made)]
    assert counted[0].tolist() == counted[1].tolist()
    assert counted[0].sum() == total


def test_without_a_lock_such_updates_are_lost() -> None:
    asm = new_program()
    updates = asm.new_lines()

    def body(asm: Assembler) -> None:
        with operation(asm), asm.registers(1) as (r,):
            asm.emit(isa.LOAD, address=updates, dst=r)
            asm.compute(100)
            asm.emit(isa.STORE, address=updates, source=r, value=1)

    for core in range(4):
        start(asm, core, body)
    assert run_program(asm, [0] * 4, costs([0] * 4), window(100), 1).words[updates] < 100


class Watched(Twin):
    """A twin that notes the threads that execute certain instructions, in order."""

    def __init__(self, *arguments, instructions: dict[str, int]) -> None:
        super().__init__(*arguments)
        self.instructions = instructions
        self.seen: dict[str, list[int]] = {name: [] for name in instructions}

    def shared(self, thread: Thread, *rest) -> int | None:
        for name, pc in self.instructions.items():
            if thread.pc == pc:
                self.seen[name].append(self.threads.index(thread))
        return super().shared(thread, *rest)


@pytest.mark.parametrize(
    "kind", ["ticket", "ticket_one_by_one", "ticket_proportional", "mcs", "clh"]
)
@settings(max_examples=15)
@given(
    packages=st.lists(st.integers(0, 2), min_size=2, max_size=12),
    hold=HELD_FOR,
    think=st.integers(0, 3000),
    seed=st.integers(0, 1000),
)
def test_a_fair_lock_is_held_in_the_order_of_arrival(
    kind: str, packages: list[int], hold: int, think: int, seed: int
) -> None:
    asm = new_program()
    lock = LOCKS[kind](asm, len(packages))
    held = asm.new_lines()
    top = asm.place()
    lock.acquire(asm)
    mark = len(asm.instructions)
    asm.emit(isa.STORE, address=held, value=1)
    asm.compute(hold)
    lock.release(asm)
    asm.emit(isa.COMPUTE_DRAWN, value=think)
    asm.emit(isa.END)
    asm.jump(top)
    for core in range(len(packages)):
        asm.thread(core, top)
    arrival = next(
        n for n, one in enumerate(asm.instructions) if one.op in (isa.FETCH_ADD, isa.SWAP)
    )
    twin = Watched(
        asm,
        packages,
        costs(packages),
        window(100),
        seed,
        instructions={"arrives": arrival, "holds": mark},
    )
    while twin.closed_at is None:
        twin.step()
    arrives, holds = twin.seen["arrives"], twin.seen["holds"]
    assert len(holds) >= 100
    assert holds == arrives[: len(holds)]


def watched(
    asm: Assembler, packages: list[int], instructions: dict[str, int], seed: int
) -> Watched:
    """A twin that has run a program of one thread per core to the end of its window."""
    twin = Watched(asm, packages, costs(packages), window(200), seed, instructions=instructions)
    while twin.closed_at is None:
        twin.step()
    return twin


@settings(max_examples=15)
@given(hand_offs=st.integers(0, 5), hold=HELD_FOR, seed=st.integers(0, 1000))
def test_a_cohort_lock_stays_in_a_package_for_so_many_hand_offs_and_no_more(
    hand_offs: int, hold: int, seed: int
) -> None:
    packages = [0, 0, 0, 1, 1, 1]  # two cores of each wait at any time
    asm = new_program()
    lock = CohortLock(asm, len(packages), 2, hand_offs)
    top = asm.place()
    lock.acquire(asm)
    held = len(asm.instructions)
    asm.emit(isa.STORE, address=asm.new_lines(), value=1)
    asm.compute(hold)
    lock.release(asm)
    asm.emit(isa.END)
    asm.jump(top)
    for core in range(len(packages)):
        asm.thread(core, top)
    holders = watched(asm, packages, {"holds": held}, seed).seen["holds"]
    runs = [len(list(run)) for _, run in groupby(packages[core] for core in holders)]
    settled = runs[3:-1]
    assert len(settled) > 10
    assert set(settled) <= {hand_offs, hand_offs + 1}  # a first holder may have nobody behind it
    assert max(settled) == hand_offs + 1


@pytest.mark.parametrize(("cores", "queue"), [(1, False), (2, False), (3, True)])
def test_two_cores_at_a_qspinlock_need_no_queue(cores: int, queue: bool) -> None:
    packages = [0] * cores
    asm = new_program()
    lock = QueuedSpinLock(asm, cores)
    top = asm.place()
    lock.acquire(asm)
    asm.compute(500)
    lock.release(asm)
    asm.emit(isa.END)
    asm.jump(top)
    for core in range(cores):
        asm.thread(core, top)
    (joins,) = [n for n, one in enumerate(asm.instructions) if one.op == isa.SWAP]
    assert bool(watched(asm, packages, {"joins": joins}, seed=1).seen["joins"]) is queue
