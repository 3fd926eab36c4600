"""A workload of whatever kind (group `workload`): every one that a file of this folder defines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Union

from pydantic import Field

from sim.extensions import import_all
from sim.workload.registry import SETTINGS

import_all("sim.workload")

if TYPE_CHECKING:
    Workload = Any
else:
    Workload = Annotated[Union[tuple(SETTINGS.values())], Field(discriminator="kind")]  # noqa: UP007
