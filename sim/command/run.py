"""`run`: simulate one configuration, a sweep, one curve or a whole experiment."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sim.command import effort, limits, output, table, unfelt
from sim.command.progress import progress
from sim.command.request import Request
from sim.config.compose import compose, compose_assignments
from sim.config.errors import ConfigError, message, show, suggestion
from sim.config.overrides import Assignment, expand, first_combination, key_of, parse
from sim.config.run import RunConfig
from sim.experiment.assumptions import is_relevant
from sim.experiment.changes import changes, setting
from sim.experiment.idle import remarks
from sim.experiment.plan import PlannedCurve, config_hash, load_experiment, plan, plan_curve
from sim.experiment.series import other_than
from sim.experiment.variants import Variant
from sim.experiment.variation import BASE, Variation


@dataclass(frozen=True)
class Job:
    """One curve to simulate, with its variants.

    `swept` are the keys that differ between the curves of one sweep, with this one's values;
    `layers` all overrides that made the configuration; `hashed` its hash, where a plan has it.
    """

    curve: str
    config: RunConfig
    overrides: list[str]
    experiment: str | None = None
    variants: list[Variant] = field(default_factory=list)
    swept: Mapping[str, Any] = field(default_factory=dict)
    layers: Sequence[Assignment] = ()
    hashed: str = ""

    @property
    def axes(self) -> dict[str, Any]:
        """Keys that are swept with the plain curve's values: those of its axes, too."""
        axes = [key for v in self.variants if v.kind == "axis" for key in v.variation.changes]
        return {key: setting(self.config, key) for key in axes} | dict(self.swept)

    @property
    def configs(self) -> dict[str, RunConfig]:
        """What ran, by curve as the rows name it."""
        variants = {output.name_of(self.curve, v.variation): v.config for v in self.variants}
        return {self.curve: self.config, **variants}

    @property
    def description(self) -> dict[str, Any]:
        """What ran, for the file beside the results."""
        from sim.naive_fifo import naive_fifo

        baseline = naive_fifo(self.config)
        return {
            "curve": self.curve,
            "experiment": self.experiment,
            "overrides": self.overrides,
            "config_hash": self.hashed or config_hash(self.curve, self.config, self.variants),
            "config": self.config.model_dump(mode="json"),
            "variants": [
                {
                    "id": variant.id,
                    "kind": variant.kind,
                    "cores": variant.config.core_counts,
                    "changes": variant.changes,
                }
                for variant in self.variants
            ],
            **({"naive_fifo": baseline} if baseline else {}),
        }


def run(request: Request) -> None:
    """Simulate what a request asks for; write it to `out=`, or print it."""
    path = request.selected.get("effort")
    with effort.recorded(None if path is None else effort.check_file(path)):
        _run(request)


def _run(request: Request) -> None:
    experiment = request.selected.get("experiment")
    out = request.selected.get("out")
    if experiment is None:
        check_no_curve(request)
        path = None if out is None else output.check_file(out)
        jobs = _jobs(request)
        _check_limits(jobs, "-m" if request.sweep else jobs[0].curve)
        _run_together(path, jobs, request)
        return
    if request.sweep:
        raise ConfigError(
            message("-m", "an experiment has its own curves", "leave out -m or experiment=")
        )
    if "curve" in request.selected:
        path = None if out is None else output.check_file(out)
        planned = plan_curve(
            experiment,
            request.selected["curve"],
            request.overrides,
            request.config_dirs,
            request.also,
        )
        job = planned_job(planned, experiment)
        _check_limits([job], f"experiment={experiment} curve={job.curve}")
        _run_together(path, [job], request)
        return
    folder = None if out is None else output.check_folder(out)
    curves = plan(experiment, request.overrides, request.config_dirs, request.also).curves
    jobs = [planned_job(curve, experiment) for curve in curves]
    _check_limits(jobs, f"experiment={experiment}", together=folder is None)
    if folder is None:
        _run_together(None, jobs, request)
        return
    paths = [output.check_file(str(folder / f"{job.curve}.parquet")) for job in jobs]
    with progress(sum(_points(job) for job in jobs)) as advance:
        for job, path in zip(jobs, paths, strict=True):
            output.write(path, _simulate(job, advance), job.description)
    warn_of_idle_overrides(jobs, request)


def _check_limits(jobs: Sequence[Job], origin: str, *, together: bool = True) -> None:
    """Refuse jobs that would take more memory or time than is allowed."""
    limits.check(origin, [list(job.configs.values()) for job in jobs], together=together)


def check_no_curve(request: Request) -> None:
    """Check that no curve or kernel is named that an experiment would have, where none is."""
    assert not request.also  # which says so itself
    if "curve" in request.selected:
        curve = request.selected["curve"]
        raise ConfigError(
            message(f"curve={curve}", "a curve belongs to an experiment", "add experiment=NAME")
        )


