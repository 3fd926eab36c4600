"""`explain`: what holds one core count back, and what would be gained without it.

The account says where the cycles go; what would be gained is another question. So the run is
repeated with one change at a time: each of its objects free of cost, each of the kernel's fixes
flipped, queue locks in place of the kernel's, each delay (`slow=`) taken back. The gains are ranked
beside the shares.
Replications share their seeds with those of the plain run, so a gain's interval is that of pairs:
what changes nothing has an interval of zero. Each interval holds by itself: to hold together
(Bonferroni), 27 of three replications would be five times as wide, and scatter would rank them.
"""

from __future__ import annotations

import sys
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sim.command import application, output, table
from sim.command import path as path_of
from sim.command.limits import check
from sim.command.program import WIDTH
from sim.command.progress import progress
from sim.command.request import Request, whole_number
from sim.command.run import (
    Job,
    check_named,
    last_core_count,
    one_curve,
    say_unpublished,
    say_unused,
    simulated,
)
from sim.config.keys import keys, shape_of
from sim.config.overrides import Assignment
from sim.config.run import RunConfig
from sim.experiment.changes import changes
from sim.experiment.plan import PlannedCurve
from sim.experiment.variants import Variant, changed, flipped, freed
from sim.experiment.variation import BASE
from sim.kernel.design import fixes
from sim.statistics import Interval, interval_of_gain

FIXES = "kernel.fix."
LOCKS = {"kernel.locks.spin": "mcs", "kernel.locks.mutex": "queued"}
"""Locks that do not collapse: would they have been enough?"""
CAUSES_SHOWN = 6
MOST_OBJECTS = 10_000

WORDS = {
    "compute": "work",
    "coherence": "cache lines that move",
    "lock_wait": "waiting for its {lock}",
    "memory": "waiting for memory",
    "link": "waiting for links",
    "device": "waiting for the device",
    "message_wait": "waiting for messages",
    "barrier": "waiting at a barrier",
    "blocked": "idle",
}
"""What a cause of the account says about an object."""


@dataclass(frozen=True)
class Question:
    """One core count of one curve, and what is to be changed about it."""

    curve: PlannedCurve
    config_dirs: Sequence[Path]
    cores: int
    top: int | None

    @property
    def config(self) -> RunConfig:
        """The plain run."""
        return self.curve.config


@dataclass(frozen=True)
class Answer:
    """What one change did: its gain and the share of its object, or why it could not be run.

    `then` is what takes the most cycles once it is made.
    """

    variant: Variant
    share: float | None
    gain: Interval | None
    reason: str = ""
    then: str = ""


def run(request: Request) -> None:
    """Explain one core count of a run; write the variants to `out=`, or print tables."""
    top = whole_number(request.selected, "top", MOST_OBJECTS)
    out = request.selected.get("out")
    path = None if out is None else output.check_file(out)
    question = asked(request, top)
    check(question.curve.id, [[question.config]], together=True)
    check_named(question.config)
    switches = switch_variants(question)
    objects = freeable(question)
    runs = 1 + len(switches) + len(objects[:top])
    check(question.curve.id, [[question.config] * runs], together=True)
    with progress(runs * question.config.run.replications) as advance:
        base = simulated(question.curve.id, BASE, question.config, advance)
        share = shares(base)
        largest = sorted(objects, key=lambda name: (-share.get(name, 0.0), name))[:top]
        made = [free_variant(question, name) for name in largest] + switches
        variants = [in_pairs(variant, base) for variant in made]
        results, answers = [base], []
        for variant in variants:
            result, reason = attempt(question.curve.id, variant, advance)
            gain = None if result is None else gain_of(result, base)
            freed_share = share.get(variant.variation.value, 0.0) if is_freed(variant) else None
            then = "" if result is None else path_of.largest(result)
            answers.append(Answer(variant, freed_share, gain, reason, then))
            results += [] if result is None else [result]
    if path is None:
        show(question, base, answers, objects)
        walk(question, whole_number(request.selected, "steps", path_of.MOST_STEPS))
        return
    for answer in answers:
        if answer.gain is None:
            print(f"{answer.variant.id}: left out: {answer.reason}", file=sys.stderr)
    have_run = [result.variation for result in results]
    done = [variant for variant in variants if variant.variation in have_run]
    overrides = [*question.curve.overrides, f"cores=[{question.cores}]"]
    experiment = request.selected.get("experiment")
    job = Job(question.curve.id, question.config, overrides, experiment, done)
    output.write(path, results, job.description)


