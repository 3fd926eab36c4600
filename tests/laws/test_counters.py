"""Counters lose nothing, and a sloppy counter's centre is what its parts say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine import isa
from sim.program.assembler import Assembler
from sim.program.simulation import Measurement, run_program
from sim.sync.sloppy_counter import SloppyCounter
from tests.machines import COUNTERS, costs, new_program, operation, window

# For each core, its acquisitions (True) and releases (False), in order.
PLANS = st.lists(st.lists(st.booleans(), max_size=12), min_size=1, max_size=8)


def in_use(plans: list[list[bool]]) -> int:
    return sum(1 if acquires else -1 for plan in plans for acquires in plan)


def references_first(plans: list[list[bool]]) -> list[list[bool]]:
    """The plans without the releases of what a core has not acquired."""
    kept = []
    for plan in plans:
        held, steps = 0, []
        for acquires in plan:
            if acquires or held > 0:
                held += 1 if acquires else -1
                steps.append(acquires)
        kept.append(steps)
    return kept


def follow(asm: Assembler, counter, plans: list[list[bool]], answer: int) -> Measurement:
    """Every core follows its plan; when all are done, core 0 stores the exact value."""
    done = asm.new_lines()
    for core, plan in enumerate(plans):
        entry = asm.place()
        for acquires in plan:
            (counter.acquire if acquires else counter.release)(asm)
        asm.emit(isa.FETCH_ADD, address=done, value=1)
        if core == 0:
            asm.emit(isa.AWAIT, address=done, value=len(plans))
            with operation(asm), asm.registers(1) as (total,):
                counter.read_exact(asm, total)
                asm.emit(isa.STORE, address=answer, source=total)
        asm.emit(isa.HALT)
        asm.thread(core, entry)
    packages = [core % 3 for core in range(len(plans))]
    return run_program(asm, packages, costs(packages), window(1), 1)


@pytest.mark.parametrize("kind", COUNTERS)
@settings(max_examples=40)
@given(PLANS)
def test_the_exact_value_is_the_number_of_references_in_use(
    kind: str, plans: list[list[bool]]
) -> None:
    plans = references_first(plans)
    asm = new_program()
    counter = COUNTERS[kind](asm, len(plans))
    answer = asm.new_lines()
    assert follow(asm, counter, plans, answer).words[answer] == in_use(plans)


@settings(max_examples=100)
@given(PLANS, st.integers(0, 5))
def test_a_sloppy_counters_centre_is_the_sum_of_spares_and_references_in_use(
    plans: list[list[bool]], threshold: int
) -> None:
    asm = new_program()
    counter = SloppyCounter(asm, len(plans), threshold)
    # Releases without an acquisition: references that were in use before, or on another core.
    words = follow(asm, counter, plans, asm.new_lines()).words
    spares = [int(words[counter.spares + isa.WORDS_PER_LINE * c]) for c in range(len(plans))]
    assert words[counter.central] == sum(spares) + in_use(plans)
    assert all(0 <= spare <= threshold for spare in spares)
