"""Settings of the network servers: udp_echo, web_server and web_database."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sim.config.schema.settings import Count, Cycles, PositiveCount
from sim.config.schema.workload.base import WorkloadSettings

Core = Annotated[int, Field(ge=0, le=4095, strict=True)]


class NetworkServerWorkload(WorkloadSettings):
    """A server of parts on cores of their own (SOSP'09 section 5.4): one operation is a request."""

    kernel_parts: ClassVar[tuple[str, ...] | None] = ()
    kernels: ClassVar[tuple[str, ...] | None] = None
    networked: ClassVar[bool] = True

    kind: Literal["network_server"]
    in_flight: PositiveCount = Field(description="requests that the clients keep under way")
    packets_in: PositiveCount = Field(description="packets of a request")
    bytes_in: Count = Field(description="payload of a request's packets, in all")
    packets_out: PositiveCount = Field(description="packets of a reply")
    bytes_out: Count = Field(description="payload of a reply's packets, in all")
    packet_cycles: Cycles = Field(description="the driver's work for a packet, in or out")
    server_cycles: Cycles = Field(description="the server's work for a request")
    database_cycles: Cycles = Field(
        description="the database's work for a request; 0: there is no database"
    )
    driver_core: Core = Field(description="core of the card's driver")
    server_core: Core = Field(description="core of the server; the driver's: both in turn")
    database_core: Core = Field(description="core of the database, one of its own")

    def problem(self, cores: int) -> str:
        """Say why the parts cannot be placed on so many cores."""
        for part in ("driver_core", "server_core", "database_core"):
            if getattr(self, part) >= cores:
                return f"{part}: there is no core {getattr(self, part)} of {cores}"
        if self.database_cycles and self.database_core in (self.driver_core, self.server_core):
            return f"database_core: core {self.database_core} has another part already"
        return ""
