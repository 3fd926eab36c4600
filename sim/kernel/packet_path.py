"""Settings of a kernel's way of a packet from one local process to another (SOSP'09 Table 4)."""

from __future__ import annotations

from pydantic import Field

from sim.settings import Count, Cycles, Settings


class PacketPath(Settings):
    """What a packet between two processes of one machine does in the network stack."""

    in_kernel: bool = Field(
        description="whether the stack is in the kernel, entered by system calls, or in libraries"
    )
    source_passes: Count = Field(description="passes through UDP and IP on the source's core")
    sink_passes: Count = Field(description="passes through UDP and IP on the sink's core")
    source_touches: Count = Field(description="times that the source's core goes over the payload")
    sink_touches: Count = Field(description="times that the sink's core goes over the payload")
    message_lines: Count = Field(description="lines of messages that hand a buffer over")
    return_lines: Count = Field(description="lines of messages that hand a buffer back")
    shared_lines: Count = Field(
        description="lines of data structures that the source and the sink both write"
    )
    message_cycles: Cycles = Field(description="software cost of a message on either side")
    call_cycles: Cycles = Field(description="a system call that sends or receives, on either side")
