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
    """An identifier as words: `lock_wait` becomes `lock wait`."""
    return identifier.replace("_", " ")


THINGS = {
    "accept": "the listening socket",
    "address_space": "the address space",
    "apache": "Apache",
    "asleep": "sleeping threads",
    "barrier": "the barrier",
    "broadcast": "the broadcast",
    "cache_refill": "the caches",
    "capabilities": "the capabilities",
    "channel": "the message channel",
    "client": "the client",
    "counter": "the shared counter",
    "cpu_driver": "the CPU driver",
    "critical_section": "the critical section",
    "database": "the database",
    "dcache_lists": "the lists of the directory cache",
    "dentry": "the directory entry",
    "dentry_name": "the directory entry's name",
    "dentry_refcount": "the directory entry's reference count",
    "directory": "the spool directories",
    "dispatcher": "the dispatcher",
    "dma_buffers": "the pool of packet buffers",
    "dram": "the memory controllers",
    "driver": "the network driver",
    "dst_entry": "the routing entry's reference count",
    "exchange": "the data that cores exchange",
    "exim": "Exim",
    "file_calls": "calls on files",
    "file_inodes": "the file system's inodes",
    "file_list": "the last files of the list",
    "file_system": "the file system",
    "file_table": "the table of file descriptors",
    "flow_steering": "the table of flows",
    "index_root": "the root page of the index",
    "inode_hash": "the hash table of inodes",
    "inode_lists": "the lists of inodes",
    "inode_mutex_lseek": "the file's inode",
    "inode_writers": "the inode's count of writers",
    "kernel": "the kernel",
    "l1": "the first-level cache",
    "l2": "the second-level cache",
    "l3": "the shared caches",
    "line": "the shared line",
    "link": "the links between packages",
    "lock": "the lock",
    "lock_manager": "the database's lock manager",
    "lockref": "the directory entry's lockref",
    "lru_lock": "the lists of pages (lru_lock)",
    "memory": "the memory controllers",
    "memory_group": "the memory count of the group",
    "metis": "Metis",
    "mmap_sem": "the address space",
    "monitor": "the monitors",
    "net_device": "the network device",
    "network": "the network stack's shared data",
    "network_stack": "the network stack",
    "nic_rx": "the network card's receive queues",
    "nic_tx": "the network card's transmit queues",
    "object": "the shared object",
    "open_file_list": "the list of open files",
    "page_allocator": "the page allocator",
    "page_fault": "page faults",
    "page_struct": "page descriptors",
    "parallel_section": "the parallel section",
    "payload": "the payload",
    "pid_map": "the map of process numbers",
    "poll": "polling",
    "postgres": "the database's own memory",
    "process": "new processes",
    "program": "the program",
    "protocol_memory": "the count of the protocols' memory",
    "pthread_mutex": "the program's mutex",
    "qdisc": "the device's queue (qdisc)",
    "replica": "the replica",
    "resident_pages": "the count of resident pages",
    "run_queue": "the run queue",
    "scheduler": "the scheduler",
    "sender": "the sender",
    "serial_part": "the serial part",
    "serial_section": "the serial section",
    "serial_stage": "the build's serial stages",
    "server": "the server",
    "shared_file": "the shared file",
    "shared_lines": "the shared lines",
    "siglock": "the signal handlers (siglock)",
    "signal": "signals",
    "socket_structures": "the structures of the sockets",
    "source": "the source",
    "stragglers": "the last jobs of the build",
    "superpage": "the zeroing of super-pages",
    "superpage_mutex": "the mutex of super-pages",
    "task_list": "the list of tasks",
    "task_queue": "the queue of tasks",
    "think": "time between requests",
    "thread": "new threads",
    "tlb_shootdown": "TLB shootdowns",
    "udp": "UDP",
    "urpc": "URPC",
    "vfsmount": "the mount point's reference count",
    "vfsmount_table": "the mount table",
    "vma_lock": "the region of memory (VMA)",
    "wake": "wake-ups",
    "zone_lock": "the zone of memory (zone lock)",
}
"""Objects of the account as a sentence names them."""
LABELS = {"memory": "memory", "mmap_sem": "mmap_sem"}
"""Objects whose labels are not what sentences call them: these two share that with others."""
SWITCHES = {
    "batched_charges": "batched charges of memory",
    "batched_resident_pages": "batched counts of resident pages",
    "broadcast_invalidation": "broadcast TLB invalidation",
    "dcache_lists": "dcache lists locked only if necessary",
    "dentry_lock": "lock-free dentry comparison",
    "dentry_refcount": "sloppy dentry counts",
    "dma_buffers": "local packet buffers",
    "dst_entry_refcount": "sloppy route counts",
    "dst_padding": "route count on a line of its own",
    "inode_hash_buckets": "a lock per inode hash chain",
    "inode_lists": "inode lists locked only if necessary",
    "inode_mutex_lseek": "lseek without the inode's mutex",
    "lockref_apart": "lockref apart from the name",
    "net_device_false_sharing": "no false sharing in net_device",
    "no_lru_drain": "unmapping keeps page batches",
    "open_file_list": "per-core lists of open files",
    "page_false_sharing": "no false sharing in struct page",
    "parallel_accept": "parallel accept",
    "per_core_inode_lists": "per-core lists of inodes",
    "per_core_routes": "per-core routes",
    "per_group_lru_lock": "an lru_lock per group",
    "per_vma_lock": "per-VMA locks",
    "pid_freed_outside": "thread number freed outside the lock",
    "protocol_memory": "sloppy counts of protocol memory",
    "qdisc_list": "lockless list before the qdisc",
    "rcuref": "route references by atomic add",
    "superpage_locking": "a mutex per super-page mapping",
    "superpage_zeroing": "super-pages zeroed past the caches",
    "vfsmount_refcount": "sloppy mount counts",
    "vfsmount_table": "per-core mount tables",
}
"""Fixes `kernel.fix.<id>`, as figures and sentences name them."""
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


def label_of(thing: str) -> str:
    """An object of the account as figures and tables name it: `mount table`."""
    return LABELS.get(thing, thing_of(thing).removeprefix("the "))


def switch_of(key: str) -> str:
    """A switch as figures and sentences name it, by its setting or its last part."""
    name = key.rpartition(".")[2]
    return SWITCHES.get(name, name_of(name))


def contribution_of(thing: str, cause: str) -> str:
    """One (object, cause) of the account in words: `mount table: lock wait`."""
    return f"{label_of(thing)}: {name_of(cause)}"


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
