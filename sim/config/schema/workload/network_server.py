"""Settings of the network servers: udp_echo, web_server and web_database."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from sim.config.schema.settings import Count, Cycles, PositiveCount
from sim.config.schema.workload.base import WorkloadSettings

Core = Annotated[int, Field(ge=0, le=4095, strict=True)]


class NetworkServerWorkload(WorkloadSettings):
    """A server of parts on cores of their own (SOSP'09 section 5.4): one operation is a request."""

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
    driver_core: Core = Field(
        description="core of the card's driver; of fewer active cores, the last, as for all parts"
    )
    server_core: Core = Field(description="core of the server")
    database_core: Core = Field(description="core of the database")

    @model_validator(mode="after")
    def _parts_on_one_core_call_one_another(self) -> NetworkServerWorkload:
        apart = self.server_core not in (self.driver_core, self.database_core)
        if self.database_cycles and apart and self.database_core == self.driver_core:
            raise ValueError(
                f"database_core: core {self.database_core} is the driver's, and the server, which "
                "stands between them, is on another"
            )
        return self
