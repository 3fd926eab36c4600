"""Clients in a closed loop: each core has some requests outstanding, and idles when none is there.

As soon as a core has answered, the card gets the answer to transmit and the client's next request
to receive. The core then turns to its oldest outstanding request and waits, idle, until that
request's client has its last answer and the card has delivered it. So cores idle when, and only
when, an engine of the card is the limit.

Not modelled: the clients' own time and the wire's latency; a request enters the receive queue
while the answer before it is still in the transmit queue, which matters only if so few requests
are outstanding that the card would run dry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.machine.nic import RECEIVE, TRANSMIT, NetworkCard, Traffic

if TYPE_CHECKING:
    from sim.program.assembler import Assembler


class ClosedLoop:
    """The requests that a core's clients have outstanding, oldest first.

    Args:
        card: the machine's network card.
        receive: packets of one request.
        transmit: packets of its answer.
        slots: registers of each outstanding request: when its predecessor's answer has left, and
            when it is delivered.
    """

    def __init__(
        self, card: NetworkCard, receive: Traffic, transmit: Traffic, slots: list[tuple[int, int]]
    ) -> None:
        self.card = card
        self.receive = receive
        self.transmit = transmit
        self.slots = slots

    def start(self, asm: Assembler) -> None:
        """Emit the first requests: they queue at the slower engine, as they will later on."""
        receiving = self.card.receive_cycles(self.receive) > self.card.transmit_cycles(
            self.transmit
        )
        for sent, ready in self.slots:
            for register in (sent, ready):
                asm.emit(isa.SET, dst=register, value=0)
            if receiving:
                self._submit_request(asm, ready)
            else:
                self._submit_answer(asm, sent)

    def await_request(self, asm: Assembler) -> None:
        """Emit waiting for the oldest outstanding request."""
        sent, ready = self.slots[0]
        for name, time in ((TRANSMIT, sent), (RECEIVE, ready)):
            with asm.at(name, isa.IDLE):
                asm.emit(isa.AWAIT_TIME, source=time, cause=isa.C_DEVICE)

    def answer(self, asm: Assembler) -> None:
        """Emit handing the answer to the card, and the client's next request after it."""
        for older, newer in zip(self.slots, self.slots[1:], strict=False):
            for to, source in zip(older, newer, strict=True):
                asm.emit(isa.SET, dst=to, source=source)
        sent, ready = self.slots[-1]
        self._submit_answer(asm, sent)
        self._submit_request(asm, ready)

    def _submit_answer(self, asm: Assembler, sent: int) -> None:
        with asm.at(TRANSMIT, isa.SYSTEM):
            self.card.transmit(asm, self.transmit, sent)

    def _submit_request(self, asm: Assembler, ready: int) -> None:
        with asm.at(RECEIVE, isa.SYSTEM):
            self.card.receive(asm, self.receive, ready)
