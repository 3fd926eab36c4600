"""What leaves the lab: lines for a terminal, and an experiment that Snakemake runs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from lab.plan import Plan
from lab.runs import EXPERIMENT_FOLDER, key_of, labels
from lab.state import SPEED_UP
from lab.view import title_of
from sim.config.errors import ConfigError, FileError, message
from sim.config.files import CONF, choices, display
from sim.drafts import write_text
from sim.experiment.file import Experiment
from sim.experiment.plan import load_experiment
from sim.experiment.plan import plan as planned

HEADING = "# Saved by `corescale lab`."
"""First line of a saved experiment, by which the lab knows what it may replace."""


def commands(plan: Plan) -> str:
    """The lines that print what the page shows: each curve, and the gains of the selected one."""
    level = plan.state.level
    folders = [text for path in plan.folders for text in ("--config-dir", str(path))]
    lines = [
        ["corescale", "run", *folders, *curve.arguments, f"run={level}"] for curve in plan.curves
    ]
    words = [word for word in plan.curve.words if key_of(word) != "cores"]
    explained = ["corescale", "explain", *folders, *words, f"cores=[{plan.at}]", f"run={level}"]
    return "\n".join(shlex.join(line) for line in (*lines, explained))


def checked_name(name: str) -> str:
    """The full name of an experiment: with the lab's folder, where it has none.

    Raises:
        ConfigError: if no experiment can have it.
    """
    full = name if "/" in name else f"{EXPERIMENT_FOLDER}/{name}"
    rules = Experiment.model_fields["name"].metadata
    (pattern,) = (rule.pattern for rule in rules if hasattr(rule, "pattern"))
    if not re.fullmatch(pattern, full) or len(full) > 100:
        what = "no name of an experiment"
        allowed = "allowed: NAME or FOLDER/NAME of letters, digits, _ and -, at most 100"
        raise ConfigError(message(f"save as {name[:120]}", what, allowed))
    return full


def file_of(name: str, folders: Sequence[Path]) -> Path:
    """The file of a new experiment: in the user's first own folder, or in the project's conf/."""
    return (folders[0] if folders else CONF) / "experiment" / f"{name}.yaml"


def experiment(plan: Plan, name: str) -> dict[str, Any]:
    """The page's curves as the content of an experiment's file."""
    counts = {curve.cores for curve in plan.curves}
    shared = list(counts.pop()) if len(counts) == 1 else None
    units = [curve.config.workload.unit for curve in plan.curves]
    names = labels(plan.curves)
    curves = []
    for number, (curve, label) in enumerate(zip(plan.curves, names, strict=True), start=1):
        own = [word for word in curve.words if shared is None or key_of(word) != "cores"]
        words = list(curve.arguments) if shared is None else own
        curves.append({"id": f"curve_{number}", "label": label, "overrides": words})
    column = plan.state.measure
    column = "throughput" if column == SPEED_UP else column
    content: dict[str, Any] = {"name": name, "title": f"From the lab: {'; '.join(names)}"[:200]}
    content["on_request"] = (
        True  # `make` runs the papers' experiments, and takes no longer for this
    )
    content |= {} if shared is None else {"axes": {"cores": shared}}
    content |= {} if plan.state.level == "quick" else {"overrides": [f"run={plan.state.level}"]}
    content["curves"] = curves
    content["measures"] = [{"id": column, "column": column, "label": title_of(column, units)}]
    return content


def save(plan: Plan, name: str, *, replace: bool = False) -> tuple[str, Path]:
    """Write the page's curves as an experiment, and check that it can be planned.

    Args:
        name: NAME or FOLDER/NAME.
        replace: an experiment that the lab saved under the name before.

    Returns:
        the full name and the file.

    Raises:
        ConfigError: for a name that cannot be used or is taken, or a plan that is refused.
        FileError: if the file cannot be written.
    """
    full = checked_name(name)
    path = file_of(full, plan.folders)
    before = _before(full, path, plan.folders, replace=replace)
    body = yaml.safe_dump(experiment(plan, full), sort_keys=False, allow_unicode=True, width=100)
    try:
        write_text(path, f"{HEADING}\n{body}")
    except OSError as error:
        raise FileError(message(str(path), f"cannot be written: {error.strerror}")) from None
    try:
        load_experiment(full, plan.folders)
        planned(full, [], plan.folders)
    except ConfigError:
        path.unlink() if before is None else write_text(path, before)
        raise
    return full, path


def _before(full: str, path: Path, folders: Sequence[Path], *, replace: bool) -> str | None:
    """What the file holds that is to be replaced; None where there is none.

    Raises:
        ConfigError: if the name is taken, by a file that is not the lab's, or without `replace`.
    """
    known = choices("experiment", folders)
    if full not in known and not path.exists():
        return None
    taken = known.get(full, path)
    content = taken.read_text(encoding="utf-8", errors="replace") if taken == path else ""
    if not content.startswith(HEADING):
        what = f"{display(taken)} is there, and not the lab's"
        raise ConfigError(message(f"save as {full}", what, "choose another name"))
    if not replace:
        what = f"{display(taken)} is there already"
        raise ConfigError(message(f"save as {full}", what, "save again to replace it"))
    return content


def how_to_run(full: str, folders: Sequence[Path]) -> str:
    """The line by which Snakemake runs an experiment, into a folder of its own."""
    settings = [f'experiments=["{full}"]']
    if folders:
        listed = ", ".join(f'"{folder.resolve()}"' for folder in folders)
        settings.append(f"config_dirs=[{listed}]")
    name = full.rpartition("/")[2].replace(".", "_")
    return shlex.join(["snakemake", "--cores", "all", "--config", *settings, f"name={name}"])
