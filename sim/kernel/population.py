"""How many of each kernel object a workload uses: what a kernel must know before system calls."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Population:
    """Numbers of objects that system calls name by an index in a register.

    Attributes:
        directories: directories whose entries change.
        seek_files: files whose ends are sought.
        shared_address_space: all cores run threads of one process; otherwise processes.
        one_file: all cores name one file; otherwise each its own.
        one_region: those threads fault in one region of memory; otherwise each in its own.
        memory_groups: groups of processes (memcg) that the cores' tasks are in, in turn.
        listens_per_core: whether each core listens on a socket of its own, or all on one.
        transmit_queues: queues of the card that packets are sent through.
        retypes_in_flight: retypes of a capability that are under way at once, an odd number.
    """

    directories: int = 1
    seek_files: int = 1
    shared_address_space: bool = False
    one_file: bool = False
    one_region: bool = False
    memory_groups: int = 1
    listens_per_core: bool = False
    transmit_queues: int = 1
    retypes_in_flight: int = 1


ALONE = Population()