def walk(question: Question, most: int | None) -> None:
    """Print the path of next bottlenecks, if a number of steps was asked for."""
    if most is None:
        return
    switches = [
        Assignment(one.id, one.id, one.variation.key, one.variation.value)
        for one in switch_variants(question)
        if one.variation.key.startswith(FIXES) and one.variation.value is True
    ]
    curve = question.curve
    found = path_of.Walk(curve.id, curve.layers, question.config_dirs, lambda done: None)
    walked = list(path_of.steps(found, switches, most))
    if sys.stdout.isatty():
        print()
    unit = f"{question.config.workload.unit}/s per core"
    title = f"Next bottlenecks, one fix or pair after another, in {unit}"
    taken = sum(len(step.changes) for step in walked[:-1])
    path_of.draw(walked, title, taken < len(switches))


def asked(request: Request, top: int | None) -> Question:
    """Compose the plain run at one core count: the last of those that are named."""
    curve = one_curve(request, "explain")
    cores = last_core_count(request, curve.config)
    at_one = [*request.overrides, f"cores=[{cores}]"]
    curve = one_curve(replace(request, overrides=at_one), "explain")
    say_unused([curve.config], request)
    say_unpublished([curve.config], request)
    return Question(curve, request.config_dirs, cores, top)


def switch_variants(question: Question) -> list[Variant]:
    """Flip each of the kernel's fixes and change its locks, where the workload depends on them."""
    known = keys(shape_of(question.config))
    run = question.config, question.curve.layers, question.config_dirs
    switches = [key for key in known if key.startswith(FIXES)]
    found = [flipped(key, key, *run) for key in switches if is_about(key, question.config)]
    for key, kind in LOCKS.items():
        if key in known:
            found.append(changed(Assignment(f"{key}={kind}", key, key, kind), *run))
    found += undelayed(question)
    return [variant for variant in found if variant is not None]


def is_about(key: str, config: RunConfig) -> bool:
    """Whether a fix changes what the kernel has: one that stands alone, its one way without it."""
    of, fix = fixes()[key.removeprefix(FIXES)]
    chosen: Any = config.kernel.objects
    for name in (*of.key.split("."), fix.setting):
        chosen = getattr(chosen, name, None)
    return not fix.alone or chosen in (fix.off, fix.on)


def undelayed(question: Question) -> list[Variant | None]:
    """Take back each delay of the run alone: what it costs."""
    run, delays = question.config, question.config.slow
    rest = [[other for other in delays if other != text] for text in delays]
    given = [Assignment(f"slow={kept}", "slow", "slow", kept) for kept in rest]
    return [changed(one, run, question.curve.layers, question.config_dirs) for one in given]


def free_variant(question: Question, name: str) -> Variant:
    """Free one object."""
    layers: Sequence[Assignment] = question.curve.layers
    return freed(name, f"free={name}", question.config, layers, question.config_dirs)


def in_pairs(variant: Variant, base: output.Result) -> Variant:
    """Let a variant have every seed of the plain run, however soon its own mean is precise."""
    return replace(variant, config=path_of.as_often(variant.config, base))


def is_freed(variant: Variant) -> bool:
    """Whether a variant frees an object, rather than flipping a switch."""
    return variant.kind == "what_if"


