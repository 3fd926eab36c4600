"""A path of next bottlenecks: from a run's kernel to the best that its own switches make.

At each step every switch of the kernel that is still off is tried alone, and the surest gain is
taken. Where none gains more than the run's precision, bottlenecks hide behind one another: then all
pairs are tried, and the surest pair is taken. The path ends where no pair gains either, or after as
many steps as were asked for. Its last line turns on everything that is left, which shows what a
greedy path misses. A step's interval is that of pairs of replications with the same seeds, all of
those before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from sim.command import output, table
from sim.command.run import simulated
from sim.config.compose import compose_assignments
from sim.config.overrides import Assignment
from sim.config.run import RunConfig
from sim.experiment.assumptions import relevant
from sim.experiment.variation import BASE
from sim.statistics import Interval, interval_of_gain

Changes = tuple[Assignment, ...]
MOST_STEPS = 20


@dataclass(frozen=True)
class Step:
    """A run of the path: what it changes of the one before, what that gains, and what is next."""

    changes: Changes
    gain: Interval | None
    per_core: float
    largest: str

    @property
    def words(self) -> str:
        """Its changes as overrides."""
        return " ".join(one.text for one in self.changes)


class Walk:
    """The runs that a path is found with; each is simulated once.

    Args:
        curve: name of the run in results.
        layers: overrides that made it.
        folders: the user's own.
        advance: called with the replications that are done.
    """

    def __init__(
        self,
        curve: str,
        layers: Sequence[Assignment],
        folders: Sequence[Path],
        advance: Callable[[int], None],
    ) -> None:
        self._curve, self._layers, self._folders = curve, list(layers), folders
        self._advance = advance
        self._known: dict[frozenset[str], output.Result] = {}

    def config(self, changes: Changes) -> RunConfig:
        """The run with some changes."""
        return compose_assignments([*self._layers, *changes], self._folders)

    def run(self, changes: Changes, base: output.Result | None = None) -> output.Result:
        """Simulate the run with some changes, at least as often as the one before them."""
        key = frozenset(one.text for one in changes)
        known = self._known.get(key)
        if known is None or (base is not None and len(known.points) < len(base.points)):
            config = self.config(changes) if base is None else as_often(self.config(changes), base)
            self._known[key] = simulated(self._curve, BASE, config, self._advance)
        return self._known[key]

    def gain(self, before: Changes, changes: Changes) -> Interval:
        """Gain in throughput of some changes on top of others."""
        base = self.run(before)
        after = self.run((*before, *changes), base)
        rates, plain = (
            {row["seed"]: row["throughput"] for row in result.points} for result in (after, base)
        )
        return interval_of_gain(rates, plain)

    def step(self, before: Changes, changes: Changes, gain: Interval | None) -> Step:
        """Describe the run that some changes lead to."""
        found = self.run((*before, *changes))
        values = [row["throughput_per_core"] for row in found.points]
        return Step(changes, gain, sum(values) / len(values), largest(found))


def as_often(config: RunConfig, base: output.Result) -> RunConfig:
    """A run that has every seed of a plain one, so that pairs leave out nothing of that.

    A plain run that jumps between two speeds needs many replications; without what makes it jump
    three would be precise, and the pairs would be those three.
    """
    least = max(config.run.minimum_replications, len(base.points))
    run = config.run.model_copy(update={"minimum_replications": least})
    return config.model_copy(update={"run": run})


def largest(result: output.Result) -> str:
    """What takes the most cycles of a run, with its share."""
    total: dict[tuple[str, str], float] = {}
    for row in result.account:
        key = row["object"], row["cause"]
        total[key] = total.get(key, 0.0) + row["cycles_per_operation"]
    (name, cause), most = max(total.items(), key=lambda item: (item[1], item[0]))
    return f"{most / sum(total.values()):.0%} {name} {cause.replace('_', ' ')}"


def steps(found: Walk, switches: Sequence[Assignment], most: int) -> Iterator[Step]:
    """Walk the path; yields the plain run first.

    Args:
        switches: that are off in the plain run, and may be turned on.
        most: steps at most.
    """
    taken: Changes = ()
    yield found.step((), (), None)
    for _ in range(most):
        left = [one for one in switches if one not in taken]
        felt = [one for one in left if _is_felt(found, taken, one)]
        precision = found.config(taken).run.precision
        best = _best(found, taken, [(one,) for one in felt])
        if best is None or best[1].low <= precision:
            best = _best(found, taken, list(combinations(felt, 2)))
        if best is None or best[1].low <= precision:
            break
        yield found.step(taken, *best)
        taken = (*taken, *best[0])
    rest = tuple(one for one in switches if one not in taken)
    if rest:
        yield found.step(taken, rest, found.gain(taken, rest))


def _is_felt(found: Walk, taken: Changes, one: Assignment) -> bool:
    return relevant(found.config((*taken, one))) != relevant(found.config(taken))


def _best(found: Walk, taken: Changes, among: Sequence[Changes]) -> tuple[Changes, Interval] | None:
    """The changes that surely gain the most; None if there are none."""
    gains = [(changes, found.gain(taken, changes)) for changes in among]
    return max(gains, key=lambda item: item[1].low, default=None)


def draw(walked: Sequence[Step], title: str, is_whole: bool) -> None:
    """Print a path as a table.

    Args:
        is_whole: whether the last line is all that was left.
    """
    rows = []
    for number, step in enumerate(walked):
        last = is_whole and number == len(walked) - 1
        name = "all the rest" if last and number else str(number)
        gain = "" if step.gain is None else f"{step.gain.value:+z.1%}"
        words = step.words or "as it is"
        rows.append([name, gain, table.number(step.per_core), step.largest, words])
    table.draw(title, ["step", "gain", "per core", "then the most cycles", "change"], rows)
