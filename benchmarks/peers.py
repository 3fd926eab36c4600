"""What every peer is asked for, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """One run of a model by one peer.

    Attributes:
        seconds: CPU time of the simulation alone: no set-up, compilation, reading or writing.
        operations: simulated in that time, warm-up included.
        events: that it took.
        cycles_per_operation: simulated, inside the window.
    """

    seconds: float
    operations: int
    events: int
    cycles_per_operation: float

    @property
    def ns_per_operation(self) -> float:
        """CPU time of one operation."""
        return self.seconds / self.operations * 1e9

    @property
    def ns_per_event(self) -> float:
        """CPU time of one event."""
        return self.seconds / self.events * 1e9


class PeerError(RuntimeError):
    """A peer is missing, or does not simulate what the engine does."""
