"""Messages arrive once each and in order, and a commit is decided only when all have agreed.

The twin runs the programs, and every message is noted as it is sent and as it is found: which
channel, which number, and how often that channel has been used before.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.config.compose import compose
from sim.engine import isa
from sim.engine.state import Window
from sim.machine.settings.hardware import Messaging
from sim.machine.site import Site, open_site
from sim.point import built
from sim.program.assembler import Assembler
from sim.program.instruction import Instruction
from sim.program.operations import SENDS
from sim.sync.urpc import UrpcStream
from tests.machines import costs, new_program, window
from tests.oracle.state import Thread
from tests.oracle.twin import Twin

TREES = ("shared_line", "sequential", "binary", "multicast", "numa_multicast", "cluster")


@dataclass(frozen=True)
class Found:
    """A message that a core has polled for: the number it expected, and the one in the line."""

    core: int
    address: int
    expected: int
    number: int


@dataclass
class Post:
    """What was sent and found, in the order of the machine's events."""

    sent: list[tuple[int, int, int]] = field(default_factory=list)  # core, address, number
    found: list[Found] = field(default_factory=list)
    found_before: list[int] = field(default_factory=list)  # of each message sent
    completed: list[tuple[int, int]] = field(default_factory=list)  # sent, found before each END


class Postmaster(Twin):
    """A twin that notes what is stored to certain lines, and polled from them."""

    def __init__(self, *arguments, lines: set[int]) -> None:
        super().__init__(*arguments)
        self.lines_of_messages, self.post = lines, Post()

    def shared(
        self, thread: Thread, i: Instruction, value: int, address: int, now: int
    ) -> int | None:
        carries = address in self.lines_of_messages
        if carries and i.op in SENDS:
            self.post.sent.append((thread.core.number, address, value))
            self.post.found_before.append(len(self.post.found))
        if i.op == isa.END:
            self.post.completed.append((len(self.post.sent), len(self.post.found)))
        number = self.words[address] if carries else 0
        done = super().shared(thread, i, value, address, now)
        if carries and i.op == isa.LOAD:  # a look before a wait, at the number that is compared
            value = thread.registers[self.program[thread.pc].source]
        if carries and (
            (i.op == isa.AWAIT and done is not None) or (i.op == isa.LOAD and number >= value)
        ):
            self.post.found.append(Found(thread.core.number, address, value, number))
        return done


def post_of(
    asm: Assembler, packages: list[int], distance, measured: Window, lines: set[int], seed: int = 1
) -> Post:
    twin = Postmaster(asm, packages, distance, measured, seed, lines=lines)
    while twin.closed_at is None:
        twin.step()
    return twin.post


# --- a stream


@settings(max_examples=80)
@given(
    slots=st.integers(1, 20),
    send=st.integers(0, 2000),
    receive=st.integers(0, 2000),
    packages=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    broadcast=st.booleans(),
)
def test_a_stream_loses_repeats_and_overtakes_nothing_and_never_overruns_its_ring(
    slots: int, send: int, receive: int, packages: tuple[int, int], broadcast: bool
) -> None:
    messaging = Messaging(
        send_cycles=send,
        receive_cycles=receive,
        overlapped_sends=1,
        overlap_gap_cycles=0,
        overlapped_polls=1,
    )
    asm = new_program()
    stream = UrpcStream(asm, messaging, slots, home=0)
    asm.thread(0, stream.emit_sender(asm))
    asm.thread(1, stream.emit_receiver(asm))
    ring = [stream.ring + isa.WORDS_PER_LINE * slot for slot in range(slots)]
    distance = costs(packages, broadcast=broadcast)
    post = post_of(asm, list(packages), distance, window(5 * slots + 20), set(ring))

    def place(address: int, lap: int) -> int:
        return (lap - 1) * slots + ring.index(address)

    sent = [place(address, lap) for _, address, lap in post.sent]
    found = [place(message.address, message.number) for message in post.found]
    assert sent == list(range(len(sent)))
    assert found == sent[: len(found)]
    assert len(found) >= len(sent) - slots >= 4 * slots
    assert all(n - before < slots for n, before in enumerate(post.found_before))


# --- trees of channels


