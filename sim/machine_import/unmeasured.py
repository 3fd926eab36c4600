"""What is assumed of a machine where nothing was said or measured: conf/machine_import/."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.config.files import CONF, display, load_yaml
from sim.config.validation import validate
from sim.machine.settings.hardware import Caches, Hardware
from sim.settings import Settings, Sources

FILE = CONF / "machine_import" / "unmeasured.yaml"
REFERENCE = CONF / "hardware" / "opteron_8x6.yaml"


class Unmeasured(Settings):
    """Assumptions about an imported machine."""

    name: str = Field(description="name of these assumptions")
    clock_ghz: Annotated[float, Field(ge=0.1, le=20.0)] = Field(description="core clock in GHz")
    caches: Caches
    memory_latency_ns: Annotated[float, Field(gt=0, le=1e5)] = Field(
        description="load latency of the near NUMA node, in ns"
    )
    sources: Sources


def unmeasured() -> Unmeasured:
    """Read the assumptions."""
    return validate(Unmeasured, load_yaml(FILE), lambda key: f"{display(FILE)}: {key}")


def reference_machine() -> Hardware:
    """Read the machine that everything else is taken from."""
    return validate(Hardware, load_yaml(REFERENCE), lambda key: f"{display(REFERENCE)}: {key}")
