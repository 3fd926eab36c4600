"""Locks that perf saw in a kernel beside those that a simulated workload waited for, by name.

perf names a lock by its symbol (`perf lock contention -l`) or by the function that took it; the
account names the object. `NAMES` says which belong together: names of Linux's source, 2.6.35 to
6.12. perf counts waits of everything that ran, the account those of one operation, so what is
compared is each lock's share of all waiting.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sim.measure.perf_lock import COLUMNS
from sim.measure.rows import Rows

NAMES = {
    "mmap_sem": r"mmap_(lock|sem)|vm_mmap_pgoff|__vm_munmap|do_user_addr_fault|exc_page_fault|"
    r"lock_mm_and_find_vma|do_mprotect_pkey|do_madvise|__(x64|arm64)_sys_(brk|munmap|mprotect)",
    "vma_lock": r"vm_lock|vma_lock|lock_vma_under_rcu|(__)?vma_start_write",
    "zone_lock": r"zone(->|\.|_)?lock|rmqueue(_bulk|_buddy)?|get_page_from_freelist|"
    r"free_pcppages_bulk|free_one_page|free_unref_page(_commit|_list)?",
    "lru_lock": r"lru_lock|(folio|lock_page|relock_page)_?lruvec(_lock|_relock)?(_irq|_irqsave)?|"
    r"folio_batch_move_lru|pagevec_lru_move_fn|lru_add_drain(_cpu)?|release_pages|folios_put_refs|"
    r"__page_cache_release",
    "siglock": r"siglock|(__)?lock_task_sighand|do_send_sig_info|get_signal|do_sigaction|"
    r"(__)?set_current_blocked|sigprocmask|signal_setup_done",
    "vfsmount_table": r"vfsmount_lock|mount_lock|lookup_mnt|mntput(_no_expire)?",
    "dentry": r"d_lock|dput|dget_parent|d_alloc(_parallel)?|lockref_(get|put)\w*|__d_lookup|"
    r"d_delete",
    "directory": r"i_mutex|i_rwsem|open_last_lookups|path_openat|do_last|lookup_slow|do_unlinkat|"
    r"do_rename(at2)?|filename_create",
    "inode_mutex_lseek": r"generic_file_llseek(_size)?",
    "open_file_list": r"files_lock|files_lglock|file_sb_list_(add|del)",
    "inode_lists": r"inode_lock|inode_hash_lock|s_inode_list_lock|inode_sb_list_add|evict|iput",
    "dcache_lists": r"dcache_lock|dcache_lru_lock|list_lru_(add|del)\w*|d_lru_(add|del)",
    "accept": r"sk_lock|inet_csk_accept|lock_sock_nested|release_sock",
}
"""What perf calls the lock of an object: its symbol, or the functions that take it."""
FIELDS = {"contended", "total_wait"}
"""Of a lock's quantities, those that are laid beside the account."""
OFFSET = re.compile(r"(\.(constprop|isra|part|cold)(\.[0-9]+)?)*(\+0x[0-9a-f]+(/0x[0-9a-f]+)?)?$")
"""What the compiler and perf put behind a function's name."""


@dataclass(frozen=True)
class Waited:
    """A lock in perf's output: ns waited in all, and how often."""

    name: str
    ns: float
    times: float


@dataclass(frozen=True)
class Pair:
    """One lock in both: shares of all waiting, None where it is not waited for.

    Attributes:
        lock: the object of the account; perf's name of what has none.
        seen: perf's names that belong to it.
        measured, simulated: shares of all waiting.
        times: how often perf saw somebody wait.
    """

    lock: str
    seen: tuple[str, ...]
    measured: float | None
    simulated: float | None
    times: float


def waited(rows: Rows) -> list[Waited]:
    """Locks of perf's output; those of one name together."""
    total: defaultdict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for row in rows.values:
        of = dict(zip(COLUMNS, row, strict=True))
        total[of["lock"]][of["quantity"]] += float(of["value"])
    return [Waited(n, found["total_wait"], found["contended"]) for n, found in total.items()]


def object_of(name: str) -> str | None:
    """Object of the account that a lock of perf's belongs to; None for locks without a model."""
    plain = OFFSET.sub("", name.lstrip("&*"))
    plain = plain.rpartition("->")[2] if plain.endswith(("_lock", "_sem", "siglock")) else plain
    return next((key for key, names in NAMES.items() if re.fullmatch(names, plain)), None)


def beside(measured: Sequence[Waited], simulated: Mapping[str, float]) -> list[Pair]:
    """Lay the two side by side: those in both first, by the larger share.

    Args:
        measured: what perf saw.
        simulated: cycles of an operation that each object's lock was waited for.
    """
    by_object: defaultdict[str, list[Waited]] = defaultdict(list)
    for lock in measured:
        by_object[object_of(lock.name) or lock.name].append(lock)
    all_ns = sum(lock.ns for lock in measured) or 1.0
    all_cycles = sum(simulated.values()) or 1.0
    pairs = []
    for name in {**by_object, **simulated}:
        seen, cycles = by_object.get(name, []), simulated.get(name, 0.0)
        share = sum(lock.ns for lock in seen) / all_ns if seen else None
        times = sum(lock.times for lock in seen)
        told = tuple(sorted({lock.name for lock in seen}))
        pairs.append(Pair(name, told, share, cycles / all_cycles if cycles else None, times))
    return sorted(pairs, key=_rank)


def _rank(pair: Pair) -> tuple[bool, float, str]:
    alone = pair.measured is None or pair.simulated is None
    return alone, -max(pair.measured or 0.0, pair.simulated or 0.0), pair.lock


def waits(account: Iterable[Mapping[str, object]]) -> dict[str, float]:
    """Cycles of an operation that each object's lock was waited for: mean of the replications."""
    total: defaultdict[str, float] = defaultdict(float)
    replications = set()
    for row in account:
        replications.add(row["replication"])
        if row["cause"] == "lock_wait":
            total[str(row["object"])] += float(str(row["cycles_per_operation"]))
    return {name: cycles / len(replications) for name, cycles in total.items() if cycles > 0}
