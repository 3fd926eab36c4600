"""System calls by the names that a workload of kind `system_calls` lists them by.

A call registers itself here under its function's name, and the first line of its docstring is what
`list call` says of it. One of your own may stand in `extensions/` of your folder.

Not among them: calls that move packets through the network card. What a card can do depends on the
clients at its other end (closed_loop.py), so such a workload is a program of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from sim.engine import isa
from sim.kernel.system_calls import SystemCalls
from sim.settings import check_name

if TYPE_CHECKING:
    from sim.program.assembler import Assembler

Emit = Callable[[SystemCalls, "Assembler"], None]
Made = TypeVar("Made", bound=Emit)

CALLS: dict[str, Emit] = {}
"""Every call that a list may name: emits one of it."""


def call(emit: Made) -> Made:
    """Register a function that emits one system call, under its own name."""
    name = emit.__name__
    check_name(name, "a system call")
    if name in CALLS:
        raise ValueError(f"system call {name!r} is already in {CALLS[name].__module__}")
    CALLS[name] = emit
    return emit


def meaning(name: str) -> str:
    """What a call does, in its own words."""
    return (CALLS[name].__doc__ or "").strip().split("\n")[0].rstrip(".")


for emit in (
    SystemCalls.look_up_path,
    SystemCalls.open_and_close,
    SystemCalls.stat,
    SystemCalls.open_and_close_file,
    SystemCalls.duplicate_and_close,
    SystemCalls.append_to_shared_file,
    SystemCalls.fork_and_exit,
    SystemCalls.map_memory,
    SystemCalls.unmap_memory,
    SystemCalls.touch_super_page,
    SystemCalls.raise_signal,
    SystemCalls.give_way,
    SystemCalls.create_and_join_thread,
):
    call(emit)


@call
def touch_page(calls: SystemCalls, asm: Assembler) -> None:
    """Touch a fresh page of memory on the own node."""
    calls.touch_pages(asm, 1, remote=0.0)


@call
def unmap_touched_memory(calls: SystemCalls, asm: Assembler) -> None:
    """munmap of a region of which one page has been touched, which is freed."""
    calls.unmap_memory(asm, page=True)


@call
def change_directory_entry(calls: SystemCalls, asm: Assembler) -> None:
    """Create, rename or unlink an entry of one of the directories, whichever."""
    with asm.registers(1) as (directory,):
        asm.emit(isa.DRAW, dst=directory, value=calls.context.population.directories)
        calls.change_directory_entry(asm, directory)


@call
def seek_end(calls: SystemCalls, asm: Assembler) -> None:
    """Seek to the end of one of the files that all tasks have open, whichever."""
    with asm.registers(1) as (file,):
        asm.emit(isa.DRAW, dst=file, value=calls.context.population.seek_files)
        calls.seek_end(asm, file)


@call
def send_to_localhost(calls: SystemCalls, asm: Assembler) -> None:
    """Send a packet to the own machine, which uses the route's entry."""
    calls.send_to_localhost(asm, 1)
