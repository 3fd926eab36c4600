"""Settings of super-pages."""

from __future__ import annotations

from pydantic import Field

from sim.config.schema.settings import Fraction, Settings


class SuperPage(Settings):
    """2 MiB pages; whatever their faults share with 4 KiB ones has its value there."""

    live_share: Fraction = Field(
        description="share of the lines flushed by zeroing through the caches that is used again"
    )
