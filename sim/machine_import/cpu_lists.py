"""Sets of CPUs as tools write them: lists (`0-3,8`) and masks of 32-bit words (`0xff,0x0`)."""

from __future__ import annotations

import re

from sim.machine_import.stated import MOST_CPUS

RANGE = re.compile(r"([0-9]{1,6})(?:-([0-9]{1,6})(?::([0-9]{1,6})(?:/([0-9]{1,6}))?)?)?")


def cpu_list(text: str) -> tuple[int, ...] | None:
    """Read a list such as `0-3,8` or `0 1 2`; None if it is none. Order and repeats are kept."""
    cpus: list[int] = []
    for word in re.split(r"[,\s]+", text.strip()):
        if not word:
            continue
        found = RANGE.fullmatch(word)
        if found is None:
            return None
        first, last = int(found[1]), int(found[2] or found[1])
        if last >= 4 * MOST_CPUS or last < first:
            return None
        run = range(first, last + 1)
        if found[3]:  # 0-31:2/4, the first two of every four
            used, group = int(found[3]), int(found[4] or found[3])
            cpus += [cpu for cpu in run if group and (cpu - first) % group < used]
        else:
            cpus += run
    return tuple(cpus)


def cpu_mask(text: str) -> frozenset[int] | None:
    """Read a mask, most significant word first; None if it is none or has no end (`0xf...f`)."""
    words = text.strip().split(",")
    value = 0
    for word in words:
        digits = word.strip().lower().removeprefix("0x") or "0"
        longest = 8 if len(words) > 1 else 4096
        if len(digits) > longest or re.fullmatch(r"[0-9a-f]+", digits) is None:
            return None
        value = (value << 32) | int(digits, 16)
    if value.bit_length() > 4 * MOST_CPUS:
        return None
    return frozenset(cpu for cpu in range(value.bit_length()) if value >> cpu & 1)
