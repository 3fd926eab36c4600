"""Names and numbers as a reader sees them."""

from __future__ import annotations

import math

REPRODUCED = "reproduced"
TREND_ONLY = "trend only"
NOT_REPRODUCED = "not reproduced"
HOLDS = "holds in the model"
DOES_NOT_HOLD = "does not hold in the model"
NOT_MODELLED = "not modelled"
NOT_RUN = "not run"
VERDICTS = (
    REPRODUCED,
    TREND_ONLY,
    NOT_REPRODUCED,
    HOLDS,
    DOES_NOT_HOLD,
    NOT_MODELLED,
    NOT_RUN,
)
GREEN = (REPRODUCED, HOLDS)

PREDICTED = "predicted"
PARTLY_FITTED = "partly fitted"
FITTED = "fitted"
INPUT = "input"
IDENTITY = "identity"
STATEMENT = "statement of the model"
BASES = (PREDICTED, PARTLY_FITTED, FITTED, INPUT, IDENTITY, STATEMENT)


def name_of(identifier: str) -> str:
    """An identifier as words: `vfsmount_table` becomes `vfsmount table`."""
    return identifier.replace("_", " ")


def contribution_of(thing: str, cause: str) -> str:
    """One (object, cause) of the account in words: `vfsmount table: lock wait`."""
    return f"{name_of(thing)}: {name_of(cause)}"


THINGS = {
    "accept": "the listening socket",
    "address_space": "the address space",
    "barrier": "the barrier",
    "broadcast": "the broadcast",
    "cache_refill": "the caches",
    "critical_section": "the critical section",
    "dcache_lists": "the lists of the directory cache",
    "dentry": "the directory entry",
    "dentry_refcount": "the directory entry's reference count",
    "directory": "the spool directories",
    "dma_buffers": "the pool of packet buffers",
    "dram": "the memory controllers",
    "dst_entry": "the routing entry's reference count",
    "exchange": "the data that cores exchange",
    "file_list": "the last files of the list",
    "flow_steering": "the table of flows",
    "index_root": "the root page of the index",
    "inode_lists": "the lists of inodes",
    "inode_mutex_lseek": "the file's inode",
    "l3": "the shared caches",
    "link": "the links between packages",
    "lock_manager": "the database's lock manager",
    "memory": "the memory controllers",
    "mmap_sem": "the address space",
    "monitor": "the monitors",
    "net_device": "the network device",
    "network": "the network stack's shared data",
    "nic_rx": "the network card's receive queues",
    "nic_tx": "the network card's transmit queues",
    "open_file_list": "the list of open files",
    "page_fault": "page faults",
    "page_struct": "page descriptors",
    "postgres": "the database's own memory",
    "process": "new processes",
    "protocol_memory": "the count of the protocols' memory",
    "serial_stage": "the build's serial stages",
    "stragglers": "the last jobs of the build",
    "superpage": "the zeroing of super-pages",
    "superpage_mutex": "the mutex of super-pages",
    "task_queue": "the queue of tasks",
    "tlb_shootdown": "TLB shootdowns",
    "vfsmount": "the mount point's reference count",
    "vfsmount_table": "the mount table",
}
"""Objects of the account as a sentence names them, where their own names do not say it."""
WAITS = {
    "lock_wait": "waiting for the lock of {}",
    "coherence": "fetching lines of {} that other cores wrote",
    "memory": "waiting for memory in {}",
    "device": "waiting for {}",
    "link": "waiting for {}",
    "message_wait": "waiting for messages ({})",
    "barrier": "waiting for others at {}",
    "blocked": "idle, waiting for {}",
    "compute": "computing ({})",
}
"""Causes of the account as a sentence says them, with a place for the object."""
MEMORY = {
    "dram": "waiting for the memory controllers",
    "l3": "waiting for memory that the shared caches no longer hold",
    "memory": "waiting for the memory controllers",
}
"""Waits for memory whose object is a part of the machine."""


def thing_of(thing: str) -> str:
    """An object of the account as a sentence names it."""
    return THINGS.get(thing, name_of(thing))


def waiting_of(thing: str, cause: str) -> str:
    """What cores do on an object for a cause: `waiting for the lock of the mount table`."""
    if cause == "memory" and thing in MEMORY:
        return MEMORY[thing]
    return WAITS.get(cause, f"{name_of(cause)} ({{}})").format(thing_of(thing))


def faster(gain: float, low: float | None = None, high: float | None = None) -> str:
    """A gain in throughput as a sentence says it: `1.25 times as fast` or `3.2 times as fast`."""
    times = 1 + gain
    text = f"{times:.2f}" if times < 2 else number(float(f"{times:.2g}"))
    if low is None or high is None:
        return f"{text} times as fast"
    ends = [
        f"{1 + end:.2f}" if times < 2 else number(float(f"{1 + end:.2g}")) for end in (low, high)
    ]
    return f"{text} times as fast" + ("" if ends[0] == ends[1] else f" ({ends[0]} to {ends[1]})")


def number(value: float | None) -> str:
    """A number with at most four significant digits and thousands separators; a dash for none."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    magnitude = math.floor(math.log10(abs(value)))
    if magnitude >= 3:
        text = f"{value:,.0f}"
    elif magnitude < -4:
        text = f"{value:.2e}"
    else:
        text = f"{value:.{max(0, 3 - magnitude)}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "−")


def percent(value: float | None, digits: int = 1) -> str:
    """A percentage with its sign spelled by a real minus; a dash for none."""
    if value is None or math.isnan(value):
        return "–"
    return f"{value:.{digits}f} %".replace("-", "−")


def counted(count: int) -> str:
    """A core count with its noun: `1 core`, `48 cores`."""
    return f"{count} core" if count == 1 else f"{count} cores"


def cores(counts: list[int]) -> str:
    """Core counts as a list in words: `1, 4 and 48`."""
    texts = [str(count) for count in counts]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
