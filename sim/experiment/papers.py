"""Papers: `conf/paper/<name>.yaml` says all that the project knows of one.

An experiment names its paper; the report's headings and their order, which estimator stands beside
the mean, and whether verdicts are counted as reproductions all follow from the paper's file. A file
in a user's own folder adds a paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from sim.config.errors import ConfigError, message, show, suggestion
from sim.config.files import choices, display, load_yaml
from sim.config.validation import validate
from sim.experiment.fields import Name, Text
from sim.experiment.file import Experiment
from sim.settings import Settings

GROUP = "paper"


class Paper(Settings):
    """One paper, or another heading under which experiments stand."""

    name: Name = Field(description="what experiments call it; the file's name")
    short: Annotated[str, Field(min_length=1, max_length=40)] = Field(
        description="heading in the report, such as OSDI'10"
    )
    title: Text
    authors: list[Text] = Field(default_factory=list)
    year: Annotated[int, Field(ge=1900, le=2100)] | None = None
    venue: str = Field(default="", max_length=300, description="conference or journal")
    doi: Annotated[str, Field(pattern=r"^(|10\.\d{4,9}/\S+)$", max_length=200)] = Field(
        default="", description="digital object identifier; empty where it has none"
    )
    order: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        default=100, description="place in the report, smaller ones first"
    )
    sections: dict[str, Text] = Field(
        default_factory=dict, description="names of its sections, by their numbers"
    )
    estimator: Literal["mean", "best_of_three"] = Field(
        default="mean",
        description="what it publishes of repeated runs; best_of_three is shown beside the mean",
    )
    judged: Literal["reproduction", "statements"] = Field(
        default="reproduction",
        description="whether verdicts count as reproductions of published numbers, or are the "
        "project's own statements, listed and not counted",
    )

    @property
    def citation(self) -> str:
        """Authors, title, venue and year, as far as they are known."""
        parts = [", ".join(self.authors), self.title, self.venue, str(self.year or "")]
        return ". ".join(part for part in parts if part) + "."

    def section(self, number: str) -> str:
        """A section's heading: its number, and its name where the file gives one."""
        name = self.sections.get(number)
        return f"Section {number}" + (f", {name}" if name else "")


def names(config_dirs: Sequence[Path] = ()) -> dict[str, Path]:
    """List the papers with their files."""
    return choices(GROUP, config_dirs)


def load(name: str, config_dirs: Sequence[Path] = (), origin: str = "") -> Paper:
    """Read and check one paper's file.

    Args:
        origin: who names it, for messages.

    Raises:
        ConfigError: there is none of that name, or something in it is wrong.
    """
    known = names(config_dirs)
    if name not in known:
        raise ConfigError(
            message(
                origin or f"paper {name}",
                f"no paper called {show(name)}",
                suggestion(name, known),
                "see: python -m sim list paper",
            )
        )
    path = known[name]
    return _loaded(name, path, path.stat().st_mtime_ns)


def of_experiment(experiment: Experiment) -> Paper:
    """Read the paper that an experiment belongs to."""
    return load(experiment.paper, experiment.config_dirs)


@lru_cache(maxsize=64)
def _loaded(name: str, path: Path, modified: int) -> Paper:
    file = display(path)
    found = validate(Paper, load_yaml(path), lambda key: f"{file}: {key}" if key else file)
    if found.name != name:
        what = f"{show(found.name)} does not match the file's path"
        raise ConfigError(message(f"{file}: name", what, f"allowed: {name}"))
    return found


def describe(paper: Paper, experiments: Sequence[str]) -> str:
    """A paper for people: what it is, how it is judged, and what of it can be run."""
    lines = [f"{paper.name}: {paper.citation}"]
    if paper.doi:
        lines.append(f"  doi          https://doi.org/{paper.doi}")
    lines.append(f"  heading      {paper.short}")
    lines.append(f"  estimator    {paper.estimator.replace('_', ' ')}")
    lines.append(f"  judged       as {paper.judged}")
    lines += [f"  experiment   {name}" for name in experiments]
    return "\n".join(lines)
