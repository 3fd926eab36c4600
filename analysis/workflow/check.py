"""A claim by itself: what it needs is simulated, it is judged, and compared with the record.

Nothing is read from a folder of results and nothing is written. What a claim needs says
`analysis/judge/needs.py`; claims of one experiment that are asked for together share their runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.artifact.analyse import compare_all, evidence_of
from analysis.judge import claims, needs, recorded
from analysis.judge.evidence import Evidence
from analysis.read import breakdown
from analysis.read.tidy import with_variants_joined
from analysis.wording import GREEN, label_of, number
from sim.command import limits, output
from sim.command.progress import progress
from sim.command.run import simulated
from sim.experiment import papers
from sim.experiment.calibrations import of_experiment
from sim.experiment.claim import Claim
from sim.experiment.file import Experiment
from sim.experiment.plan import load_experiment, plan_curve
from sim.experiment.references import roots

HOLDS, FAILS_AS_RECORDED, DIFFERS = 0, 3, 4
"""Exit status: it holds; it fails as the record says; its verdict is another than the recorded."""
LIMITATIONS = "docs/limitations.md"


@dataclass(frozen=True)
class Checked:
    """A claim that was judged by itself, and what the record says of it, if it has it."""

    name: str
    verdict: claims.Verdict
    recorded: recorded.Recorded | None

    @property
    def holds(self) -> bool:
        """Whether it is reproduced, or holds in the model."""
        return self.verdict.verdict in GREEN

    @property
    def as_recorded(self) -> bool:
        """Whether its verdict is the recorded one; true where nothing is recorded."""
        return self.recorded is None or self.recorded.verdict == self.verdict.verdict

    @property
    def status(self) -> int:
        """Exit status."""
        if not self.as_recorded:
            return DIFFERS
        return HOLDS if self.holds else FAILS_AS_RECORDED

    def lines(self) -> Iterator[str]:
        """Yield what was asked, measured and found, and why."""
        found = self.verdict
        yield self.name
        yield f"  claim     {found.statement}"
        if found.metric:
            yield f"  metric    {found.metric}"
        if found.value is not None:
            yield f"  measured  {_shown(found.value)}{self._recorded_value()}"
            yield f"  expected  {self._expected()}"
        basis = f" ({found.basis})" if found.basis else ""
        yield f"  verdict   {found.verdict}{self._recorded_verdict()}{basis}"
        if found.reason:
            yield f"  reason    {found.reason}"
        if found.why:
            yield f"  why       {found.why}"
        if found.limitation:
            yield f"  see       {LIMITATIONS}, {found.limitation}"

    def _expected(self) -> str:
        published = self.verdict.published
        parts = [] if published is None else [f"{_shown(published)} (published)"]
        if not isinstance(published, str):
            parts.append(self.verdict.criterion)
        return ", ".join(parts)

    def _recorded_value(self) -> str:
        if self.recorded is None or not self.recorded.value:
            return ""
        before = self.recorded.value
        if before == str(self.verdict.value):
            return ", as recorded"
        return f" (recorded: {_shown(_value(before))})"

    def _recorded_verdict(self) -> str:
        if self.recorded is None:
            return ", which is not recorded"
        return ", as recorded" if self.as_recorded else f"; recorded: {self.recorded.verdict}"


def _value(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _shown(value: float | str) -> str:
    return label_of(value) if isinstance(value, str) else number(value)


# --- simulating and judging ------------------------------------------------------------------


def check(found: Mapping[str, Sequence[Claim]], config_dirs: Sequence[Path] = ()) -> list[Checked]:
    """Simulate what some claims need, and judge them.

    Parameters
    ----------
    found : by experiment, as `claim_names.find` finds them

    Raises
    ------
    ConfigError : a run would take more memory or time than is allowed
    SimulationError : a run fails
    """
    asked = [_Asked.of(name, claims, config_dirs) for name, claims in found.items()]
    configs = [[run.config for run in one.runs] for one in asked if one.runs]
    if configs:
        limits.check("check", configs, together=True)
    points = sum(
        len(config.core_counts) * config.run.replications for runs in configs for config in runs
    )
    with progress(points) as advance:
        return [checked for one in asked for checked in one.checked(advance)]


@dataclass(frozen=True)
class _Asked:
    """Claims of one experiment, and the runs that they need together."""

    experiment: Experiment
    claims: Sequence[Claim]
    runs: list[needs.Run]

    @classmethod
    def of(cls, name: str, claims: Sequence[Claim], config_dirs: Sequence[Path]) -> _Asked:
        experiment = load_experiment(name, config_dirs)
        named = {
            curve
            for claim in claims
            for metric in claim.metrics
            for curve in needs.curves(metric, experiment)
        }
        wanted = [curve.id for curve in experiment.curves if curve.id in named]
        curves = [plan_curve(name, curve, config_dirs=config_dirs) for curve in wanted]
        nothing = evidence_from(experiment, [])
        runs = (run for claim in claims for run in needs.runs(claim, experiment, curves, nothing))
        return cls(experiment, claims, needs.joined(runs))

    def checked(self, advance: Callable[[int], None]) -> list[Checked]:
        """Simulate the runs, and judge the claims."""
        results = [simulated(run.curve, run.variation, run.config, advance) for run in self.runs]
        evidence = evidence_from(self.experiment, results)
        stated = papers.of_experiment(self.experiment).judged == "statements"
        name, names = self.experiment.name, claims.names_of_curves(self.experiment)
        return [
            Checked(
                f"{name}/{claim.id}",
                claims.evaluate(claim, evidence, stated, names),
                recorded.of(name, claim),
            )
            for claim in self.claims
        ]


def evidence_from(experiment: Experiment, results: Sequence[output.Result]) -> Evidence:
    """What claims are judged by, from results that no file holds."""
    points, account = (with_variants_joined(table) for table in output.tables(results))
    fits = of_experiment(experiment)
    compared = compare_all(experiment, points, roots(experiment.config_dirs), fits)
    return evidence_of(experiment, points, breakdown.shares(account), compared, fits)
