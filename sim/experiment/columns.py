"""The dictionary of result columns: the one list that the writer, the docs and claims share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Type = Literal["text", "integer", "number"]


@dataclass(frozen=True)
class Column:
    """One column of a result file."""

    name: str
    type: Type
    unit: str
    meaning: str


_KEYS = (
    Column("hardware", "text", "", "name of the machine"),
    Column("kernel", "text", "", "name of the kernel"),
    Column("workload", "text", "", "name of the workload"),
    Column(
        "curve",
        "text",
        "",
        "curve: the experiment's id, or workload-kernel; of a variant, followed by ~ and its name",
    ),
    Column("variant", "text", "", "base, or what the variant changes, for people"),
    Column("cores", "integer", "cores", "active cores"),
    Column("replication", "integer", "", "number of the replication, from 0"),
)

_VARIATION = (
    Column("variant_of", "text", "", "curve, of a variant the one that it is a variant of"),
    Column(
        "variant_kind",
        "text",
        "",
        "what asks for the variant: base, axis, sensitivity, toggle or what_if (a freed object)",
    ),
    Column(
        "variant_changes",
        "text",
        "",
        "JSON of the changed keys and their values; of a freed object, free and its name",
    ),
    Column(
        "variant_factor",
        "number",
        "",
        "factor of a sensitivity band by which the value was multiplied, else 1",
    ),
)
"""What `Variation.columns` says of a row, and the curve; the last columns of each table."""

POINTS = (
    *_KEYS,
    Column("seed", "integer", "", "seed of the replication, from the seed tree"),
    Column("unit", "text", "", "what one operation is"),
    Column("operations", "integer", "operations", "operations completed inside the window"),
    Column("elapsed_cycles", "integer", "cycles", "length of the window"),
    Column(
        "throughput_per_core",
        "number",
        "operations/s/core",
        "operations per second and active core",
    ),
    Column("throughput", "number", "operations/s", "operations per second of all active cores"),
    Column("latency_mean_cycles", "number", "cycles", "mean latency of an operation"),
    Column("latency_p50_cycles", "number", "cycles", "median latency of an operation"),
    Column("latency_p99_cycles", "number", "cycles", "99th percentile of an operation's latency"),
    Column("user_us", "number", "us/operation", "core time in user mode per operation"),
    Column("system_us", "number", "us/operation", "core time in system mode per operation"),
    Column("idle_us", "number", "us/operation", "idle core time per operation"),
    Column(
        "lines_moved",
        "number",
        "lines/operation",
        "cache lines moved between packages, where the workload counts them, else 0",
    ),
    Column(
        "link_dwords_out",
        "number",
        "dwords/operation",
        "32-bit words on the links from the first core's package, where they are counted, else 0",
    ),
    Column(
        "link_dwords_back",
        "number",
        "dwords/operation",
        "32-bit words on the links to the first core's package, where they are counted, else 0",
    ),
    Column(
        "resonant",
        "integer",
        "",
        "1 where nothing is drawn and the speed jumps if lines cost a little more or less, else 0",
    ),
    Column(
        "stationary",
        "integer",
        "",
        "0 where the second half of the window surely took more or less time than the first, over "
        "the point's replications, by more than 2 %; else 1",
    ),
    Column(
        "branch",
        "integer",
        "",
        "1 in the faster and 2 in the slower branch of a point whose replications fall into two; "
        "0 where there is one",
    ),
    Column(
        "branch_share",
        "number",
        "",
        "share of the point's replications that are in this row's branch; 1 where there is one",
    ),
    Column("events", "integer", "events", "events simulated in the whole run, warm-up included"),
    *_VARIATION,
)
"""One row per (curve, variant, cores, replication)."""

ACCOUNT = (
    *_KEYS,
    Column("mode", "text", "", "user, system or idle"),
    Column("object", "text", "", "kernel object, lock, counter or memory that the cycles went to"),
    Column(
        "cause",
        "text",
        "",
        "compute, coherence, lock_wait, memory, link, device, message_wait, barrier or blocked",
    ),
    Column("cycles_per_operation", "number", "cycles/operation", "core cycles per operation"),
    *_VARIATION,
)
"""One row per (curve, variant, cores, replication, mode, object, cause)."""

TRACE = (
    Column("time_cycles", "integer", "cycles", "start of the instruction"),
    Column("end_cycles", "integer", "cycles", "end of the instruction"),
    Column("core", "integer", "", "core that executes it"),
    Column("thread", "integer", "", "thread that executes it"),
    Column("object", "text", "", "object that it is charged to"),
    Column("instruction", "text", "", "name of the instruction"),
    Column("region", "text", "", "named cache lines that it touches; empty if none"),
    Column("line", "integer", "", "which of those lines"),
    Column("value", "integer", "", "value of the word after it"),
)
"""One row per shared instruction of a trace, in time order."""
