"""Several kernels on one machine, each on cores of its own: a multikernel made of whole kernels.

Linux boots several times on one machine (patches of September 2025), and each kernel has some of
the cores: `kernel.kernels` kernels, about as many each (`kernel.cluster: kernel`). Every object of
the table then exists once in each kernel, with lines and locks of its own, and a system call uses
that of its core's kernel:

    cores 0 .. 5    kernel 0   mount table 0, free lists 0, socket 0 ...
    cores 6 .. 11   kernel 1   mount table 1, free lists 1, socket 1 ...

What the kernels share is the hardware: memory controllers, the network card and its queues. Only an
object whose strategy is of clusters reaches over all of them: it is owned by one kernel, or all
have replicas, and they send messages (owned.py, address_space.py). An object that is neither is one
of each kernel, whatever the workload takes it for: with `file_append: {sharing: mutex}` a log
becomes a file of each kernel.

Not modelled: memory that a kernel has too little of while another has some to spare, and what it
costs to keep the replicas of a name or of a socket's port in step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from sim.kernel.clusters import Clusters
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler

Made = TypeVar("Made")


def of_each_kernel(context: KernelContext, make: Callable[[KernelContext], Made]) -> Made:
    """Make an object of the kernel, or one of each, of which cores use their own kernel's."""
    if not context.several:
        return make(context)
    clusters = context.clusters
    return cast(
        "Made",
        ObjectOfEachKernel(
            clusters, [make(context.of_kernel(number)) for number in range(len(clusters))]
        ),
    )


def part_of_each(made: Any, name: str) -> Any:
    """What an object has by a name, or one of each kernel's."""
    if not isinstance(made, ObjectOfEachKernel):
        return getattr(made, name)
    return ObjectOfEachKernel(made.clusters, [getattr(one, name) for one in made.objects])


class ObjectOfEachKernel:
    """One object in each kernel: what one of them emits, all do, each for its own cores.

    Args:
        clusters: cores of each kernel.
        objects: one of each, in the same order; every method emits, and returns nothing.
    """

    def __init__(self, clusters: Clusters, objects: Sequence[Any]) -> None:
        self.clusters, self.objects = clusters, objects

    def __getattr__(self, name: str) -> Callable[..., None]:
        """Emit what a method of the own kernel's object does."""
        return lambda asm, *given, **named: self._emit(asm, name, given, named)

    def __call__(self, asm: Assembler) -> None:
        """Emit what the own kernel's object does, which is a function itself."""
        self._emit(asm, "__call__", (), {})

    def _emit(self, asm: Assembler, name: str, given: Sequence[Any], named: dict[str, Any]) -> None:
        self.clusters.each(
            asm, lambda number: getattr(self.objects[number], name)(asm, *given, **named)
        )
