"""What messages between the kernels of two cores cost, beside the lines that they move."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from sim.settings import Cycles, Settings
from sim.sync.urpc import MessageCosts

if TYPE_CHECKING:
    from sim.machine.settings.hardware import Messaging


class Messages(Settings):
    """What messages between the kernels of two cores cost beside URPC's own cycles."""

    marshal_cycles: Cycles = Field(description="marshalling of one message, beside the URPC send")
    demultiplex_cycles: Cycles = Field(
        description="finding and running a message's handler, beside the URPC receive"
    )
    overlapped_sends: Annotated[int, Field(ge=1, le=1024, strict=True)] = Field(
        description="sends in a row that overlap; later ones wait each for its line"
    )
    event_loop_cycles: Cycles = Field(
        description="from a message's arrival until an idle receiver's event loop finds it; a "
        "busy one finds it on its next pass"
    )
    notify_cycles: Cycles = Field(
        description="the sender's cycles to interrupt a receiver that runs a program, beside the "
        "message itself"
    )


def kernel_message_costs(messages: Messages, messaging: Messaging) -> MessageCosts:
    """Costs of messages between kernels or monitors: bare URPC, and what these add."""
    return MessageCosts(
        send=messaging.send_cycles + messages.marshal_cycles,
        gap=messaging.send_cycles + messages.marshal_cycles,
        receive=messaging.receive_cycles + messages.demultiplex_cycles,
        discover=messages.event_loop_cycles,
        overlapped_sends=messages.overlapped_sends,
        overlapped_polls=messaging.overlapped_polls,
        sends_under_way=messaging.sends_under_way,
    )
