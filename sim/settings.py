"""What all settings have in common: frozen objects, bounded numbers, named sources."""

from __future__ import annotations

import re
from keyword import iskeyword
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Cycles = Annotated[int, Field(ge=0, le=1_000_000_000_000, strict=True)]
PositiveCycles = Annotated[int, Field(ge=1, le=1_000_000_000_000, strict=True)]
Count = Annotated[int, Field(ge=0, le=1_000_000, strict=True)]
PositiveCount = Annotated[int, Field(ge=1, le=1_000_000, strict=True)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Microseconds = Annotated[float, Field(ge=0.0, le=1e9)]

# What the model divides by has a lower bound of a physical size, and not just 0: at 1e-300 GB/s
# a byte would take longer than any integer holds.
GigabytesPerSecond = Annotated[float, Field(ge=0.001, le=1e6)]
"""Bandwidth of memory or of a link, in 10^9 bytes per second: at least 1 MB/s."""
GigabitsPerSecond = Annotated[float, Field(ge=0.001, le=10_000)]
"""Rate of a wire, in 10^9 bits per second: at least 1 Mbit/s."""
Share = Annotated[float, Field(ge=0.0001, le=1.0)]
"""Share of a job that is simulated, by which its times are divided."""
NAME = re.compile(r"[a-z][a-z0-9_]*")
"""What code may call a setting."""
SourceKind = Literal["measured", "derived", "calibrated", "assumed", "override"]


class Settings(BaseModel):
    """Base of every settings object: frozen, and unknown keys are errors."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        protected_namespaces=(),
        defer_build=True,  # validators are made for what is validated: a run, not each of its parts
    )


def check_name(name: object, what: str) -> None:
    """Check what a piece of code calls a setting, or one of a setting's values.

    Args:
        name: may come from a file of the user's own, so it may be anything.
        what: it names, for the message.

    Raises:
        ValueError: if it cannot stand in an override, or settings have an attribute of that name.
    """
    if not isinstance(name, str) or NAME.fullmatch(name) is None or iskeyword(name):
        raise ValueError(f"{what}: {name!r} is no name; allowed: a-z, 0-9 and _, a letter first")
    if hasattr(Settings, name):
        raise ValueError(f"{what}: the name {name!r} is taken by all settings")


class Source(Settings):
    """Where a number comes from."""

    kind: SourceKind = Field(
        description="measured, derived (with the arithmetic), calibrated or assumed"
    )
    where: str = Field(min_length=3, description="paper and section, arithmetic, or the reason")
    fitted_on: str = Field(
        default="", description="the points that a calibrated value was fitted on"
    )

    @model_validator(mode="before")
    @classmethod
    def _only_calibrated_keeps_points(cls, data: Any) -> Any:
        """Drop points that the entry of a file further down in the defaults was fitted on."""
        if isinstance(data, dict) and data.get("kind") != "calibrated":
            return {name: value for name, value in data.items() if name != "fitted_on"}
        return data

    @model_validator(mode="after")
    def _calibrated_names_its_points(self) -> Source:
        if self.kind == "calibrated" and not self.fitted_on:
            raise ValueError("a calibrated source must say fitted_on")
        return self


Sources = Annotated[
    dict[str, Source],
    Field(default_factory=dict, description="source of each leaf or subtree of this file"),
]
