"""What a run changes of its curve: typed, written beside its rows, and read back by the analysis.

    Variation("axis", {"hardware": "opteron_16x6"})      hardware=opteron_16x6
    Variation("toggle", {"kernel.fix.dentry_lock": True})  kernel.fix.dentry_lock=true
    Variation("what_if", {"free": "directory"})          free=directory
    Variation("sensitivity", {"workload.user_us": 5.5}, 1.1)  workload.user_us*1.1
    Variation("sensitivity", {"order": "package"})       order=package

The right column is the label that people read in results. Nothing reads it back: of two kinds of
variants the labels may look alike (an axis over a switch, and that switch toggled).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from sim.config.errors import show

Kind = Literal["base", "axis", "sensitivity", "toggle", "what_if"]
KINDS: tuple[Kind, ...] = get_args(Kind)
FREE = "free"


@dataclass(frozen=True)
class Variation:
    """How one run differs from the plain run of its curve.

    Attributes:
        kind: what asks for it; `base` is the plain run.
        changes: dotted keys and their values; of a freed object, `free` and its name.
        factor: of a number in a sensitivity band, what its plain value was multiplied by; else 1.
    """

    kind: Kind
    changes: Mapping[str, Any] = field(default_factory=dict)
    factor: float = 1.0

    @property
    def label(self) -> str:
        """The variation for people, unique among those of a curve."""
        if self.kind == "base":
            return self.kind
        if self.kind == "sensitivity" and self.factor != 1:
            return f"{self.key}*{self.factor:g}"
        pairs = self.changes.items()
        return ",".join(f"{key}={show(value).strip(chr(39))}" for key, value in pairs)

    @property
    def key(self) -> str:
        """The one key that is changed."""
        (key,) = self.changes
        return key

    @property
    def value(self) -> Any:
        """The one value that is changed; of a freed object, its name."""
        return self.changes[self.key]

    @property
    def columns(self) -> dict[str, Any]:
        """What stands beside every row of the run."""
        return {
            "variant_kind": self.kind,
            "variant_changes": json.dumps(dict(self.changes), ensure_ascii=False),
            "variant_factor": self.factor,
        }

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Variation:
        """Read back what `columns` wrote.

        Raises:
            ValueError: if it is something else.
        """
        kind, changes = row["variant_kind"], json.loads(row["variant_changes"])
        if kind not in KINDS or not isinstance(changes, dict):
            raise ValueError(f"no variation: {kind!r}, {changes!r}")
        return cls(kind, changes, float(row["variant_factor"]))

    @property
    def is_point_of_axes(self) -> bool:
        """Whether it is a point of the experiment's axes, as the plain run is too."""
        return self.kind in ("base", "axis")


BASE = Variation("base")
