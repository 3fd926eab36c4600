"""Machines that keep caches coherent within a package only: what cannot run on them.

Cores of two packages reach each other by messages. A program whose cores share anything else across
packages would not be slow there but wrong, so it is refused, by what it shares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.program.sharing import Crossing, crossings

if TYPE_CHECKING:
    from sim.machine.site import Site
    from sim.program.assembler import Assembler


def require_messages_only(program: Assembler, site: Site) -> None:
    """Check that a program's packages share nothing, where they are not coherent.

    Raises:
        ValueError: if they do; it names the object that they share first.
    """
    if site.hardware.coherence.protocol != "islands":
        return
    shared = next(crossings(program, site.packages), None)
    if shared is not None:
        most = site.hardware.topology.cores_per_package
        raise ValueError(
            f"{told(shared)}, and {site.hardware.name} keeps caches coherent within a package "
            f"only; allowed: the cores of one package (order=package, cores up to {most}), or "
            "programs that send nothing but messages between packages"
        )


def told(shared: Crossing) -> str:
    """What is shared, in words."""
    if shared.lines:
        return (
            f"cores of {shared.packages} packages share '{shared.object}' (lines '{shared.lines}')"
        )
    return f"'{shared.object}' fetches lines that cores of other packages wrote"
