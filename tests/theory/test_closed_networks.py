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
from sim.engine.state import Distance
from sim.program.assembler import Assembler, Label
from sim.program.simulation import run_program
from sim.sync.ticket_lock import TicketLock
from tests.machines import new_program, operation, start, window
from tests.theory.estimates import REPLICATIONS, throughputs, within_three_standard_errors

THINK, SERVICE = 10_000, 1_000


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

    samples = throughputs(asm, body, customers)
    assert within_three_standard_errors(samples, [exact_throughput(customers)])


STATIONS = {"a": 1_000, "b": 1_700, "c": 600}  # mean service; b or c follows a, with equal chances


def exact_network_throughput(customers: int) -> float:
    """Operations per cycle by mean-value analysis of the three stations."""
    demand = {name: mean / (1 if name == "a" else 2) for name, mean in STATIONS.items()}
    queue = dict.fromkeys(demand, 0.0)
    throughput = 0.0
    for n in range(1, customers + 1):
        residence = {name: demand[name] * (1 + queue[name]) for name in demand}
        throughput = n / (THINK + sum(residence.values()))
        queue = {name: throughput * time for name, time in residence.items()}
    return throughput


@pytest.mark.parametrize("customers", [1, 3, 8, 16, 48])
def test_several_stations_with_random_routes_agree_with_mean_value_analysis(customers: int) -> None:
    asm = new_program()
    locks = {name: TicketLock(asm) for name in STATIONS}

    def visit(asm: Assembler, name: str) -> None:
        locks[name].acquire(asm)
        asm.emit(isa.COMPUTE_DRAWN, value=STATIONS[name])
        locks[name].release(asm)

    def body(asm: Assembler) -> None:
        other, back = Label(), Label()
        with operation(asm), asm.registers(1) as (coin,):
            asm.emit(isa.COMPUTE_DRAWN, value=THINK)
            visit(asm, "a")
            asm.emit(isa.DRAW, dst=coin, value=2)
            asm.branch(coin, isa.EQUAL, 0, other)
            visit(asm, "b")
            asm.jump(back)
            asm.place(other)
            visit(asm, "c")
            asm.place(back)

    samples = throughputs(asm, body, customers)
    assert within_three_standard_errors(samples, [exact_network_throughput(customers)])


def repaired_per_cycle(machines: int, repairmen: int, up: float, repair: float) -> float:
    """Repairs per cycle of machines that fail and are repaired, from the chain of their number."""
    weight = [1.0]
    for down in range(machines):
        weight.append(weight[-1] * (machines - down) / up * repair / min(down + 1, repairmen))
    busy = sum(w * min(down, repairmen) for down, w in enumerate(weight)) / sum(weight)
    return busy / repair


@pytest.mark.parametrize("repairmen", [1, 2, 4])
@pytest.mark.parametrize("machines", [2, 6, 12, 48])
def test_machines_and_repairmen_agree_with_the_chain_of_those_that_are_down(
    machines: int, repairmen: int
) -> None:
    up, repair = 10_000_000, 2_000_000  # cycles: the scatter of spinners is nothing beside it
    asm = new_program()
    tickets, repaired = asm.new_lines(), asm.new_lines()

    def body(asm: Assembler) -> None:
        with operation(asm), asm.registers(1) as (ticket,):
            asm.emit(isa.COMPUTE_DRAWN, value=up)
            asm.emit(isa.FETCH_ADD, address=tickets, dst=ticket, value=1)
            asm.emit(
                isa.AWAIT,
                address=repaired,
                source=ticket,
                value=1 - repairmen,
                condition=isa.AT_LEAST,
            )
            asm.emit(isa.COMPUTE_DRAWN, value=repair)
            asm.emit(isa.FETCH_ADD, address=repaired, value=1)

    samples = throughputs(asm, body, machines, operations=10_000)
    assert within_three_standard_errors(
        samples, [repaired_per_cycle(machines, repairmen, up, repair)]
    )


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

    samples = throughputs(asm, body, customers)
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
    rounds, measured = 100, window(100 * customers, 5 * customers)
    run = run_program(asm, [0] * customers, Distance.uniform(customers), measured)
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
    run = run_program(asm, [0] * cores, Distance.uniform(cores), window(1000, 100))
    assert run.elapsed == 1000 * SERVICE
    assert (run.latencies == cores * SERVICE).all()