def freeable(question: Question) -> list[str]:
    """Objects that can be freed and are not free already."""
    from sim.simulate import freeable_objects

    allowed = freeable_objects(question.config, question.cores)
    return [name for name in allowed if name not in question.config.free]


def attempt(
    curve: str, variant: Variant, advance: Callable[[int], None]
) -> tuple[output.Result | None, str]:
    """Simulate a variant: its result, or why there is none (an operation of nothing else, say)."""
    from sim.simulate import SimulationError

    try:
        return simulated(curve, variant.variation, variant.config, advance), ""
    except SimulationError as error:
        return None, str(error)


# --- arithmetic ----------------------------------------------------------------------------


def causes(base: output.Result) -> dict[tuple[str, str], float]:
    """Share of each (object, cause) in the cycles of all replications, largest first."""
    total: defaultdict[tuple[str, str], float] = defaultdict(float)
    for row in base.account:
        total[row["object"], row["cause"]] += row["cycles_per_operation"]
    everything = sum(total.values())
    ranked = sorted(total.items(), key=lambda item: (-item[1], item[0]))
    return {name: cycles / everything for name, cycles in ranked if cycles > 0}


def shares(base: output.Result) -> dict[str, float]:
    """Share of each object, all its causes together."""
    total: defaultdict[str, float] = defaultdict(float)
    for (name, _), share in causes(base).items():
        total[name] += share
    return dict(total)


def gain_of(result: output.Result, base: output.Result) -> Interval:
    """Gain in throughput of a variant over the plain run."""
    after, before = ({row["seed"]: row["throughput"] for row in r.points} for r in (result, base))
    return interval_of_gain(after, before)


# --- words ---------------------------------------------------------------------------------


def show(
    question: Question,
    base: output.Result,
    answers: Sequence[Answer],
    objects: Sequence[str] | None = None,
) -> None:
    """Print where the cycles go, what would be gained, and how the two compare.

    Args:
        objects: that can be freed; the waits at others have rows of their own. None: no such rows.
    """
    from sim.simulate import locks_waited_for

    config, found = question.config, causes(base)
    per_core = [row["throughput_per_core"] for row in base.points]
    mean, unit = sum(per_core) / len(per_core), base.points[0]["unit"]
    changed_here = changes(config, question.config_dirs, question.curve.overrides)
    where = table.Shown(config, changed_here).heading
    table.draw(
        f"{where}: {table.number(mean)} {unit}/s per core at {table.cores(question.cores)}",
        ["cycles", "where they go"],
        [
            [f"{share:.1%}", cause_in_words(what, locks_waited_for(config, question.cores))]
            for what, share in list(found.items())[:CAUSES_SHOWN]
        ],
    )
    if sys.stdout.isatty():
        print()
    ranked = sorted(answers, key=lambda a: (a.gain is None, -a.gain.low if a.gain else 0.0))
    replications = len(base.points)
    own = application.own_work(base)
    table.draw(
        f"Throughput gained by one change at a time, the {surest(replications)} gains first",
        ["gain", "95 %", "cycles", "change"],
        [_row(answer) for answer in ranked if not _is_own(answer, own)],
    )
    if sys.stdout.isatty():
        print()
    theirs = [_row(answer) for answer in ranked if _is_own(answer, own)]
    theirs += [] if objects is None else application.rows(base, objects)
    if theirs:
        title = (
            "What the application does and waits for, its memory included: no kernel takes it away"
        )
        table.draw(title, ["gain", "95 %", "cycles", "change"], theirs)
        if sys.stdout.isatty():
            print()
    lines = list(compared(shares(base), answers, replications, config.run.precision, own))
    lines += table.remarks(base.points)
    if base.points[0]["resonant"]:
        lines.append("This run is resonant: it jumps if lines cost a little more or less.")
    for line in lines:
        print(textwrap.fill(line, WIDTH) if sys.stdout.isatty() else f"# {line}")


