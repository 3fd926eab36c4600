"""What if the interconnect were faster or slower? One factor on all that crosses between packages.

A machine's costs of crossing are many: transfers and occupancy of lines, invalidations, messages,
hops to remote memory and of interrupts, and the bandwidth of links. They are multiplied (the
bandwidth divided) here, before anything else reads them, so that the rest of the model knows one
machine only. Costs within a package, and those of a broadcast that stays in one, keep their value;
each cost is rounded to a cycle. Dies of a package that meet outside it count as packages.

Not modelled: what a faster interconnect costs, and that its parts scale differently.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from sim.machine.settings.hardware import Hardware
    from sim.settings import Settings

Part = TypeVar("Part", bound="Settings")

BY_DISTANCE = (
    "base_transfer_cycles",
    "hop_cycles",
    "base_occupancy_cycles",
    "hop_occupancy_cycles",
)
CROSSING = {
    "directory": BY_DISTANCE,
    "islands": BY_DISTANCE,
    "broadcast": ("base_transfer_cycles", "hop_cycles", "ownership_cycles"),
}
"""Costs of crossing between packages, by coherence protocol."""


def with_interconnect_scaled(hardware: Hardware) -> Hardware:
    """The machine whose crossings cost `interconnect_scale` times as much, at a scale of 1."""
    scale = hardware.interconnect_scale
    if scale == 1:
        return hardware

    def scaled(part: Part, *names: str) -> Part:
        return part.model_copy(update={name: round(getattr(part, name) * scale) for name in names})

    streaming = hardware.streaming
    if streaming is not None:
        streaming = streaming.model_copy(update={"link_gb_s": streaming.link_gb_s / scale})
    return hardware.model_copy(
        update={
            "interconnect_scale": 1.0,
            "coherence": scaled(hardware.coherence, *CROSSING[hardware.coherence.protocol]),
            "memory": scaled(hardware.memory, "hop_cycles"),
            "interrupts": scaled(hardware.interrupts, "hop_cycles"),
            "streaming": streaming,
        }
    )
