"""A barrier lets nobody go before all have come, and is ready for the next round at once."""

import numpy as np
import pytest

from sim.engine import isa
from sim.program.simulation import run_program
from sim.sync.barrier import Barrier
from tests.machines import costs, new_program, operation, window

ROUNDS = 5


def meet(members, work):
    """Cores that work for `work[core]` cycles and meet, again and again; the first one counts."""
    asm = new_program()
    barrier = Barrier(asm, members, sleeping=False)
    for core in range(members):
        entry = asm.place()
        if core == 0:
            with operation(asm):
                asm.compute(work[core])
                barrier.wait(asm)
        else:
            asm.compute(work[core])
            barrier.wait(asm)
        asm.jump(entry)
        asm.thread(core, entry)
    packages = [core // 3 for core in range(members)]
    measured = run_program(asm, packages, costs(packages), window(ROUNDS, warmup=1))
    return measured


@pytest.mark.parametrize("members", [1, 2, 7])
def test_everybody_waits_for_the_slowest(members):
    work = [1000 + 10_000 * (core == members - 1) for core in range(members)]
    assert meet(members, work).latencies.min() >= max(work)


@pytest.mark.parametrize("members", [2, 7])
def test_a_round_costs_little_more_than_the_slowest_member(members):
    work = [50_000] * members
    assert meet(members, work).latencies.max() < 50_000 + members * 1000


def test_waiting_is_spinning_of_the_caller():
    account = meet(4, [1000, 1000, 1000, 100_000]).account.sum(axis=0)
    waited = account[isa.USER, :, isa.C_BARRIER].sum()
    assert waited > 0.9 * 3 * ROUNDS * 99_000
    assert np.all(account[isa.IDLE] == 0)
