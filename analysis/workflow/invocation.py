"""What `snakemake` was asked for: `--config` checked, experiments planned.

The Snakefile holds rules only; whatever it needs to know stands here. Every error is one message
and a non-zero exit, before any job starts.
"""

from __future__ import annotations

import fnmatch
import getpass
import os
import re
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from analysis.read import made_from
from sim import extensions
from sim.config.errors import ConfigError, message, show, suggestion
from sim.config.files import unchanging
from sim.experiment import papers
from sim.experiment.plan import (
    Plan,
    PlannedCurve,
    experiments,
    load_experiment,
    plan_all,
    plan_one_of_several,
)
from sim.fork_server import ForkServer

KEYS = ("experiments", "exclude", "name", "overrides", "also", "config_dirs")
PRELOAD = (
    "sim.version:engine_hash",
    "sim.version:behaviour_hash",
    "analysis.read.made_from:code",
    "sim.command.run",
    "sim.experiment.calibrations:keep",
    "sim.experiment.plan:keep",
    "sim.command.warm:load",
    "analysis.artifact.files",
    "seaborn",
    "scipy.optimize",
    "scipy.sparse.csgraph",
    "analysis.draw:load",
    "analysis.report.site",
)
"""What the jobs of a workflow import, and load at their first use.

The digests of the sources come first: results name the code that made them, whatever is edited
while they are made.
"""
PAPER = "paper"
RESULTS = Path("results")
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
CONFIGURATION = "snakemake --config"


@dataclass(frozen=True)
class Workflow:
    """One `snakemake` run: which experiments, under which name, with which overrides.

    `experiments` are those asked for; `plans` holds those whose results they take as well.
    `on_request` are those that a pattern stands for, too, and that run only when they are named.
    """

    name: str
    overrides: tuple[str, ...]
    experiments: list[str]
    plans: Mapping[str, Plan]
    config_dirs: tuple[Path, ...] = ()
    also: tuple[str, ...] = ()
    on_request: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """Folder of the results, relative to the working directory."""
        return (RESULTS / self.name).as_posix()

    @property
    def remark(self) -> str:
        """Return what to say of experiments that a pattern does not choose; empty: nothing."""
        if not self.on_request:
            return ""
        return (
            f"left out, as they take long: {', '.join(self.on_request)}; "
            "an experiment that runs on request has to be named in full"
        )

    @property
    def name_pattern(self) -> str:
        """Return the one run that rules may write: `[^/]+` would let a sweep redo the paper's."""
        return re.escape(self.name)

    @property
    def artifacts(self) -> list[str]:
        """Return the verdict file of every experiment, which stands for its figures and tables."""
        return [f"{self.folder}/{name}/claims.json" for name in self.experiments]

    def curve(self, experiment: str, curve: str) -> PlannedCurve:
        """One planned curve."""
        return self._plan(experiment).curve(curve)

    def points(self, run: str, experiment: str) -> list[str]:
        """Return the Parquet files of an experiment's curves."""
        sources = [
            (name or experiment, curve or planned.id)
            for planned in self._plan(experiment).curves
            for name, curve in [planned.of]
        ]
        return [f"{RESULTS.as_posix()}/{run}/{name}/{curve}.parquet" for name, curve in sources]

    def traces(self, run: str, experiment: str) -> list[str]:
        """Return the trace of an experiment's timeline, if it has one."""
        timeline = self._plan(experiment).experiment.timeline
        if timeline is None:
            return []
        return [f"{RESULTS.as_posix()}/{run}/{experiment}/traces/{timeline.curve}.parquet"]

    def trace_arguments(self, experiment: str, curve: str) -> str:
        """Return what to paste after `python -m sim trace` for an experiment's timeline."""
        timeline = self._plan(experiment).experiment.timeline
        assert timeline is not None
        extra = [f"cores=[{timeline.cores}]", f"records={timeline.records}", *timeline.overrides]
        return f"{self.curve(experiment, curve).arguments} {shlex.join(extra)}"

    def references(self, experiment: str) -> list[str]:
        """Return the published numbers that an experiment is compared with."""
        found = made_from.references(self._plan(experiment).experiment)
        # Snakemake takes braces, which a user's own folder may have, for wildcards. It needs none
        # of these files: what was made from which content, digests in the results say.
        names = [os.path.relpath(path) for path in found.values()]
        return [name for name in names if not {"{", "}"} & set(name)]

    def paper(self, experiment: str) -> str:
        """Return the paper that an experiment belongs to, in words."""
        return papers.of_experiment(self._plan(experiment).experiment).short

    @property
    def folders(self) -> list[str]:
        """Return the user's own folders and kernels as arguments of `python -m analysis`."""
        return [
            *(f"--config-dir={folder}" for folder in self.config_dirs),
            *(f"--also={kernel}" for kernel in self.also),
        ]

    def title(self, experiment: str) -> str:
        """Return what an experiment shows, with its place in the paper."""
        asked = self._plan(experiment).experiment
        return f"{asked.artifact}: {asked.title}" if asked.artifact else asked.title

    def _plan(self, experiment: str) -> Plan:
        if experiment not in self.plans:
            raise ConfigError(
                message(
                    experiment,
                    "not one of the experiments of this run",
                    suggestion(experiment, self.plans),
                )
            )
        return self.plans[experiment]


