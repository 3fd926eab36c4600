"""Tracks as files that Perfetto opens: Chrome's JSON, and Perfetto's own protocol buffers.

The JSON is read by other viewers, too; its flows are bound to slices by their time. The binary is
half the size and names a flow's slices themselves. Of the protocol some fifteen fields are
used, so they are encoded here; Perfetto's package for Python would bring protobuf with it.
Field numbers: perfetto/trace/trace_packet.proto, track_event/track_event.proto and
track_descriptor.proto, which never change the number of a field.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np

from sim.command.tracks import Flow, Slice, Tracks

PROCESS = 1
PROCESS_TRACK = 1
FIRST_TRACK = 2
SEQUENCE = 1  # of packets: all come from one writer
BOOT_TIME = 6  # Perfetto's number of its default clock

# --- JSON ----------------------------------------------------------------------------------


def as_json(drawn: Tracks) -> Iterator[bytes]:
    """Write the tracks as trace events: metadata, complete slices, and flows from `s` to `f`."""
    yield b'{"traceEvents": ['
    for n, event in enumerate(_events(drawn)):
        yield (", " if n else "").encode() + json.dumps(event).encode()
    yield b'], "displayTimeUnit": "ns"}'


def _events(drawn: Tracks) -> Iterator[dict[str, object]]:
    yield from _names(drawn)
    yield from map(_complete, drawn.slices)
    for flow in drawn.flows:
        yield _flow_end(flow, "s", flow.source)
        yield _flow_end(flow, "f", flow.target)


def _names(drawn: Tracks) -> Iterator[dict[str, object]]:
    """Name the process after the run, and each thread after its core."""
    yield _metadata("process_name", 0, {"name": drawn.title})
    for core in range(drawn.cores):
        yield _metadata("thread_name", _thread(core), {"name": f"core {core}"})
        yield _metadata("thread_sort_index", _thread(core), {"sort_index": core})


def _metadata(name: str, thread: int, arguments: dict[str, object]) -> dict[str, object]:
    return {"name": name, "ph": "M", "pid": PROCESS, "tid": thread, "args": arguments}


def _thread(core: int) -> int:
    """Number a core's thread from 1: viewers take thread 0 to be idle."""
    return core + 1


def _complete(item: Slice) -> dict[str, object]:
    return {
        "name": item.name,
        "cat": item.category,
        "ph": "X",
        "ts": item.begin / 1000,
        "dur": (item.end - item.begin) / 1000,
        "pid": PROCESS,
        "tid": _thread(item.core),
        "args": item.arguments,
    }


def _flow_end(flow: Flow, phase: str, item: Slice) -> dict[str, object]:
    """Write one end of a flow, at the time and on the track of its slice."""
    event: dict[str, object] = {
        "name": flow.name,
        "cat": flow.kind,
        "ph": phase,
        "id": flow.number,
        "ts": item.begin / 1000,
        "pid": PROCESS,
        "tid": _thread(item.core),
    }
    return event | {"bp": "e"} if phase == "f" else event


# --- protocol buffers ----------------------------------------------------------------------


def as_protobuf(drawn: Tracks) -> Iterator[bytes]:
    """Write the tracks as a Perfetto trace: descriptors, and a begin and an end of each slice."""
    yield _packet(_process(drawn.title))
    for core in range(drawn.cores):
        yield _packet(_core(core))
    times = np.rint(np.column_stack((drawn.begins, drawn.ends)).ravel()).astype(np.int64)
    # Slices of a core follow one another, so that a stable sort keeps each end before the next.
    for event in np.argsort(times, kind="stable"):
        n, is_end = divmod(int(event), 2)
        content = _event(2, drawn.on[n]) if is_end else _begin(drawn.slice(n), drawn)
        time = _varint(8, int(times[event])) + _varint(58, BOOT_TIME)
        yield _packet(time + _bytes(11, content))


def _packet(content: bytes) -> bytes:
    return _bytes(1, content + _varint(10, SEQUENCE))


def _process(title: str) -> bytes:
    process = _varint(1, PROCESS) + _text(6, title)
    return _bytes(60, _varint(1, PROCESS_TRACK) + _bytes(3, process))


def _core(core: int) -> bytes:
    thread = _varint(1, PROCESS) + _varint(2, _thread(core)) + _text(5, f"core {core}")
    track = _varint(1, FIRST_TRACK + core) + _bytes(4, thread) + _varint(5, PROCESS_TRACK)
    return _bytes(60, track)


def _event(kind: int, core: int) -> bytes:
    """Encode the beginning (1) or the end (2) of a slice."""
    return _varint(9, kind) + _varint(11, FIRST_TRACK + core)


def _begin(item: Slice, drawn: Tracks) -> bytes:
    content = _event(1, item.core) + _text(22, item.category) + _text(23, item.name)
    arguments = dict(item.arguments)
    for flow in map(drawn.flow, item.arrives):
        arguments[flow.kind] = f"{flow.name} from core {flow.source.core}"
    for name, value in arguments.items():
        inner = _text(6, value) if isinstance(value, str) else _varint(4, value)
        content += _bytes(4, _text(10, name) + inner)
    content += b"".join(_fixed64(47, number) for number in item.leaves)
    return content + b"".join(_fixed64(48, number) for number in item.arrives)


def _number(value: int) -> bytes:
    """Encode a number in groups of seven bits, the lowest first; negative ones as 64 bits."""
    value &= (1 << 64) - 1
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    groups.append(value)
    return bytes(groups)


def _varint(field: int, value: int) -> bytes:
    return _number(field << 3) + _number(value)


def _fixed64(field: int, value: int) -> bytes:
    return _number(field << 3 | 1) + value.to_bytes(8, "little")


def _bytes(field: int, content: bytes) -> bytes:
    return _number(field << 3 | 2) + _number(len(content)) + content


def _text(field: int, content: str) -> bytes:
    return _bytes(field, content.encode())
