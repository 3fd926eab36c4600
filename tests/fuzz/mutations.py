"""Mutations of settings: of override strings, and of the text of configuration files."""

from __future__ import annotations

import random
import re

WORDS = r"""
    null ~ true no 0 -1 1 7 0x1F 0o17 1_000 1e9 1e999 -0.0 0.5 nan -inf 9223372036854775808 ''
    "" '5' [] [[]] [1,8] [1,null] [1,[2,3]] {} {a:1} {clock_ghz:{}} {1:2} {null:3} ${run.seed}
    ${nothing} ${oc.env:HOME} ${oc.env:NOT_THERE} ${ ${.seed} ${run} ${hardware.name} ${${run}}
    range(1,9) glob(*) choice(a,b) int(3) str(3) sort(3,1) shuffle(1,2) extend_list(1) tag(x,1)
    interval(0,1) a a=b = : a:b # \ \' ' " `id` $(id) ../../etc/passwd /etc/passwd ~root
    <script> {{7*7}} %s {0} {a} 2001-01-01 12:30:45 !!python/object:os.system &a *a << --- @
    exim all none package ticket
"""
VALUES = (
    *WORDS.split(),
    "",
    '"a, b"',
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
    "x y",
    "\xe9",
    "\U0001f600",
    "\u202e",
    "a\tb",
    "a\nb",
    "; id",
    "| id",
    "&& id",
    "\x7f",
    "\x1b[31m",
    "1" + "0" * 400,
    "a" * 5000,
)

CHARACTERS = "abz_.=,:;/\\'\"`$(){}[]<>|&*!?#%^~+-@ \t\n0159éß😀\u202e\x7f"


def mutated_text(rng: random.Random, text: str) -> str:
    """A text with a few characters inserted, deleted, replaced, exchanged or repeated."""
    for _ in range(rng.randint(1, 4)):
        at = rng.randint(0, max(len(text) - 1, 0))
        match rng.randrange(5):
            case 0:
                text = text[:at] + rng.choice(CHARACTERS) + text[at:]
            case 1:
                text = text[:at] + text[at + 1 :]
            case 2:
                text = text[:at] + rng.choice(CHARACTERS) + text[at + 1 :]
            case 3:
                text = text[:at] + text[at : at + 2][::-1] + text[at + 2 :]
            case _:
                text = text[:at] + text[at : at + 3] * 2 + text[at + 3 :]
    return text


def override(rng: random.Random, keys: list[str], typical: list[str]) -> str:
    """An override that may or may not be usable."""
    match rng.randrange(4):
        case 0:
            return mutated_text(rng, rng.choice(typical))
        case 1:
            return f"{mutated_text(rng, rng.choice(keys))}={rng.choice(VALUES)}"
        case _:
            return f"{rng.choice(keys)}={rng.choice(VALUES)}"


def mutated_file(rng: random.Random, text: str) -> bytes:
    """A configuration file with a line, a value or some bytes changed."""
    lines = text.splitlines(keepends=True)
    at = rng.randrange(len(lines))
    match rng.randrange(9):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, lines[rng.randrange(len(lines))])
        case 2:
            lines[at] = mutated_text(rng, lines[at])
        case 3:  # another value
            lines[at] = re.sub(r":.*$", lambda _: f": {rng.choice(VALUES)}", lines[at])
        case 4:  # another key
            lines[at] = re.sub(r"^(\s*)[^:]*", lambda m: m[1] + rng.choice(VALUES), lines[at])
        case 5:  # another number
            lines[at] = re.sub(r"\d+", lambda _: rng.choice(VALUES), lines[at], count=1)
        case 6:
            return "".join(lines).encode()[: rng.randrange(len(text.encode()))]
        case 7:
            data = bytearray("".join(lines).encode())
            data[rng.randrange(len(data))] = rng.randrange(256)
            return bytes(data)
        case _:
            lines[at] = "  " + lines[at]
    return "".join(lines).encode()