def one_curve(request: Request, verb: str) -> PlannedCurve:
    """Plan the one curve that a verb works on: a plain run, or a curve of an experiment.

    Raises:
        ConfigError: for an experiment without a curve.
    """
    experiment = request.selected.get("experiment")
    if experiment is None:
        check_no_curve(request)
        layers = tuple(parse(text) for text in request.words)
        config = compose_assignments(layers, request.config_dirs)
        folders = [text for path in request.config_dirs for text in ("--config-dir", str(path))]
        name = request.series.name if request.series else _default_curve(config)
        return PlannedCurve(
            id=name,
            label=name,
            overrides=(*folders, *request.words),
            config=config,
            config_hash=config_hash(name, config),
            variants=[],
            layers=layers,
        )
    curve = request.selected.get("curve")
    if curve is None:
        ids = [
            item.id
            for item in load_experiment(experiment, request.config_dirs, request.also).curves
        ]
        raise ConfigError(
            message(
                f"experiment={experiment}",
                f"{verb} takes one curve",
                f"add curve=ID; its curves: {', '.join(ids)}",
            )
        )
    return plan_curve(experiment, curve, request.overrides, request.config_dirs, request.also)


def last_core_count(request: Request, config: RunConfig) -> int:
    """Choose the core count that was named last; say so on stderr if the line names others."""
    named = config.cores if isinstance(config.cores, list) else config.core_counts
    others = sorted(set(named) - {named[-1]})
    if others and any(text.startswith("cores=") for text in request.overrides):
        print(
            f"cores={show(named)}: {named[-1]}, the last, is taken; not {show(others)[1:-1]}",
            file=sys.stderr,
        )
    return named[-1]


def _jobs(request: Request) -> list[Job]:
    """List the curves of a plain run: one, or with -m one per combination."""
    if not request.sweep:
        config = compose(request.words, request.config_dirs)
        name = request.series.name if request.series else _default_curve(config)
        return [Job(name, config, request.words, layers=[parse(text) for text in request.words])]
    limits.check_sweep(
        request.words, compose(first_combination(request.words), request.config_dirs)
    )
    combinations = expand(request.words)
    configs = [compose(overrides, request.config_dirs) for overrides, _ in combinations]
    names = _names([swept for _, swept in combinations])
    return [
        Job(
            name or _default_curve(config),
            config,
            overrides,
            swept={key: setting(config, key) for key in map(key_of, swept)},
            layers=[parse(text) for text in overrides],
        )
        for name, config, (overrides, swept) in zip(names, configs, combinations, strict=True)
    ]


def _default_curve(config: RunConfig) -> str:
    return f"{config.workload.name}-{config.kernel.name}"


def _names(swept: Sequence[Sequence[str]]) -> list[str]:
    """Name combinations by what differs: choices by their value, values with their key's end."""
    keys = dict.fromkeys(key_of(text) for item in swept for text in item)
    short = dict(zip(keys, ends(list(keys)), strict=True))

    def said(text: str) -> str:
        key, _, value = text.partition("=")
        return f"{short[key_of(text)]}={value}" if "." in key or key == "order" else value

    names = [",".join(said(text) for text in item) for item in swept]
    return names if len(set(names)) == len(names) else [",".join(item) for item in swept]


def ends(keys: Sequence[str]) -> list[str]:
    """Shortest ends of dotted keys that tell them apart."""
    found = []
    for key in keys:
        parts = key.split(".")
        tails = (".".join(parts[-n:]) for n in range(1, len(parts) + 1))
        others = [f".{other}" for other in keys if other != key]
        found.append(next((t for t in tails if not any(o.endswith(f".{t}") for o in others)), key))
    return found


def planned_job(planned: PlannedCurve, experiment: str) -> Job:
    """The job of a planned curve of an experiment."""
    return Job(
        planned.id,
        planned.config,
        list(planned.overrides),
        experiment,
        planned.variants,
        layers=planned.layers,
        hashed="" if planned.of[0] else planned.config_hash,  # of a curve under its own name
    )


def _points(job: Job) -> int:
    """Count the points of a job: core counts times replications, variants included."""
    configs = [job.config, *(variant.config for variant in job.variants)]
    return sum(len(config.core_counts) * config.run.replications for config in configs)


def _run_together(path: Path | None, jobs: Sequence[Job], request: Request) -> None:
    """Simulate all jobs into one Parquet file, or print them as tables."""
    repeated = {job.curve for job in jobs if [other.curve for other in jobs].count(job.curve) > 1}
    if repeated:
        raise ConfigError(
            message("-m", f"the combination {sorted(repeated)[0]} stands twice in the sweep")
        )
    with progress(sum(_points(job) for job in jobs)) as advance:
        results = [result for job in jobs for result in _simulate(job, advance)]
    warn_of_idle_overrides(jobs, request)
    say_unpublished([job.config for job in jobs], request)
    if path is None:
        points, account = output.tables(results)
        table.show(points, account, shown(jobs, request.config_dirs))
    elif request.sweep:
        output.write(path, results, {"runs": [job.description for job in jobs]})
    else:
        output.write(path, results, jobs[0].description)


def shown(jobs: Sequence[Job], config_dirs: Sequence[Path]) -> dict[str, table.Shown]:
    """What stands in the table of each curve, as its rows name it."""
    return {
        curve: table.Shown(config, changes(config, config_dirs, job.overrides))
        for job in jobs
        for curve, config in job.configs.items()
    }


