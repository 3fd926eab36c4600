"""Claims by name: an experiment's and the claim's own, `osdi10/fig04_exim/stock_collapses`."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from sim.config.errors import ConfigError, message, show, suggestion
from sim.experiment.claim import Claim
from sim.experiment.plan import experiments, load_experiment

WILD = frozenset("*?[")
SEE = "see: docs/artifact.md, or corescale claims"


def find(asked: Sequence[str], config_dirs: Sequence[Path] = ()) -> dict[str, list[Claim]]:
    """Find claims by their names or by patterns of them; by experiment, each once.

    Raises
    ------
    ConfigError : there is none of that name
    """
    found: dict[str, list[Claim]] = {}
    for word in asked:
        for name in _matching(word, config_dirs) if WILD & set(word) else [word]:
            experiment, claim = _one(name, config_dirs)
            listed = found.setdefault(experiment, [])
            if claim not in listed:
                listed.append(claim)
    return found


def _one(name: str, config_dirs: Sequence[Path]) -> tuple[str, Claim]:
    """Find one claim, with the name of its experiment."""
    experiment, _, own = name.rpartition("/")
    if experiment not in experiments(config_dirs):
        raise ConfigError(message(name, "no such claim", _hint(name, config_dirs), SEE))
    claims = {claim.id: claim for claim in load_experiment(experiment, config_dirs).claims}
    if own not in claims:
        what = f"no claim called {show(own)} in {experiment}"
        hint = suggestion(own, claims, limit=len(claims))
        raise ConfigError(message(name, what, hint.replace("you mean ", f"you mean {experiment}/")))
    return experiment, claims[own]


def _matching(pattern: str, config_dirs: Sequence[Path]) -> list[str]:
    """List the claims that a pattern stands for; one that stands for none is refused."""
    found = fnmatch.filter(names(config_dirs), pattern)
    if not found:
        raise ConfigError(message(pattern, "no claim has such a name", SEE))
    return found


def _hint(name: str, config_dirs: Sequence[Path]) -> str:
    """What may have been meant: all claims of an experiment, a claim's own name, or nearly one."""
    if name in experiments(config_dirs):
        return f"did you mean '{name}/*', all of its claims?"
    known = list(names(config_dirs))
    same = [one for one in known if one.rpartition("/")[2] == name]
    return f"did you mean {' or '.join(same)}?" if same else suggestion(name, known, limit=3)


def names(config_dirs: Sequence[Path] = ()) -> Iterator[str]:
    """Yield the names of all claims, as the files say them: nothing else of these is read."""
    for experiment in experiments(config_dirs):
        yield from names_of(experiment, config_dirs)


def names_of(experiment: str, config_dirs: Sequence[Path] = ()) -> list[str]:
    """List the names of an experiment's claims."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = experiments(config_dirs)[experiment].read_text(encoding="utf-8")
    claims = (yaml.load(text, loader) or {}).get("claims") or []
    return [f"{experiment}/{claim['id']}" for claim in claims if "id" in claim]
