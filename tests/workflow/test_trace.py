"""Traces: the JSON that viewers expect, the same in Perfetto's format, and flows that are true."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from sim.__main__ import main
from sim.command.perfetto import as_json, as_protobuf
from sim.command.tracks import HAND_OFF, MESSAGE, TRANSFER, Tracks, tracks
from sim.config.compose import compose
from sim.experiment.columns import TRACE
from sim.simulate import trace

LOCK = ["workload=micro/lock", "run=smoke", "cores=[4]"]
MONITORS = [
    *("workload=micro/unmap", "kernel=barrelfish", "hardware=amd_8x4", "run=smoke", "cores=[4]"),
]
COUNTER = ["workload=micro/counter", "run=smoke", "cores=[3]"]
PHASES = {
    "M": {"name": str, "pid": int, "tid": int, "args": dict},
    "X": {"name": str, "cat": str, "ts": float, "dur": float, "pid": int, "tid": int, "args": dict},
    "s": {"name": str, "cat": str, "id": int, "ts": float, "pid": int, "tid": int},
    "f": {"name": str, "cat": str, "id": int, "ts": float, "pid": int, "tid": int, "bp": str},
}
"""Members of each phase of the trace-event format that is used, with their types."""


def drawn(overrides: list[str], records: int = 2000) -> Tracks:
    config = compose(overrides)
    cores = config.core_counts[-1]
    return tracks(trace(config, cores, records), "title", cores, config.hardware.clock_ghz)


@pytest.mark.parametrize(
    "overrides", [LOCK, MONITORS, COUNTER], ids=["lock", "monitors", "counter"]
)
def test_every_event_has_the_members_of_its_phase(overrides: list[str]) -> None:
    found = json.loads(b"".join(as_json(drawn(overrides))))
    assert set(found) == {"traceEvents", "displayTimeUnit"}
    for event in found["traceEvents"]:
        members = PHASES[event["ph"]]
        assert set(event) == {*members, "ph"}
        assert all(type(event[name]) is kind for name, kind in members.items())
        assert event.get("dur", 0) >= 0


def test_cores_are_named_tracks_of_one_process() -> None:
    events = json.loads(b"".join(as_json(drawn(LOCK))))["traceEvents"]
    named = [e["args"]["name"] for e in events if e["name"] in ("process_name", "thread_name")]
    assert named == ["title", "core 0", "core 1", "core 2", "core 3"]
    tracks_used = {event["tid"] for event in events if event["ph"] == "X"}
    assert tracks_used == {1, 2, 3, 4}  # 0 is the idle thread of every viewer


@pytest.mark.parametrize(
    "overrides", [LOCK, MONITORS, COUNTER], ids=["lock", "monitors", "counter"]
)
def test_a_core_does_one_thing_at_a_time(overrides: list[str]) -> None:
    found = drawn(overrides)
    for core in range(found.cores):
        mine = [item for item in found.slices if item.core == core]
        assert mine
        for before, after in zip(mine, mine[1:], strict=False):
            assert before.begin <= before.end <= after.begin


@pytest.mark.parametrize(
    "overrides", [LOCK, MONITORS, COUNTER], ids=["lock", "monitors", "counter"]
)
def test_every_flow_leaves_one_core_and_arrives_at_another_later(overrides: list[str]) -> None:
    found = drawn(overrides)
    events = json.loads(b"".join(as_json(found)))["traceEvents"]
    starts = {event["id"]: event for event in events if event["ph"] == "s"}
    ends = {event["id"]: event for event in events if event["ph"] == "f"}
    assert starts.keys() == ends.keys() == {flow.number for flow in found.flows} != set()
    for number, start in starts.items():
        end = ends[number]
        assert start["tid"] != end["tid"]
        assert start["ts"] <= end["ts"]
        assert (start["name"], start["cat"]) == (end["name"], end["cat"])
        assert end["bp"] == "e"
    slices = {(event["tid"], event["ts"]) for event in events if event["ph"] == "X"}
    assert all((e["tid"], e["ts"]) in slices for e in [*starts.values(), *ends.values()])


def test_a_contended_lock_passes_from_its_releaser_to_the_next_holder() -> None:
    found = drawn(LOCK)
    passed = [flow for flow in found.flows if flow.kind == HAND_OFF]
    assert passed
    for flow in passed:
        assert flow.source.name == "increment ticket_lock"
        assert flow.target.name == "await_turn ticket_lock"
        assert flow.source.arguments["value"] == flow.target.arguments["value"]
    waits = [item for item in found.slices if item.category == "lock_wait"]
    assert {item.name for item in waits} == {"lock wait ticket lock"}


def test_messages_go_from_the_sender_to_the_receiver_and_nothing_else_moves() -> None:
    found = drawn(MONITORS)
    assert Counter(flow.kind for flow in found.flows).keys() == {MESSAGE}
    first = {flow.source.core for flow in found.flows if flow.name.startswith("down")}
    assert first == {0}


def test_a_counter_moves_to_the_core_that_writes_it_next() -> None:
    found = drawn(COUNTER)
    assert {flow.kind for flow in found.flows} == {TRANSFER}
    for flow in found.flows:
        after, before = flow.target.arguments["value"], flow.source.arguments["value"]
        assert abs(int(after) - int(before)) == 1  # a reference taken or given back


# --- Perfetto's format ---------------------------------------------------------------------


def fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """Decode one protocol buffer: numbers of fields with integers or bytes."""
    at = 0

    def number() -> int:
        nonlocal at
        value = shift = 0
        while True:
            group = message[at]
            at += 1
            value |= (group & 0x7F) << shift
            shift += 7
            if group < 0x80:
                return value

    while at < len(message):
        tag = number()
        if tag & 7 == 0:
            yield tag >> 3, number()
        elif tag & 7 == 1:
            yield tag >> 3, int.from_bytes(message[at : at + 8], "little")
            at += 8
        else:
            assert tag & 7 == 2
            length = number()
            yield tag >> 3, message[at : at + length]
            at += length


def test_the_binary_trace_says_the_same_as_the_json() -> None:
    found = drawn(LOCK)
    packets = [dict(fields(packet)) for _, packet in fields(b"".join(as_protobuf(found)))]
    assert [60 in packet for packet in packets] == sorted((60 in p for p in packets), reverse=True)
    times = [packet[8] for packet in packets if 11 in packet]
    assert times == sorted(times)
    open_slices: Counter[int] = Counter()
    begun, leaves, arrives = [], [], []
    for packet in packets:
        if 11 not in packet:
            continue
        event = list(fields(packet[11]))
        one = dict(event)
        open_slices[one[11]] += 1 if one[9] == 1 else -1
        assert open_slices[one[11]] in (0, 1)
        if one[9] == 1:
            begun.append((one[11] - 2, one[23].decode(), one[22].decode()))
        leaves += [value for name, value in event if name == 47]
        arrives += [value for name, value in event if name == 48]
    assert set(open_slices.values()) == {0}
    assert Counter(begun) == Counter((s.core, s.name, s.category) for s in found.slices)
    assert sorted(leaves) == sorted(arrives) == [flow.number for flow in found.flows]


@pytest.mark.parametrize("suffix", [".json", ".pftrace", ".parquet"])
def test_each_kind_of_file_is_written_the_same_twice(suffix: str, tmp_path: Path) -> None:
    written = []
    for name in ("a", "b"):
        path = tmp_path / f"{name}{suffix}"
        assert main(["trace", *LOCK, "records=50", "-o", str(path)]) == 0
        written.append(path.read_bytes())
    assert written[0] == written[1]
    if suffix == ".parquet":
        frame = pl.read_parquet(tmp_path / "a.parquet")
        assert frame.columns == [column.name for column in TRACE]
        assert frame.height == 50


def test_the_core_count_that_is_named_last_is_traced(tmp_path: Path, capsys) -> None:
    out = tmp_path / "x.parquet"
    counted = [*COUNTER[:2], "cores=[8,2]", "records=200", "-o", str(out)]
    assert main(["trace", *counted]) == 0
    assert capsys.readouterr().err == "cores=[8, 2]: 2, the last, is taken; not 8\n"
    assert set(pl.read_parquet(out)["core"]) == {0, 1}


@pytest.mark.parametrize("after", [1, 17, 40])
def test_a_trace_from_an_operation_on_is_the_rest_of_the_whole_trace(after: int) -> None:
    for overrides in (LOCK, COUNTER, MONITORS):
        config = compose([*overrides, "run.operations=30", "run.minimum_operations=1"])
        cores = config.core_counts[-1]
        whole = list(trace(config, cores, 100_000))
        ends = [n for n, row in enumerate(whole) if row["instruction"] == "end"]
        rest = list(trace(config, cores, 100_000, after))
        first = ends[after - 1] + 1
        assert len(rest) > 10
        assert rest[:200] == whole[first:][:200]


def test_a_trace_ends_with_a_line_that_says_what_it_holds(tmp_path: Path, capsys) -> None:
    for name in ("x.pftrace", "x.parquet"):
        line = ["trace", *LOCK, "records=50", "from=steady", "-o", str(tmp_path / name)]
        assert main(line) == 0
        said = capsys.readouterr().out
        assert said.startswith(f"{tmp_path / name}: 50 records of 4 cores from operation 60 on, ")
        assert "acquisitions completed in" in said
    slices = drawn(LOCK).slices
    assert next(iter(slices)).begin < 1000
    assert main(["trace", *LOCK, "from=9999999", "-o", str(tmp_path / "y.json")]) == 2
    assert "from=9999999: at 4 cores the run has" in capsys.readouterr().err
    assert not (tmp_path / "y.json").exists()
    assert main(["trace", *LOCK, "from=later", "-o", str(tmp_path / "y.json")]) == 2
    assert capsys.readouterr().err.endswith("allowed: 1 to 1000000000, or steady\n")
