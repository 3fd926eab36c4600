"""The kernel designs that a run can choose from (group `kernel`)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.config.schema.barrelfish import Barrelfish
from sim.config.schema.kernel import LinuxKernel
from sim.config.schema.windows import Windows

KernelDesign = Annotated[LinuxKernel | Barrelfish | Windows, Field(discriminator="kind")]
