"""A workload of whatever kind (group `workload`): every one that a file of this folder defines."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Annotated, Any, Union

from pydantic import Field

from sim import workload
from sim.workload.registry import SETTINGS

for found in pkgutil.walk_packages(workload.__path__, f"{workload.__name__}."):
    if found.name != __name__:
        importlib.import_module(found.name)

if TYPE_CHECKING:
    Workload = Any
else:
    Workload = Annotated[Union[tuple(SETTINGS.values())], Field(discriminator="kind")]  # noqa: UP007
