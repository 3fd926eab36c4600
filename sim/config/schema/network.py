"""Settings of the kernel's network stack (`kernel.objects.network`)."""

from __future__ import annotations

from pydantic import Field

from sim.config.schema.settings import Count, Cycles, PositiveCount, Settings


class DmaBuffers(Settings):
    """Buffers that received packets are put into."""

    batch_packets: PositiveCount = Field(
        description="buffers that a queue takes from, and gives back to, the free list at a time"
    )
    hold_cycles: Cycles = Field(
        description="cycles for which exchanging one batch holds the free list's lock"
    )


class NetDevice(Settings):
    """Fields of net_device and device that every packet reads, and one that packets write."""

    driver_reads: Count = Field(
        description="reads of the read-mostly fields by the driver, per received packet"
    )
    delivery_reads: Count = Field(
        description="reads of them by the protocols, a little later, per received packet"
    )
    transmit_reads: Count = Field(description="reads of them per transmitted packet")
    transmit_writes: Count = Field(
        description="writes of the field that stock Linux has on the same line, per sent packet"
    )


class ProtocolMemory(Settings):
    """Count of the memory that a protocol's queued packets use."""

    packets_per_update: PositiveCount = Field(
        description="received packets for which a page is charged, and released, once"
    )


class Packet(Settings):
    """What a packet touches that other cores wrote, beside the objects above."""

    shared_lines: Count = Field(
        description="lines last written by another core, per received or transmitted packet"
    )


class Connection(Settings):
    """What a TCP connection touches that other cores wrote."""

    shared_lines: Count = Field(
        description="lines last written by another core, per connection: hash chains, TIME_WAIT "
        "and timer lists, recycled sockets"
    )
    packet_lines: Count = Field(
        description="lines of socket and packet that move, per packet, if another core than the "
        "application's processes the flow's packets"
    )


class Accept(Settings):
    """A listening socket's queue of connections that wait to be accepted (backlog)."""

    acquisitions: Count = Field(
        description="times per connection that the socket's lock is taken: its packets that arrive "
        "for the listening socket, and accept()"
    )
    hold_cycles: Cycles = Field(description="cycles from acquisition to release, uncontended")
    lines: Count = Field(
        description="lines inside the critical section that another core wrote last"
    )


class Network(Settings):
    """Kernel objects that packets and connections touch."""

    dma_buffers: DmaBuffers
    net_device: NetDevice
    protocol_memory: ProtocolMemory
    packet: Packet
    connection: Connection
    accept: Accept
