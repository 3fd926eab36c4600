"""What rows of results are made of: one run's measurement, without what differs between cores.

It fits in a small file, as text that gives the same numbers back.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

import numpy as np

from sim.engine.state import Ints
from sim.program.simulation import Measurement
from sim.steadiness import slowing


@dataclass(frozen=True)
class Reading:
    """What one run measured inside its window, over all cores.

    Attributes:
        operations, elapsed, events: those of the measurement.
        latency_mean, latency_p50, latency_p99: of its operations, cycles.
        slowing: of its window (`sim.steadiness.slowing`).
        early_operations: the first ones of the window, of which a part is asked for alone.
        early_elapsed, early_latency_mean: of these, cycles.
        objects: names along the account's object axis.
        account: int64[modes, objects, causes], cycles.
    """

    operations: int
    elapsed: int
    events: int
    latency_mean: float
    latency_p50: float
    latency_p99: float
    slowing: float
    early_operations: int
    early_elapsed: int
    early_latency_mean: float
    objects: tuple[str, ...]
    account: Ints

    @classmethod
    def of(cls, measured: Measurement, early: int) -> Reading:
        """Read a measurement, and so many of its first operations alone."""
        p50, p99 = np.quantile(measured.latencies, [0.5, 0.99])
        return cls(
            operations=measured.operations,
            elapsed=measured.elapsed,
            events=measured.events,
            latency_mean=float(measured.latencies.mean()),
            latency_p50=float(p50),
            latency_p99=float(p99),
            slowing=slowing(measured.ended),
            early_operations=early,
            early_elapsed=int(measured.ended[early - 1]),
            early_latency_mean=float(measured.latencies[:early].mean()),
            objects=measured.objects,
            account=measured.account.sum(axis=0),
        )

    @property
    def early(self) -> Reading:
        """What is known of the first operations alone: their time and their mean latency."""
        return replace(
            self,
            operations=self.early_operations,
            elapsed=self.early_elapsed,
            latency_mean=self.early_latency_mean,
        )

    def to_text(self) -> str:
        """Write it as JSON; of the account, the entries that are not 0."""
        entries = zip(*(axis.tolist() for axis in np.nonzero(self.account)), strict=True)
        account = [[*entry, int(self.account[entry])] for entry in entries]
        fields = asdict(self) | {"shape": self.account.shape, "account": account}
        return json.dumps(fields)

    @classmethod
    def from_text(cls, text: str) -> Reading:
        """Read what `to_text` has written.

        Raises:
            ValueError: if it is something else.
        """
        try:
            fields = json.loads(text)
            account = np.zeros(fields.pop("shape"), np.int64)
            for mode, obj, cause, cycles in fields.pop("account"):
                account[mode, obj, cause] = cycles
            return cls(**fields | {"objects": tuple(fields["objects"]), "account": account})
        except (TypeError, KeyError, AttributeError, IndexError) as error:
            raise ValueError(f"no reading: {error}") from error