def tree_post(*overrides: str, cores: int, operations: int) -> tuple[Post, Assembler, Site]:
    config = compose(["hardware=amd_8x4", *overrides, f"cores=[{cores}]"])
    site = open_site(config.hardware, cores, config.core_order)
    asm = built(config, site)
    assert asm.messages
    lines = {
        region.address + isa.WORDS_PER_LINE * line
        for region in asm.regions
        if region.name in ("up", "down")
        for line in range(region.lines)
    }
    assert lines >= asm.messages
    measured = window(operations)
    return post_of(asm, list(site.dies), site.distance, measured, lines), asm, site


def assert_each_once_and_in_order(post: Post, slots: int = 1) -> None:
    """Whoever polls a channel finds what was sent, all of it, in the order of sending.

    When the run ends at most as many messages as a channel has slots are still on their way.
    """
    sent, found = defaultdict(list), defaultdict(list)
    for _, address, number in post.sent:
        sent[address].append(number)
    for message in post.found:
        assert message.number == message.expected, "overwritten before it was read"
        found[message.core, message.address].append(message.number)
    for (_, address), numbers in found.items():
        assert numbers == sent[address][: len(numbers)]
        assert len(numbers) >= len(sent[address]) - slots
    assert {address for _, address in found} == set(sent)


@pytest.mark.parametrize("cores", [2, 5, 18, 32])
@pytest.mark.parametrize("tree", TREES)
def test_a_broadcast_reaches_every_core_once_and_every_core_answers_once(
    tree: str, cores: int
) -> None:
    rounds = 5
    post, _, _ = tree_post(
        "workload=micro/broadcast", f"workload.tree={tree}", cores=cores, operations=rounds
    )
    assert_each_once_and_in_order(post)
    for number in range(1, rounds + 1):
        hearers = [
            m.core for m in post.found[: post.completed[number - 1][1]] if m.number == number
        ]
        # Everybody but the root has heard, and every answer has been heard, when a round is over.
        assert len(hearers) == 2 * (cores - 1)
        assert set(range(cores)) - {0} <= set(hearers)


@pytest.mark.parametrize("cores", [2, 5, 18, 32])
@pytest.mark.parametrize("tree", TREES)
@pytest.mark.parametrize("root", [0, 1])
def test_a_one_way_broadcast_ends_when_every_core_has_heard_once_and_nobody_answers(
    tree: str, cores: int, root: int
) -> None:
    rounds = 5
    one_way = ["workload.acknowledged=false", f"workload.root={root}", f"workload.tree={tree}"]
    post, _, _ = tree_post("workload=micro/broadcast", *one_way, cores=cores, operations=rounds)
    for complete, (_, found) in enumerate(post.completed, start=1):
        assert found == complete * (cores - 1)
        heard = [m.core for m in post.found[:found] if m.number == complete]
        assert sorted(heard) == sorted(set(range(cores)) - {root})


# --- two-phase commit


@pytest.mark.parametrize("cores", [2, 5, 18, 32])
@pytest.mark.parametrize("in_flight", [1, 3, 7])
def test_no_core_applies_what_another_has_not_agreed_to_and_in_the_end_all_have(
    in_flight: int, cores: int
) -> None:
    pipelined = ["workload.mode=pipelined", f"workload.in_flight={in_flight}"]
    operations, lag = 8, in_flight // 2
    post, asm, _ = tree_post(
        "workload=micro/two_phase_commit",
        "kernel=barrelfish",
        *(pipelined if lag else []),
        cores=cores,
        operations=operations,
    )
    down = {
        region.address + isa.WORDS_PER_LINE * line
        for region in asm.regions
        if region.name == "down"
        for line in range(region.lines)
    }
    assert_each_once_and_in_order(post)
    answered: dict[int, list[int]] = defaultdict(list)
    for core, address, number in post.sent:
        if address in down:  # the root decides, or a core passes on what it heard
            if core == 0 and number % 2 == 0 and number > 2 * lag:
                agreed = number - 2 * lag - 1
                assert all(agreed in answered[other] for other in range(1, cores))
        else:
            answered[core].append(number)
    for other in range(1, cores):  # every core sees the same decisions in the same order
        assert answered[other] == list(range(1, len(answered[other]) + 1))
    for complete, (sent, _) in enumerate(post.completed, start=1):
        done = 2 * complete
        for other in range(1, cores):
            assert (
                sum(
                    core == other and address not in down and number <= done
                    for core, address, number in post.sent[:sent]
                )
                == done
            )
