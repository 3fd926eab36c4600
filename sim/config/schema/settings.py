"""What all settings have in common: frozen objects, bounded numbers, named sources."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Cycles = Annotated[int, Field(ge=0, le=1_000_000_000_000, strict=True)]
PositiveCycles = Annotated[int, Field(ge=1, le=1_000_000_000_000, strict=True)]
Count = Annotated[int, Field(ge=0, le=1_000_000, strict=True)]
PositiveCount = Annotated[int, Field(ge=1, le=1_000_000, strict=True)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Microseconds = Annotated[float, Field(ge=0.0, le=1e9)]
SourceKind = Literal["measured", "derived", "calibrated", "assumed", "override"]


class Settings(BaseModel):
    """Base of every settings object: frozen, and unknown keys are errors."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, protected_namespaces=()
    )


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