def say_unpublished(configs: Sequence[RunConfig], request: Request) -> None:
    """Say on stderr which published series a plain run is not."""
    if request.series is None and "experiment" not in request.selected:
        said = [other_than(config, request.keys, request.config_dirs) for config in configs]
        for line in dict.fromkeys(filter(None, said)):
            print(line, file=sys.stderr)


def warn_of_idle_overrides(jobs: Sequence[Job], request: Request) -> None:
    """Say on stderr which settings change nothing in any of the runs, though the line has them.

    Whoever sets one expects another result.
    """
    configs = [config for job in jobs for config in job.configs.values()]
    said = list(idle_overrides(configs, request.overrides, request.config_dirs))
    idle = {remark.partition(":")[0] for remark in said}
    others = [text for text in request.overrides if key_of(text) not in idle]
    runs = [unfelt.Made(job.config, job.layers) for job in jobs]
    for remark in (*said, *unfelt.remarks(runs, others, request.config_dirs)):
        print(remark, file=sys.stderr)


def idle_overrides(
    configs: Sequence[RunConfig], overrides: Sequence[str], config_dirs: Sequence[Path]
) -> Iterator[str]:
    """Say which overrides change nothing: of another strategy, or of what no workload depends on.

    Args:
        configs: runs; what one of them depends on is not remarked upon.
        overrides: of all of them, as typed.
        config_dirs: the user's own folders.
    """
    given = [key_of(text) for text in overrides]
    yield from remarks(configs, given, config_dirs)
    for key in dict.fromkeys(key for key in given if key.startswith("kernel.")):
        if any(is_relevant(config, key) for config in configs):
            continue
        name = configs[0].workload.name
        see = f"python -m sim describe workload workload={name}"
        yield f"{key}: {name} does not depend on it; its own keys: {see}"


def say_unused(configs: Sequence[RunConfig], request: Request) -> None:
    """Say on stderr which numbers belong to strategies that the kernel's objects have not."""
    for remark in remarks(configs, request.keys, request.config_dirs):
        print(remark, file=sys.stderr)


def check_freed(variants: Sequence[Variant]) -> None:
    """Check that what the variants of one curve free is there, before anything is simulated.

    Raises:
        ConfigError: for an object that the curve's program has not, or that cannot be freed.
    """
    from sim.simulate import freeable_objects

    allowed: dict[int, list[str]] = {}
    for variant in variants:
        if variant.kind != "what_if":
            continue
        (cores,) = variant.config.core_counts
        if cores not in allowed:
            allowed[cores] = freeable_objects(variant.config, cores)
        name = variant.variation.value
        if name not in allowed[cores]:
            raise ConfigError(
                message(
                    variant.origin,
                    f"{show(name)} of {variant.config.workload.name} on "
                    f"{variant.config.kernel.name} cannot be freed",
                    suggestion(name, allowed[cores], limit=len(allowed[cores])),
                )
            )


def check_named(config: RunConfig) -> None:
    """Check that what a run itself frees or slows is there at each of its core counts.

    Raises:
        ConfigError: for an object that the run's program has not, or that cannot be freed.
    """
    from sim.simulate import freeable_objects, slowable_objects

    asked = (
        (f"free={config.free}", config.free, freeable_objects, "cannot be freed"),
        (f"slow={config.slow}", list(config.delays), slowable_objects, "is not there to be slowed"),
    )
    for origin, names, objects, refusal in asked:
        for cores in config.core_counts if names else ():
            allowed = objects(config, cores)
            for name in names:
                if name not in allowed:
                    of = f"{show(name)} of {config.workload.name} on {config.kernel.name}"
                    raise ConfigError(
                        message(
                            origin.replace("'", ""),
                            f"{of} {refusal} at {table.cores(cores)}",
                            suggestion(name, allowed, limit=len(allowed)),
                        )
                    )


def _simulate(job: Job, advance: Callable[[int], None]) -> list[output.Result]:
    """Run the engine for a job and its variants."""
    from sim.simulate import SimulationError

    check_named(job.config)
    check_freed(job.variants)
    axes = job.axes
    results = [replace(simulated(job.curve, BASE, job.config, advance), swept=axes)]
    for variant in job.variants:
        at = axes | dict(variant.variation.changes if variant.kind == "axis" else {})
        try:
            found = simulated(job.curve, variant.variation, variant.config, advance)
            results.append(replace(found, swept=at))
        except SimulationError as error:
            origin = f"{variant.origin}: " if variant.origin else ""
            raise type(error)(f"{origin}{error}") from error
    return results


def simulated(
    curve: str, variation: Variation, config: RunConfig, advance: Callable[[int], None]
) -> output.Result:
    """Run the engine for one variant of a curve."""
    from sim.simulate import simulate

    done = 0

    def report(now: int, total: int) -> None:
        nonlocal done
        advance(now - done)
        done = now

    outcome = simulate(config, report)
    return output.Result(curve, variation, outcome.points, outcome.account)
