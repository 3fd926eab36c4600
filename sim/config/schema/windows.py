"""Settings of Windows Server 2008 R2, as far as SOSP'09 Figure 7 needs it."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from sim.config.schema.kernel import IpiShootdown
from sim.config.schema.settings import Settings, Sources


class WindowsObjects(Settings):
    """Numbers of its kernel objects."""

    shootdown: IpiShootdown


class Windows(Settings):
    """Windows: the change of a page's rights (VirtualProtect), and nothing else."""

    shares_memory: ClassVar[bool] = True

    name: str = Field(description="name of the kernel")
    kind: Literal["windows"] = Field(description="family of system-call paths")
    objects: WindowsObjects
    sources: Sources
