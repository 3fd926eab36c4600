"""Settings of micro/serial_section."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from sim.config.schema.settings import Fraction, PositiveCycles
from sim.config.schema.workload.base import WorkloadSettings


class SerialSectionWorkload(WorkloadSettings):
    """A job with a serial part and a part that divides over cores (micro/serial_section)."""

    batch: ClassVar[bool] = True

    kind: Literal["serial_section"]
    job_cycles: PositiveCycles = Field(description="work of the whole job")
    serial_fraction: Fraction = Field(description="share of the work that one core does alone")