class PlannedWhenAsked(Mapping[str, Plan]):
    """Plans of experiments whose overrides have been checked, each made when it is asked for.

    A cluster starts a Snakemake for each curve, which needs one plan and not the others.
    """

    def __init__(
        self,
        names: Iterable[str],
        overrides: tuple[str, ...],
        config_dirs: tuple[Path, ...] = (),
        also: tuple[str, ...] = (),
    ) -> None:
        self._beside = overrides, config_dirs, also
        self._made: dict[str, Plan | None] = dict.fromkeys(names)

    def __getitem__(self, name: str) -> Plan:
        plan = self._made[name]
        if plan is None:
            plan = self._made[name] = plan_one_of_several(name, *self._beside)
        return plan

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)

    def __contains__(self, name: object) -> bool:
        return name in self._made


def name_user() -> None:
    """Give a user without an entry in passwd the name of its number, for which Snakemake asks."""
    try:
        getpass.getuser()
    except (KeyError, OSError):
        os.environ["LOGNAME"] = str(os.getuid())


def fork_server() -> ForkServer:
    """Return the process that imports for all jobs of a workflow, not started yet."""
    return ForkServer(PRELOAD)


def read(config: Mapping[str, object], node: bool = False) -> Workflow:
    """Check `snakemake --config` and plan its experiments, or exit with one message.

    On a `node` of a cluster, which is sent what has been checked, plan only what is asked for.
    """
    try:
        return checked(config, node)
    except ConfigError as error:
        leave(error)
    except Exception as error:
        own = extensions.problem(error)
        if own:
            raise SystemExit(f"error: {own}") from None
        raise


def leave(error: ConfigError) -> NoReturn:
    """Exit with the message alone: no traceback, no jobs, a non-zero status."""
    raise SystemExit(f"conf error: {error}")


@unchanging()
def checked(config: Mapping[str, object], node: bool = False) -> Workflow:
    """Check `snakemake --config` and plan its experiments.

    Raises
    ------
    ConfigError : an unknown key, a bad name, experiment or override, or nowhere to write
    """
    for key in config:
        if key not in KEYS:
            raise ConfigError(
                message(
                    f"{CONFIGURATION} {key}={config[key]}", "unknown key", suggestion(key, KEYS)
                )
            )
    overrides = _texts(config, "overrides")
    name = _as_typed(config.get("name", PAPER), node)
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise ConfigError(
            message(
                f"{CONFIGURATION} name={name}",
                f"{show(name)} cannot name a results folder",
                "allowed: letters, digits, _ . and -, not beginning with . or -",
            )
        )
    if overrides and name == PAPER:
        raise ConfigError(
            message(
                f"{CONFIGURATION} overrides={_list(overrides)}",
                "overrides need a name, because results/paper keeps the papers' configuration",
                "add a name, for example: name=my_sweep",
            )
        )
    folders = tuple(Path(text) for text in _texts(config, "config_dirs"))
    also = _texts(config, "also")
    for key, what in (("config_dirs", "folders"), ("also", "kernels")):
        if _texts(config, key) and name == PAPER:
            raise ConfigError(
                message(
                    f"{CONFIGURATION} {key}={_list(_texts(config, key))}",
                    f"{what} of your own need a name, because results/paper keeps the papers'",
                    "add a name, for example: name=mine",
                )
            )
    found, waiting = _experiments(_texts(config, "experiments"), folders)
    names = _left(found, _texts(config, "exclude"), folders)
    _writable(RESULTS / name)
    curves = [curve for item in names for curve in load_experiment(item, folders).curves]
    reused = {curve.source[0] for curve in curves if curve.of}
    needed = [*names, *sorted(reused - set(names))]
    if node:
        planned: Mapping[str, Plan] = PlannedWhenAsked(needed, overrides, folders, also)
    else:
        plans = plan_all(needed, overrides, folders, also)
        planned = dict(zip(needed, plans, strict=True))
    return Workflow(name, overrides, names, planned, folders, also, waiting)


