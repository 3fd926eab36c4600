"""A campaign: every point again and again, in random order, until it is known well enough.

A round has one repetition of each point that is not known to 2 % yet, shuffled anew each time: what
drifts (the clock, the neighbours) falls on all points alike. The campaign ends when every point is
known, or at its time limit, but not before each point was measured without other programs, or
tried a few times. Each repetition is appended to a file
as soon as it is there; a campaign that was interrupted goes on from it.
"""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.config.errors import ConfigError, message
from sim.measure.plan import Point
from sim.measure.spread import ENOUGH, Repetition, Spread, spread

RAW = "repetitions.jsonl"
SLOWEST_S = 120
"""A probe takes a fraction of a second; one that takes this long hangs."""
UNMEASURABLE = 2
"""Exit status of a probe that the system does not let measure."""
MOST_REPETITIONS = 200
TRIES = 5
"""Of a point during which other programs ran each time, before a campaign may end."""
MOST_FAILURES = 10
"""Of a point, in a row, after which it counts as one that cannot be measured."""
Repetitions = dict[str, list[Repetition]]


@dataclass(frozen=True)
class Window:
    """Milliseconds that a probe runs: to warm up, and measured."""

    warm_ms: int
    ms: int

    @property
    def words(self) -> list[str]:
        """Arguments of a probe."""
        return [f"warm_ms={self.warm_ms}", f"ms={self.ms}"]


QUICK = Window(2, 20)
FULL = Window(5, 50)


class ProbeError(Exception):
    """A probe could not measure; `str` is what it said."""


def run_probe(program: Path, words: Sequence[str]) -> dict[str, Any]:
    """Run one probe.

    Raises:
        ProbeError: if it could not measure, or printed no result.
    """
    try:
        done = subprocess.run(
            [str(program), *words], capture_output=True, text=True, timeout=SLOWEST_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise ProbeError(f"took more than {SLOWEST_S} s") from None
    except OSError as error:
        raise ProbeError(f"cannot be started: {error.strerror or error}") from None
    if done.returncode:
        raise ProbeError(done.stderr.strip() or f"ended with status {done.returncode}")
    try:
        found = json.loads(done.stdout)
    except json.JSONDecodeError:
        raise ProbeError(f"printed no result: {done.stdout[:80]!r}") from None
    assert isinstance(found, dict)
    return found


class Campaign:
    """Repetitions of points, kept in a file.

    Attributes:
        refused: why points could not be measured, by key.
        failed: how often a point's threads completed no operation, by key.
        ghz: clock by the hardware's counter, of repetitions that could read it.
    """

    def __init__(self, points: Sequence[Point], programs: Mapping[str, Path], raw: Path) -> None:
        """Go on with what the file has of these points, if it is of the same probes.

        Raises:
            ConfigError: if it is a file of something else.
        """
        self.points = points
        self.programs = programs
        self.raw = raw
        self.known: Repetitions = {}
        self.refused: dict[str, str] = {}
        self.failed: dict[str, int] = {}
        self.ghz: list[float] = []
        digest = _digest(points)
        if raw.exists():
            self._resume(digest)
        else:
            raw.parent.mkdir(parents=True, exist_ok=True)
            raw.write_text(json.dumps({"campaign": digest}) + "\n")

    def _resume(self, digest: str) -> None:
        """Read what there is; a line that was cut off by an interruption does not count."""
        lines = self.raw.read_text().splitlines()
        try:
            same = json.loads(lines[0])["campaign"] == digest
        except (IndexError, KeyError, TypeError, ValueError):
            same = False
        if not same:
            raise ConfigError(
                message(
                    str(self.raw),
                    "repetitions of other points, or of another box",
                    "--force measures anew",
                )
            )
        for line in lines[1:]:
            try:
                self._note(json.loads(line))
            except (KeyError, TypeError, ValueError):
                continue
        self.raw.write_text("\n".join([lines[0], *filter(_whole, lines[1:])]) + "\n")

    def _note(self, row: dict[str, Any]) -> None:
        if "refused" in row:
            self.refused[row["key"]] = str(row["refused"])
            return
        if "failed" in row:
            self.failed[row["key"]] = self.failed.get(row["key"], 0) + 1
            if self.failed[row["key"]] >= MOST_FAILURES and row["key"] not in self.known:
                self.refused[row["key"]] = str(row["failed"])
            return
        value, share = float(row["value"]), float(row["share"])
        self.known.setdefault(row["key"], []).append(Repetition(value, share))
        if row.get("ghz"):
            self.ghz.append(float(row["ghz"]))

    def open_points(self) -> list[Point]:
        """Points that are not known well enough."""
        return [point for point in self.points if not self._is_done(point.key)]

    def _is_done(self, key: str) -> bool:
        found = self.known.get(key, [])
        if key in self.refused or len(found) >= MOST_REPETITIONS:
            return True
        return len(found) >= ENOUGH and spread(found).is_enough

    def run(
        self,
        window: Window,
        limit_s: float,
        progress: Callable[[int, int, float], None] = lambda done, total, left: None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Measure until every point is known, or the time is over.

        Args:
            window: of each probe.
            limit_s: seconds that the campaign may take, but for what each point needs at least.
            progress: called after each repetition: points known, of how many, seconds left.
            now: clock, in seconds.
        """
        began, order = now(), random.Random(len(self.known))
        with self.raw.open("a") as file:
            while waiting := self._waiting(now() - began >= limit_s):
                order.shuffle(waiting)
                for point in waiting:
                    if now() - began >= limit_s and self._is_tried(point.key):
                        continue
                    row = self._measure(point, window)
                    file.write(json.dumps(row) + "\n")
                    file.flush()
                    self._note(row)
                    done = len(self.points) - len(self.open_points())
                    progress(done, len(self.points), max(limit_s - now() + began, 0.0))

    def _waiting(self, is_late: bool) -> list[Point]:
        """Points of the next round: once the time is over, those that have to be tried again."""
        return [p for p in self.open_points() if not (is_late and self._is_tried(p.key))]

    def _is_tried(self, key: str) -> bool:
        found = self.known.get(key, [])
        return len(found) >= TRIES or any(not item.is_disturbed for item in found)

    def _measure(self, point: Point, window: Window) -> dict[str, Any]:
        """One repetition, as a row of the file."""
        try:
            found = run_probe(self.programs[point.series.probe], [*point.words, *window.words])
        except ProbeError as error:
            return {"key": point.key, "refused": str(error)}
        value = found.get(point.series.value, 0.0)
        if not value > 0:
            done = "timed" if point.series.value == "latency_ns" else "completed"
            return {"key": point.key, "failed": f"no operation was {done}"}
        row = {"key": point.key, "value": value, "share": found["share"]}
        return row | ({"ghz": found["ghz"]} if "ghz" in found else {})

    def spreads(self) -> dict[str, Spread]:
        """What is known of each point, by key."""
        return {key: spread(found) for key, found in self.known.items()}


def _whole(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _digest(points: Sequence[Point]) -> str:
    told = [(point.key, point.series.probe, sorted(point.words)) for point in points]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
