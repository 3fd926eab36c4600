"""Overrides that a run does not feel: with them or without, every core does the same.

Whoever sets one expects another result, and is told. Nothing is listed by hand. Of the run level,
whose settings say how long and how often to simulate, those count as felt that a simulation reads.
Of all else both runs are simulated, shortly and on few cores first, where most settings show; what
shows nowhere is simulated in full, once on each core count, and compared row by row.

    hardware.memory.bandwidth_gb_s=1    Exim: the same rows -> said     Metis: others -> silent
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.config.compose import compose_assignments
from sim.config.errors import ConfigError
from sim.config.overrides import Assignment, key_of
from sim.config.run import RunConfig, RunLevel
from sim.experiment.assumptions import few_cores, relevant

if TYPE_CHECKING:
    from sim.simulate import Outcome

SHORT = {
    "warmup_operations": 2,
    "operations": 4,
    "minimum_operations": 8,
    "jobs": 1,
    "minimum_replications": 2,
    "replications": 1,
}
"""A run level at which most settings that matter show."""
ELSEWHERE = ("cores", "free", "slow", "limits")
"""Keys whose effect is checked, or seen, elsewhere."""


@dataclass(frozen=True)
class Made:
    """A run, and the overrides that made it, in order."""

    config: RunConfig
    layers: Sequence[Assignment]


def remarks(runs: Sequence[Made], typed: Sequence[str], config_dirs: Sequence[Path]) -> list[str]:
    """Say which overrides change nothing in any of several runs.

    Args:
        runs: that were simulated.
        typed: overrides of all of them, as typed.
        config_dirs: the user's own folders.
    """
    return [
        f"{text}: changes nothing here: {_what(runs)} has the same result without it"
        for text in dict.fromkeys(typed)
        if key_of(text).partition(".")[0] not in ELSEWHERE
        if all(_is_unfelt(run, key_of(text), config_dirs) for run in runs)
    ]


def _what(runs: Sequence[Made]) -> str:
    names = dict.fromkeys(f"{r.config.workload.name} on {r.config.kernel.name}" for r in runs)
    return ", ".join(names)


def _is_unfelt(run: Made, key: str, config_dirs: Sequence[Path]) -> bool:
    """Whether a run is the same without the override of a key, which changes a setting of it."""
    layers = [layer for layer in run.layers if layer.key != key]
    own = [layer for layer in run.layers if layer.key == key]
    if not own or own[-1].is_choice:
        return False
    try:
        without = compose_assignments([*layers, *own[:-1]], config_dirs)
    except ConfigError:  # it takes the override to make a run
        return False
    if relevant(without) == relevant(run.config):  # it is what it was, or said of the kernel
        return False
    if key.startswith("run."):
        return key.removeprefix("run.") not in _read(run.config)
    return _is_alike(run.config, without)


def _read(config: RunConfig) -> frozenset[str]:
    """Settings of the run level that a simulation reads."""
    read: set[str] = set()

    class Recorded(RunLevel):
        def __getattribute__(self, name: str) -> Any:
            read.add(name)
            return super().__getattribute__(name)

    level = Recorded.model_construct(**dict(config.run.model_copy(update=SHORT)))
    read.clear()
    cores = [min(few_cores(config), max(config.core_counts))]
    _simulated(config.model_copy(update={"run": level, "cores": cores}))
    return frozenset(read)


def _is_alike(config: RunConfig, without: RunConfig) -> bool:
    """Whether two runs give the same rows, at every core count."""
    most = max(config.core_counts)
    tried = dict.fromkeys((few_cores(config), most))
    short = ((SHORT, [cores]) for cores in tried if cores >= config.workload.fewest_cores)
    whole = (({"replications": 1}, [cores]) for cores in config.core_counts)
    return all(_same(config, without, level, cores) for level, cores in (*short, *whole))


def _same(config: RunConfig, without: RunConfig, level: dict[str, int], cores: list[int]) -> bool:
    """Whether two runs give the same rows at a run level and core counts."""
    found = []
    for one in (config, without):
        run = one.run.model_copy(update=level)
        found.append(_simulated(one.model_copy(update={"run": run, "cores": cores})))
    first, second = found
    return first is not None and first == second


def _simulated(config: RunConfig) -> Outcome | None:
    """Simulate a run; None where it fails, which whoever asked for it has been told."""
    from sim.simulate import SimulationError, simulate

    try:
        return simulate(config)
    except SimulationError:
        return None