def cause_in_words(what: tuple[str, str], locks: Mapping[str, Sequence[str]]) -> str:
    """Put one (object, cause) into words, such as `vfsmount table: waiting for its ticket lock`."""
    name, cause = what
    lock = " or ".join(locks.get(name, [])) or "lock"
    return f"{name}: {WORDS[cause].format(lock=lock)}".replace("_", " ")


def _is_own(answer: Answer, own: Set[str]) -> bool:
    return is_freed(answer.variant) and answer.variant.variation.value in own


def _row(answer: Answer) -> list[str]:
    share = "" if answer.share is None else f"{answer.share:.1%}"
    if answer.gain is None:
        return ["", "", share, f"{answer.variant.id} cannot be run: {answer.reason}"]
    sure = around(answer.gain) if answer.variant.config.run.replications > 1 else ""
    return [f"{answer.gain.value:+z.1%}", sure, share, answer.variant.id]


def around(gain: Interval) -> str:
    """Ends of an interval from its value: `+-2.0%`, or `-1.9% +2.1%` where the two differ."""
    below, above = f"{gain.value - gain.low:.1%}", f"{gain.high - gain.value:.1%}"
    return f"+-{above}" if below == above else f"-{below} +{above}"


def surest(replications: int) -> str:
    """What the gain is that is ranked first: with one replication no gain is surer than another."""
    return "surest" if replications > 1 else "largest"


def compared(
    share: Mapping[str, float],
    answers: Sequence[Answer],
    replications: int,
    precision: float = 0.0,
    own: Set[str] = frozenset(),
) -> Iterator[str]:
    """Say whether the largest slice is the surest gain, and how sure the gains are.

    Args:
        share: part of the cycles that each object takes.
        answers: what every change did.
        replications: of each run.
        precision: a gain that is smaller is none.
        own: objects that are the application's, which no kernel makes free.
    """
    known = {a.variant.id: a.gain for a in answers if a.gain is not None}
    freeing = {a.variant.variation.value: a.variant.id for a in answers if is_freed(a.variant)}
    if not known:
        return
    slice_ = max(share, key=lambda name: share[name])
    takes = f"{slice_} takes the most cycles ({share[slice_]:.0%})"
    kernels = [a.variant.id for a in answers if a.variant.id in known and not _is_own(a, own)]
    best = max(kernels or known, key=lambda change: known[change].low)
    then = {a.variant.id: a.then for a in answers}.get(freeing.get(slice_, ""), "")
    alone = known.get(freeing.get(slice_, ""))
    if known[best].low <= precision:
        none = "more than its interval" if replications > 1 else "anything"
        if precision and known[best].low > 0:
            none = f"more than the run's precision ({precision:.0%})"
        worse = alone is not None and alone.high < 0
        yield f"{takes}{_alone(alone, then) if worse else ''}, and no change alone gains {none}."
    elif best == freeing.get(slice_):
        yield f"{takes}, and is the {surest(replications)} gain: {known[best].value:+z.1%}."
    else:
        yield (
            f"{takes}{_alone(alone, then)}; "
            f"the {surest(replications)} gain is {best}: {known[best].value:+z.1%}."
        )
    if replications == 1:
        yield "One replication: nothing says how sure these gains are."
    else:
        yield (
            f"{len(known)} gains, each with a 95 % interval of its own of {replications} "
            "replications: one in twenty such intervals misses."
        )


def _alone(gain: Interval | None, then: str = "") -> str:
    """Say what the largest slice gains when it is free, and what is next where that is a loss."""
    if gain is None:
        return " and was not freed"
    if gain.holds(0.0):
        return " and gains nothing that is sure"
    if gain.high < 0 and then:
        return (
            f", but something else hides behind it: were it free, throughput would fall by "
            f"{-gain.value:.0%}, as its cores would meet at the next ({then})"
        )
    return f" and gains {gain.value:+z.1%}"
