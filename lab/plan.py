"""Which simulations a state wants, in the order in which a reader misses them.

First the selected curve as a sketch, then the others, then what could be gained; then the same
again at the level that is asked for. What is there already is not asked for again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.jobs import Change, Job, Kind, Point
from lab.runs import Curve, curve_of, digest, key_of, with_level, written
from lab.state import SKETCH, State
from lab.store import Store
from sim.config.run import RunConfig


@dataclass(frozen=True)
class Plan:
    """A state with its curves composed.

    Attributes:
        levels: run levels, the coarsest first.
        digests, written: of each curve's run at each level.
    """

    state: State
    curves: tuple[Curve, ...]
    levels: tuple[str, ...]
    digests: tuple[dict[str, str], ...]
    written: tuple[dict[str, str], ...]
    folders: tuple[Path, ...]

    @property
    def curve(self) -> Curve:
        """The selected curve."""
        return self.curves[self.state.selected]

    @property
    def at(self) -> int:
        """Core count at which gains are looked for: the asked one, or the most."""
        asked = self.state.at
        return asked if asked in self.curve.cores else self.curve.cores[-1]

    def point(self, number: int, level: str, cores: int) -> Job:
        """The job of one point of a curve."""
        return self._job("point", number, level, cores)

    def changes(self) -> Job:
        """The job that finds out what could be changed about the selected curve."""
        return self._job("changes", self.state.selected, self.levels[0], self.at)

    def changed(self, change: Change, level: str) -> Job:
        """The job of a changed run, at the core count that is explained."""
        here = self.changes().words
        words = (*(word for word in here if key_of(word) != "run"), f"run={level}", *change.words)
        # Changes are listed once, at the first level: at another one only the level differs.
        config = self.curve.configs[level]
        text = with_level(change.settings, config)
        of = f"{change.digest} at {self.digests[self.state.selected][level]}"
        return Job(("point", of, self.at), words, text, self._folders)

    def _job(self, kind: Kind, number: int, level: str, cores: int) -> Job:
        words = (*self.curves[number].words, f"run={level}")
        key = (kind, self.digests[number][level], cores)
        return Job(key, words, self.written[number][level], self._folders)

    @property
    def _folders(self) -> tuple[str, ...]:
        return tuple(map(str, self.folders))


def plan(state: State, folders: Sequence[Path]) -> Plan:
    """Compose the curves of a state.

    Raises:
        ConfigError: as `corescale run` has it.
    """
    levels = tuple(dict.fromkeys((SKETCH, state.level)))
    curves = tuple(curve_of(words, levels, folders) for words in state.curves)
    digests = tuple(_of_each(digest, curve) for curve in curves)
    texts = tuple(_of_each(written, curve) for curve in curves)
    return Plan(state, curves, levels, digests, texts, tuple(folders))


def _of_each(of: Callable[[RunConfig], str], curve: Curve) -> dict[str, str]:
    return {level: of(config) for level, config in curve.configs.items()}


def wanted(plan: Plan, store: Store) -> list[Job]:
    """List the jobs of a state that are not done."""
    return [job for job in _all(plan, store) if job.key not in store]


def _all(plan: Plan, store: Store) -> Iterator[Job]:
    selected = plan.state.selected
    others = [number for number in range(len(plan.curves)) if number != selected]
    for level in plan.levels:
        for number in (selected, *others):
            for cores in _ends_first(plan.curves[number].cores):
                yield plan.point(number, level, cores)
        if level == plan.levels[0]:
            yield plan.changes()
        found = store.get(plan.changes().key)
        base = store.get(plan.point(selected, level, plan.at).key)
        if isinstance(found, list) and isinstance(base, Point):
            for change in found:
                yield plan.changed(change, level)


def _ends_first(cores: Sequence[int]) -> list[int]:
    """Core counts in the order in which they show most: the ends, then halves of what is left."""
    order = [len(cores) - 1, 0]
    step = len(cores)
    while step > 1:
        step = (step + 1) // 2
        order += range(step, len(cores), step)
    return [cores[index] for index in dict.fromkeys([*order, *range(len(cores))])]
