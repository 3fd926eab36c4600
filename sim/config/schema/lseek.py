"""Settings of lseek."""

from __future__ import annotations

from pydantic import Field

from sim.config.schema.settings import Cycles, Settings


class Seek(Settings):
    """lseek to the end of a file."""

    hold_cycles: Cycles = Field(
        description="reading the size and setting the position, under the inode's mutex on stock"
    )
