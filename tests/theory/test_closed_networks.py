"""Closed queueing networks: the engine against exact solutions, bounds and a second simulation.

N customers think and then queue at one server (the machine repairman). With exponential service,
the holding time of a lock whose line costs nothing, mean-value analysis is exact. With constant
service, a FIFO server's, a few lines of Python simulate the same network with their own random
numbers.
"""

from __future__ import annotations

import heapq
import math

import numpy as np
import pytest

from sim.engine import isa
from sim.engine.assembler import Assembler
from sim.engine.simulation import run_program
from sim.sync.ticket_lock import TicketLock
from tests.machines import costs, new_program, operation, start, window

FREE = {"transfer": (0, 0), "occupancy": (0, 0), "memory": 0, "hit": 0, "locked": 0}
THINK, SERVICE = 10_000, 1_000
REPLICATIONS = 8


def within_three_standard_errors(samples: list[float], others: list[float]) -> bool:
    one, other = np.array(samples), np.array(others)
    variance = one.var(ddof=1) / one.size
    if other.size > 1:
        variance += other.var(ddof=1) / other.size
    return bool(abs(one.mean() - other.mean()) <= 3 * math.sqrt(variance))


def exact_throughput(customers: int) -> float:
    """Operations per cycle by mean-value analysis: one queue, exponential service."""
    queue = throughput = 0.0
    for n in range(1, customers + 1):
        residence = SERVICE * (1 + queue)
        throughput = n / (THINK + residence)
        queue = throughput * residence
    return throughput


@pytest.mark.parametrize("customers", [1, 2, 4, 8, 12, 16, 24, 48])
def test_exponential_service_agrees_with_mean_value_analysis(customers: int) -> None:
    asm = new_program()
    lock = TicketLock(asm)

    def body(asm: Assembler) -> None:
        with operation(asm):
            asm.emit(isa.COMPUTE_DRAWN, value=THINK)
            lock.acquire(asm)
            asm.emit(isa.COMPUTE_DRAWN, value=SERVICE)
            lock.release(asm)

    for core in range(customers):
        start(asm, core, body)
    packages = [0] * customers
    samples = []
    for seed in range(REPLICATIONS):
        run = run_program(asm, packages, costs(packages, **FREE), window(20_000, 2_000), seed)
        samples.append(run.operations / run.elapsed)
    assert within_three_standard_errors(samples, [exact_throughput(customers)])


def second_simulation(customers: int, operations: int, warmup: int, seed: int) -> float:
    """Throughput of exponential thinking and constant service, by an event list of its own."""
    random = np.random.default_rng(seed)
    arrivals = [(random.exponential(THINK), n) for n in range(customers)]
    heapq.heapify(arrivals)
    free = opened = 0.0
    for served in range(operations + warmup):
        arrived, customer = heapq.heappop(arrivals)
        free = max(free, arrived) + SERVICE
        if served == warmup - 1:
            opened = free
        heapq.heappush(arrivals, (free + random.exponential(THINK), customer))
    return operations / (free - opened)


@pytest.mark.parametrize("customers", [1, 2, 4, 8, 12, 16, 48])
def test_constant_service_agrees_with_a_second_simulation_and_with_the_bounds(
    customers: int,
) -> None:
    asm = new_program()
    asm.new_servers()

    def body(asm: Assembler) -> None:
        with operation(asm):
            asm.emit(isa.COMPUTE_DRAWN, value=THINK)
            asm.emit(isa.REQUEST, value=SERVICE)

    for core in range(customers):
        start(asm, core, body)
    packages = [0] * customers
    samples = []
    for seed in range(REPLICATIONS):
        run = run_program(asm, packages, costs(packages, **FREE), window(20_000, 2_000), seed)
        samples.append(run.operations / run.elapsed)
    if customers == 48:
        assert samples == [1 / SERVICE] * REPLICATIONS
        return
    others = [second_simulation(customers, 20_000, 2_000, seed) for seed in range(REPLICATIONS)]
    assert within_three_standard_errors(samples, others)
    mean, error = np.mean(samples), np.std(samples, ddof=1) / math.sqrt(REPLICATIONS)
    assert mean <= min(customers / (THINK + SERVICE), 1 / SERVICE) + 3 * error
    assert mean >= exact_throughput(customers) - 3 * error


@pytest.mark.parametrize("customers", [1, 2, 3, 10, 11, 12, 48])
def test_constant_thinking_and_service_give_the_asymptotic_bound_exactly(customers: int) -> None:
    asm = new_program()
    asm.new_servers()

    def body(asm: Assembler) -> None:
        with operation(asm):
            asm.compute(THINK)
            asm.emit(isa.REQUEST, value=SERVICE)

    for core in range(customers):
        start(asm, core, body)
    packages, rounds = [0] * customers, 100
    run = run_program(
        asm, packages, costs(packages, **FREE), window(rounds * customers, 5 * customers), 1
    )
    assert run.elapsed == rounds * max(THINK + SERVICE, customers * SERVICE)


@pytest.mark.parametrize("cores", [1, 2, 7, 48])
def test_a_saturated_server_completes_one_operation_per_service_time(cores: int) -> None:
    asm = new_program()
    asm.new_servers()

    def body(asm: Assembler) -> None:
        with operation(asm):
            asm.emit(isa.REQUEST, value=SERVICE)

    for core in range(cores):
        start(asm, core, body)
    packages = [0] * cores
    run = run_program(asm, packages, costs(packages), window(1000, 100), 1)
    assert run.elapsed == 1000 * SERVICE
    assert (run.latencies == cores * SERVICE).all()
