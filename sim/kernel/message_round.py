"""What a round of messages between the kernels of busy cores costs, there and back.

One core tells all others, along a tree of two levels as that of the system knowledge base (SOSP'09
section 5.1): one core of each package, which tells its neighbours. A message to a busy core
interrupts it (section 5.2). Every core acknowledges up the same tree. The time is computed from the
tree, and not simulated message by message as in `multicast.py`, because the cores run programs.

Not modelled: rounds of several cores that meet in a channel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.kernel.messages import Messages
    from sim.machine.site import Site


@dataclass(frozen=True)
class MessageCycles:
    """Cycles of one message between busy cores.

    Attributes:
        send: of its sender.
        receive: of a receiver that looks for it.
        handler: of a core that is interrupted, takes a message and answers.
    """

    send: int
    receive: int
    handler: int


def message_cycles(messages: Messages, site: Site) -> MessageCycles:
    """Cycles of one message on a machine."""
    messaging, interrupts = site.hardware.messaging, site.hardware.interrupts
    answer = messaging.send_cycles + messages.marshal_cycles
    receive = messaging.receive_cycles + messages.demultiplex_cycles
    return MessageCycles(
        send=answer + messages.notify_cycles,
        receive=receive,
        handler=interrupts.trap_cycles + receive + answer,
    )


@dataclass(frozen=True)
class MessageRound:
    """A round among all active cores.

    Attributes:
        handler: cycles of each other core.
        wait: cycles of the first core, from its first message to the last answer.
        lines: that move meanwhile, one after another.
    """

    handler: int
    wait: int
    lines: int


def message_round(messages: Messages, site: Site) -> MessageRound:
    """Cost of a round on the active cores of a site, of which there are several."""
    cycles = message_cycles(messages, site)
    packages = len(set(site.packages))
    followers = -(-site.cores // packages) - 1
    # there and back: the root to each package in turn, each package to its cores in turn
    return MessageRound(
        handler=cycles.handler,
        wait=(packages - 1 + followers) * cycles.send + 2 * cycles.handler,
        lines=4 if packages > 1 else 2,
    )
