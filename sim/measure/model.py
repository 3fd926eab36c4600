"""What the model answers to measured points: its runs, each once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.config.compose import compose
from sim.measure.records import TIME_OF_EACH, Record
from sim.simulate import SimulationError, simulate

Number = int | float
IDLE = "blocked"
"""Cause of the cycles until the next period."""
Values = Mapping[str, Number]
"""Settings of the machine by dotted key."""


class Model:
    """A machine of the model, with settings at any values.

    Args:
        hardware: choice of the group `hardware`.
        config_dirs: the user's folders.
        level: of the runs.
    """

    def __init__(self, hardware: str, config_dirs: Sequence[Path], level: str = "quick") -> None:
        self.hardware = hardware
        self.config_dirs = config_dirs
        self.level = level
        self._known: dict[tuple[str, ...], dict[str, Any] | str] = {}

    def overrides(self, record: Record, values: Values | None = None) -> list[str]:
        """The run that answers a point, as it is typed."""
        changed = [f"{key}={value!r}" for key, value in (values or {}).items()]
        cores = f"cores=[{record.cores}]"
        return [f"hardware={self.hardware}", *record.run, *changed, cores]

    def answer(self, record: Record, values: Values | None = None) -> float | None:
        """A point's value in the unit of the measurement; None where the model refuses the run."""
        found = self._means(record, values)
        return None if isinstance(found, str) else self._in_unit(record, found)

    def refusal(self, record: Record) -> str:
        """Why a point has no answer; empty if it has one."""
        found = self._means(record, None)
        return found if isinstance(found, str) else ""

    def causes(self, record: Record, values: Values | None = None) -> list[tuple[str, str, float]]:
        """Where the cycles of a point go: (object, cause, share), the largest first.

        Of a paced series, not those in which a core waits for the next period.
        """
        config = compose([*self.overrides(record, values), f"run={self.level}"], self.config_dirs)
        spent: dict[tuple[str, str], float] = {}
        for row in simulate(config).account:
            key = (str(row["object"]), str(row["cause"]))
            if record.is_latency and key[1] == IDLE:
                continue
            spent[key] = spent.get(key, 0.0) + float(row["cycles_per_operation"])
        whole = sum(spent.values()) or 1.0
        ranked = sorted(spent.items(), key=lambda item: (-item[1], item[0]))
        return [(*key, cycles / whole) for key, cycles in ranked if cycles > 0]

    def _means(self, record: Record, values: Values | None) -> dict[str, Any] | str:
        words = (*self.overrides(record, values), f"run={self.level}")
        if words not in self._known:
            self._known[words] = self._simulate(words)
        return self._known[words]

    def _simulate(self, words: Sequence[str]) -> dict[str, Any] | str:
        config = compose(words, self.config_dirs)
        try:
            rows = simulate(config).points
        except SimulationError as error:
            return str(error)
        columns = ("throughput", "latency_mean_cycles")
        means = {name: sum(float(row[name]) for row in rows) / len(rows) for name in columns}
        return means | {"clock_ghz": config.hardware.clock_ghz}

    def _in_unit(self, record: Record, found: Mapping[str, Any]) -> float:
        if record.is_latency:
            return float(found["latency_mean_cycles"] / found["clock_ghz"])
        if record.unit == TIME_OF_EACH:
            return float(record.cores / found["throughput"] * 1e9)
        return float(found["throughput"])
