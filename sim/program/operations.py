"""What each operation of the instruction set does, as far as programs are analysed or changed.

The one table of it: what follows a line, frees an object, bounds a time or looks for what cores
share takes its set of operations from here.
"""

from __future__ import annotations

from enum import Flag, auto

from sim.engine import isa


class Effect(Flag):
    """What an operation does, beside taking time."""

    NOTHING = 0
    READS = auto()  # a word: its core has a copy of the line afterwards
    WRITES = auto()  # a word, or could have: no other core has a copy afterwards
    SPINS = auto()  # until a word is as it should be
    NAMES_A_WORD = auto()  # of memory, by its address; those that read or write do, too
    SETS = auto()  # register `dst`
    SUCCEEDS = auto()  # or fails, by what `dst` held before: it finds that when it is free
    DRAWS = auto()  # a number at random
    TIMED = auto()  # takes, or sets, as many cycles as `value` says
    KEPT = auto()  # stays when its object is freed: it gives order, not costs


OPERATIONS = {
    isa.COMPUTE: Effect.TIMED,
    isa.COMPUTE_DRAWN: Effect.TIMED | Effect.DRAWS,
    isa.SET: Effect.SETS | Effect.KEPT,
    isa.DRAW: Effect.SETS | Effect.DRAWS | Effect.KEPT,
    isa.JUMP: Effect.KEPT,
    isa.BRANCH: Effect.KEPT,
    isa.BULK: Effect.TIMED,
    isa.BEGIN: Effect.KEPT,
    isa.ADD: Effect.SETS | Effect.KEPT,
    isa.SAMPLE: Effect.SETS | Effect.DRAWS | Effect.TIMED | Effect.KEPT,
    isa.LOAD: Effect.READS | Effect.SETS,
    isa.STORE: Effect.WRITES,
    isa.INCREMENT: Effect.WRITES,
    isa.FETCH_ADD: Effect.WRITES | Effect.SETS,
    isa.SWAP: Effect.WRITES | Effect.SETS,
    isa.COMPARE_SWAP: Effect.WRITES | Effect.SETS | Effect.SUCCEEDS,
    isa.AWAIT: Effect.READS | Effect.SPINS,
    isa.AWAIT_TURN: Effect.READS | Effect.SPINS,
    isa.AWAIT_CHANGE: Effect.READS | Effect.SPINS,
    isa.PARK: Effect.NAMES_A_WORD,
    isa.WAKE: Effect.NAMES_A_WORD,
    isa.RUNNING: Effect.SETS,
    isa.REQUEST: Effect.TIMED,
    isa.ALIGN: Effect.TIMED | Effect.KEPT,
    isa.END: Effect.KEPT,
    isa.YIELD: Effect.KEPT,
    isa.HALT: Effect.KEPT,
    isa.SUBMIT: Effect.SETS | Effect.TIMED,
    isa.AWAIT_TIME: Effect.NOTHING,
    isa.INTERRUPT: Effect.NOTHING,
    isa.POST: Effect.WRITES | Effect.SETS,
    isa.PREFETCH: Effect.READS | Effect.SETS,
    isa.SEND_IPI: Effect.NOTHING,
    isa.AWAIT_IPI: Effect.NOTHING,
}
"""Effects of every operation."""


def having(effects: Effect) -> frozenset[int]:
    """Operations with at least one of some effects."""
    return frozenset(op for op, found in OPERATIONS.items() if found & effects)


READS, WRITES, SPINS = having(Effect.READS), having(Effect.WRITES), having(Effect.SPINS)
NAMES_A_WORD = having(Effect.READS | Effect.WRITES | Effect.NAMES_A_WORD)
SETS, DRAWS, TIMED = having(Effect.SETS), having(Effect.DRAWS), having(Effect.TIMED)
KEPT = having(Effect.KEPT)
SUCCEEDS = having(Effect.SUCCEEDS)
SENDS = frozenset((isa.STORE, isa.POST))
"""How a message is written: what changes no word by what was there."""

NAMES = {op: isa.NAMES[op].lower() for op in OPERATIONS}
"""Names of operations, as traces and messages say them."""
CODES = {name: op for op, name in NAMES.items()}
