"""Open queues: customers that come whatever the queue, against the closed forms of textbooks.

Of one server the engine's own FIFO server is tested (Pollaczek and Khinchine), of several a queue
that takes tickets (Erlang C), whose customers are threads that wait for their arrival.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.engine import isa
from sim.engine.state import Distance
from sim.program.assembler import Assembler
from sim.program.simulation import run_program
from tests.machines import new_program, operation, start, window
from tests.theory.estimates import REPLICATIONS, within_three_standard_errors

SERVICE = 1_000_000  # cycles: the scatter of spinners, 8 cycles for each, is nothing beside it
CUSTOMERS = 20_000


def mean_response(load: float, exponential: bool, seed: int) -> float:
    """Mean time from arrival to departure at one server, each customer's read off the server."""
    asm = new_program()
    server, clock = asm.new_servers(), asm.new_servers()
    total = asm.new_lines()
    with asm.registers(4) as (service, done, now, sojourn):

        def body(asm: Assembler) -> None:
            with operation(asm):
                asm.emit(isa.COMPUTE_DRAWN, value=round(SERVICE / load))
                if exponential:
                    asm.emit(isa.SAMPLE, dst=service, value=SERVICE)
                else:
                    asm.emit(isa.SET, dst=service, value=SERVICE)
                asm.emit(isa.SUBMIT, address=server, source=service, dst=done)
                asm.emit(isa.SUBMIT, address=clock, value=0, dst=now)  # a clock: done at once
                asm.emit(isa.ADD, dst=sojourn, source=done, value=1)
                asm.emit(isa.ADD, dst=sojourn, source=now, value=-1)
                asm.emit(isa.STORE, address=total, source=sojourn)

        start(asm, 0, body)
    run = run_program(asm, [0], Distance.uniform(1), window(CUSTOMERS), seed)
    return float(run.words[total]) / CUSTOMERS


@pytest.mark.parametrize("load", [0.3, 0.5, 0.7, 0.8])
@pytest.mark.parametrize(("exponential", "variation"), [(True, 1), (False, 0)], ids=["M", "D"])
def test_one_server_agrees_with_pollaczek_and_khinchine(
    exponential: bool, variation: int, load: float
) -> None:
    samples = [mean_response(load, exponential, seed) for seed in range(REPLICATIONS)]
    exact = SERVICE * (1 + load * (1 + variation) / (2 * (1 - load)))
    assert within_three_standard_errors(samples, [exact])


def erlang_c(servers: int, offered: float) -> float:
    """Probability that a customer has to wait."""
    last = offered**servers / math.factorial(servers) * servers / (servers - offered)
    return last / (sum(offered**k / math.factorial(k) for k in range(servers)) + last)


def responses(servers: int, load: float, seed: int) -> np.ndarray:
    """Times from arrival to departure at several servers with one queue."""
    asm = new_program()
    arrived, left, tickets = (asm.new_lines() for _ in range(3))

    def arrivals(asm: Assembler) -> None:
        asm.emit(isa.COMPUTE_DRAWN, value=round(SERVICE / (load * servers)))
        asm.emit(isa.FETCH_ADD, address=arrived, value=1)

    def customer(asm: Assembler) -> None:
        with asm.registers(1) as (ticket,):
            asm.emit(isa.FETCH_ADD, address=tickets, dst=ticket, value=1)
            at_least = {"source": ticket, "condition": isa.AT_LEAST}
            asm.emit(isa.AWAIT, address=arrived, value=1, **at_least)
            with operation(asm):
                asm.emit(isa.AWAIT, address=left, value=1 - servers, **at_least)
                asm.emit(isa.COMPUTE_DRAWN, value=SERVICE)
                asm.emit(isa.FETCH_ADD, address=left, value=1)

    threads = 40  # more than are ever in the queue
    start(asm, 0, arrivals)
    for core in range(1, 1 + threads):
        start(asm, core, customer)
    cores = 1 + threads
    distance, measured = Distance.uniform(cores), window(CUSTOMERS, 1000)
    return run_program(asm, [0] * cores, distance, measured, seed).latencies


@pytest.mark.parametrize("servers", [1, 2, 4, 8])
def test_several_servers_with_one_queue_agree_with_erlang_c(servers: int) -> None:
    load = 0.7
    samples = [float(responses(servers, load, seed).mean()) for seed in range(REPLICATIONS)]
    waiting = erlang_c(servers, load * servers) / (servers * (1 - load))
    assert within_three_standard_errors(samples, [SERVICE * (1 + waiting)])
