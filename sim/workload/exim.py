"""Exim, a mail server of processes (OSDI'10 sections 3.1 and 5.2): one operation is one message.

Each core runs connection processes in turn. A connection carries several messages; its spool
directory follows from the process that serves it, so all its messages use the same one. A
message is user work, path lookups, opened files, directory entries made and removed, forks, page
faults of the forked processes, and records appended to the one log file, spread evenly over the
message in phases; the work between them is drawn from an exponential distribution, so that cores do
not march in step.

Not modelled: the SMTP client processes' own work, and the sleep of a process while its client
answers (another process of the core runs then).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from sim.engine import isa
from sim.engine.distributions import EXPONENTIAL
from sim.kernel.population import Population
from sim.kernel.system_calls import SystemCalls
from sim.program.assembler import Assembler
from sim.settings import Count, Fraction, Microseconds, PositiveCount
from sim.workload.registry import lowers
from sim.workload.settings import MeasuredWorkload

if TYPE_CHECKING:
    from sim.kernel.system_calls import SystemCalls
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


class EximWorkload(MeasuredWorkload):
    """Exim mail server (OSDI'10 sections 3.1 and 5.2): one operation is one message."""

    kind: Literal["exim"]
    processes_per_core: Annotated[int, Field(ge=1, le=64, strict=True)] = Field(
        description="connection processes that each core runs"
    )
    connection_messages: PositiveCount = Field(description="messages per SMTP connection")
    user_us: Microseconds = Field(description="user time per message at one core, in microseconds")
    other_system_us: Microseconds = Field(
        description="system time per message at one core beside the modelled kernel objects"
    )
    page_faults: Count = Field(description="4 KiB page faults per message")
    forks: Count = Field(description="forks (and exits) per message")
    phases: PositiveCount = Field(
        description="equal parts of a message over which its work and its system calls are spread"
    )
    path_lookups: Count = Field(description="path names resolved per message")
    opens: Count = Field(description="files opened per message")
    directory_updates: Count = Field(
        description="entries created, renamed or unlinked in a spool directory per message"
    )
    spool_directories: PositiveCount = Field(description="spool directories, chosen by hash")
    log_appends: Count = Field(description="records appended to the shared log file per message")
    user_lines: Count = Field(
        description="lines of user memory last written by another core, per message"
    )
    remote_memory: Fraction = Field(
        description="share of page faults that any node may serve, to 1/1000; the others stay local"
    )


def share(total: int, parts: int, part: int) -> int:
    """How many of `total` things fall into one of `parts` equal parts."""
    return total * (part + 1) // parts - total * part // parts


@lowers(EximWorkload)
def build(workload: EximWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the mail server on all active cores of a site."""
    asm = Assembler()
    asm.object_id("exim")
    calls = SystemCalls(asm, kernel, site, Population(directories=workload.spool_directories))
    with asm.registers(2) as (directory, left):
        connection = asm.place()
        asm.emit(isa.DRAW, dst=directory, value=workload.spool_directories)
        asm.emit(isa.SET, dst=left, value=workload.connection_messages)
        message = asm.place()
        with asm.at("exim"):
            asm.emit(isa.BEGIN)
        for phase in range(workload.phases):
            emit_phase(asm, calls, workload, site, phase, directory)
        with asm.at("exim"):
            asm.emit(isa.END)
        with asm.at("scheduler", isa.SYSTEM):
            asm.emit(isa.YIELD)
        asm.emit(isa.SET, dst=left, source=left, value=-1)
        asm.branch(left, isa.AT_LEAST, 1, message)
        asm.jump(connection)
    for core in range(site.cores):
        for _ in range(workload.processes_per_core):
            asm.thread(core, connection)
    return asm


def emit_phase(
    asm: Assembler,
    calls: SystemCalls,
    workload: EximWorkload,
    site: Site,
    phase: int,
    directory: int,
) -> None:
    """Emit one phase of a message: its share of everything a message does."""
    phases = workload.phases
    with asm.at("exim", isa.USER):
        work = site.work(workload.user_us) // phases
        asm.emit(isa.COMPUTE_DRAWN, value=work, target=EXPONENTIAL)
        asm.emit(isa.BULK, value=share(workload.user_lines, phases, phase))
    with asm.at("kernel", isa.SYSTEM):
        work = site.work(workload.other_system_us) // phases
        asm.emit(isa.COMPUTE_DRAWN, value=work, target=EXPONENTIAL)
        for _ in range(share(workload.path_lookups, phases, phase)):
            calls.look_up_path(asm)
        for _ in range(share(workload.forks, phases, phase)):
            calls.fork_and_exit(asm)
        for _ in range(share(workload.opens, phases, phase)):
            calls.open_and_close(asm)
        calls.touch_pages(asm, share(workload.page_faults, phases, phase), workload.remote_memory)
        for _ in range(share(workload.directory_updates, phases, phase)):
            calls.change_directory_entry(asm, directory)
        for _ in range(share(workload.log_appends, phases, phase)):
            calls.append_to_shared_file(asm)
