"""What a calibration fits: `conf/calibration/<name>.yaml`, as frozen typed objects."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

FOLDER = Path(__file__).resolve().parent.parent / "conf" / "calibration"


class CalibrationError(Exception):
    """A calibration that cannot be read or run; the message is for the user."""


class Settings(BaseModel):
    """Base: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Target(Settings):
    """Published points of one curve that the fit compares with."""

    overrides: list[str] = Field(description="what to run, as after `python -m sim run`")
    cores: list[int] = Field(description="core counts used by the fit")
    column: str = Field(description="simulated measure")
    scale: float = Field(
        default=1.0, description="factor from the column's unit to the reference's"
    )
    reference: str = Field(description="file under reference/")
    series: str | None = Field(default=None, description="published series")
    x_column: str = "x"
    y_column: str = "y"


class Solve(Settings):
    """A number that follows from one published point, given the others: its linear remainder."""

    key: str = Field(description="key whose effect on the measure is one to one")
    target: Target


class Calibration(Settings):
    """One fit."""

    name: str
    why: str = Field(description="what is fitted, on what, and what is left to be predicted")
    fixed: list[str] = Field(default=[], description="overrides of every run")
    parameters: list[str] = Field(description="keys to fit, starting from their values in conf/")
    solve: Solve | None = None
    targets: list[Target]


def load(name: str) -> Calibration:
    """Read a calibration by name.

    Raises:
        CalibrationError: if there is none of that name or it does not fit the schema.
    """
    path = FOLDER / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in FOLDER.glob("*.yaml")))
        raise CalibrationError(f"calibration {name!r}: unknown; there are {known}")
    try:
        return Calibration(**yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError, TypeError, UnicodeError) as error:
        raise CalibrationError(f"{path.name}: {error}") from error
