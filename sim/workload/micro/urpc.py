"""Two cores exchange URPC messages (micro/urpc): the first active core and the last.

`pingpong`: a message goes to the last core and another one back; one operation is one message, so
latency is half of the round trip. `pipelined`: the first core sends, the last receives, with as
many messages under way as the queue is long. The other active cores do nothing: how many there are
chooses the distance. One active core sends to itself. Source: SOSP'09 section 4.6, Table 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from sim.engine import isa
from sim.program.assembler import Assembler
from sim.sync.urpc import Cursor, UrpcChannels, UrpcStream, message_costs
from sim.workload.registry import lowers
from sim.workload.settings import WorkloadSettings

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


class UrpcWorkload(WorkloadSettings):
    """Two cores exchange messages: the first and the last active one (micro/urpc)."""

    by_one_core: ClassVar[bool] = True

    kind: Literal["urpc"]
    pattern: Literal["pingpong", "pipelined"] = Field(
        description="pingpong: to and fro, one message at a time; pipelined: a stream one way"
    )
    queue_length: Annotated[int, Field(ge=1, le=4096, strict=True)] = Field(
        description="messages under way at most, of a pipelined stream"
    )

    @property
    def simulated_share(self) -> float:
        """A ping-pong simulates a round trip, of two messages."""
        return 2.0 if self.pattern == "pingpong" else 1.0

    @property
    def operations_outstanding(self) -> int:
        """Operations that a core has begun or that wait for it, at a time."""
        return 1 if self.pattern == "pingpong" else self.queue_length


OBJECT = "urpc"


@lowers(UrpcWorkload)
def build(workload: UrpcWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the microbenchmark on the first and the last active core of a site."""
    asm = Assembler()
    with asm.at(OBJECT, isa.USER):
        if site.cores == 1:
            emit_alone(asm, site)
        elif workload.pattern == "pipelined":
            stream = UrpcStream(
                asm, site.hardware.messaging, workload.queue_length, site.packages[-1]
            )
            asm.thread(0, stream.emit_sender(asm))
            asm.thread(site.cores - 1, stream.emit_receiver(asm))
        else:
            emit_pingpong(asm, site)
    return asm


def emit_alone(asm: Assembler, site: Site) -> None:
    """Emit the loop of a core that is alone and sends to itself: no line moves."""
    channels = UrpcChannels(asm, message_costs(site.hardware.messaging), site.packages)
    with asm.registers(1) as (number,):
        at = Cursor(number)
        start = asm.place()
        asm.emit(isa.SET, dst=number, source=number, value=1)
        asm.emit(isa.BEGIN)
        channels.send(asm, 0, at)
        channels.receive(asm, 0, at)
        asm.emit(isa.END)
        asm.jump(start)
    asm.thread(0, start)


def emit_pingpong(asm: Assembler, site: Site) -> None:
    """Emit the loops of the two cores: one sends first, the other receives first."""
    homes = (site.packages[-1], site.packages[0])
    there, back = range(2)
    channels = UrpcChannels(asm, message_costs(site.hardware.messaging), homes)
    with asm.registers(1) as (number,):
        at = Cursor(number)
        first = asm.place()
        asm.emit(isa.SET, dst=number, source=number, value=1)
        asm.emit(isa.BEGIN)
        channels.send(asm, there, at)
        channels.receive(asm, back, at)
        asm.emit(isa.END)
        asm.jump(first)
        last = asm.place()
        asm.emit(isa.SET, dst=number, source=number, value=1)
        channels.receive(asm, there, at)
        channels.send(asm, back, at)
        asm.jump(last)
    asm.thread(0, first)
    asm.thread(site.cores - 1, last)