def _as_typed(name: object, node: bool) -> object:
    """Return a results' name as it was typed: Snakemake reads 0123 as the number 123.

    Raises
    ------
    ConfigError : it was typed otherwise, as far as the command line tells
    """
    if not isinstance(name, int | float):
        return name
    words = [word.removeprefix("--config=") for word in sys.argv]
    typed = [word.partition("=")[2].strip("\"'") for word in words if word.startswith("name=")]
    if node or typed[-1:] == [str(name)]:
        return str(name)
    text = typed[-1] if typed else str(name)
    letters = re.sub(r"[^A-Za-z0-9_.-]", "", text) or name
    raise ConfigError(
        message(
            f"{CONFIGURATION} name={text}",
            f"Snakemake reads it as the number {name}",
            f"begin it with a letter, such as name=run_{letters}",
        )
    )


def _experiments(
    wanted: tuple[str, ...], config_dirs: tuple[Path, ...] = ()
) -> tuple[list[str], tuple[str, ...]]:
    """Names of the experiments that are asked for; `paper/*` stands for all of a paper.

    Returns
    -------
    those to run, without a wish all; and those that a pattern stands for, too, but that take
    minutes, and run only when they are named

    Raises
    ------
    ConfigError : no experiment of that name, or patterns stand for such alone
    """
    known = experiments(config_dirs)
    matching = [*dict.fromkeys(_matching("experiments", wanted or ("*",), known))]
    waiting = tuple(
        name
        for name in matching
        if name not in wanted and load_experiment(name, config_dirs).on_request
    )
    chosen = [name for name in matching if name not in waiting]
    if not chosen:
        raise ConfigError(
            message(
                f"{CONFIGURATION} experiments={_list(wanted)}",
                f"only experiments that run on request: {', '.join(waiting)}",
                "name those that you want in full",
            )
        )
    return chosen, waiting if wanted else ()


def _left(names: list[str], left_out: tuple[str, ...], config_dirs: tuple[Path, ...]) -> list[str]:
    """Names without those that are left out: an experiment may choose itself what is overridden."""
    out = set(_matching("exclude", left_out, experiments(config_dirs)))
    left = [name for name in names if name not in out]
    if not left:
        raise ConfigError(
            message(f"{CONFIGURATION} exclude={_list(left_out)}", "leaves no experiment")
        )
    return left


def _matching(key: str, patterns: tuple[str, ...], known: Iterable[str]) -> Iterator[str]:
    """Yield the experiments that each pattern stands for; one that stands for none is refused."""
    known = sorted(known)
    for pattern in patterns:
        matches = fnmatch.filter(known, pattern)
        if not matches:
            raise ConfigError(
                message(
                    f"{CONFIGURATION} {key}={_list(patterns)}",
                    f"no experiment called {show(pattern)}",
                    suggestion(pattern, known),
                    "see: python -m sim list experiment",
                )
            )
        yield from matches


def _texts(config: Mapping[str, object], key: str) -> tuple[str, ...]:
    """Return a list of texts; a single text is a list of one."""
    value = config.get(key, [])
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        example = 'overrides=["hardware.coherence.hop_cycles=200"]'
        if key in ("experiments", "exclude"):
            example = f'{key}=["osdi10/fig04_exim"]'
        if key == "also":
            example = 'also=["linux_mine"]'
        raise ConfigError(
            message(
                f"{CONFIGURATION} {key}={value}",
                f"{show(value)} is not a list of texts",
                f"write it as: '{example}'",
            )
        )
    return tuple(items)


def _list(items: tuple[str, ...] | list[str]) -> str:
    return "[" + ",".join(f'"{item}"' for item in items) + "]"


def _writable(folder: Path) -> None:
    """Check that results can be written, without creating anything."""
    for place in (folder, *folder.parents):
        if place.is_symlink() or place.exists():
            if not place.is_dir():
                raise ConfigError(message(f"{place}", "is not a folder; results cannot go there"))
            if not os.access(place, os.W_OK | os.X_OK):
                raise ConfigError(message(f"{place}", "cannot be written; results go there"))
            return
