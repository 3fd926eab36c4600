"""What a calibration by script found, kept beside it: `conf/calibration/NAME.json`.

`corescale calibrate NAME --record` writes it; the report and sensitivity bands read it. It says
from which model, settings and published points it was made, so that a reader can tell when one of
them has changed since.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import ValidationError

from sim.config.compose import compose
from sim.config.errors import ConfigError, message
from sim.config.files import display, unchanging
from sim.config.run import RunConfig
from sim.experiment import references
from sim.experiment.assumptions import relevant
from sim.experiment.calibrations import Calibration, names
from sim.settings import Settings
from sim.version import behaviour_hash


class Estimate(Settings):
    """A fitted number, with the interval that holds it with 95 %."""

    key: str
    workload: str | None = None
    value: float
    low: float
    high: float
    plausible: tuple[float, float]
    identified: bool
    decided_by: list[str]


class FittedPoint(Settings):
    """A point of the fit: what was published and what the fitted model gives."""

    reference: str
    series: str
    measure: str
    cores: int
    published: float
    simulated: float


class Prediction(Settings):
    """A published series as a fit predicts it that has not seen its curve; mean relative errors."""

    kind: str
    left_out: str
    series: str
    reference: str
    points: int
    unseen: float
    seen: float
    law: float | None


class Digests(Settings):
    """What a record was made from: sha256 of each."""

    model: str
    settings: str
    published: str


CHANGED = {
    "model": "the model's code",
    "settings": "the settings of what it simulates",
    "published": "the calibration or its published points",
}
"""What a digest that differs says, in words."""


class Record(Settings):
    """All that a calibration found, and what it was made from."""

    calibration: str
    made_from: Digests
    parameters: list[Estimate]
    points: list[FittedPoint]
    cross_validation: list[Prediction]

    @property
    def mean_error(self) -> float:
        """Mean relative error of the fitted points."""
        errors = [abs(point.simulated / point.published - 1) for point in self.points]
        return sum(errors) / len(errors)

    def estimate(self, key: str, workload: str) -> Estimate | None:
        """The estimate of a key, of a workload's own where several have it."""
        found = (e for e in self.parameters if e.key == key and e.workload in (None, workload))
        return next(found, None)

    def changed(self, now: Digests) -> list[str]:
        """What has changed since the record was made, in words; empty if it is current."""
        return [
            words
            for name, words in CHANGED.items()
            if getattr(self.made_from, name) != getattr(now, name)
        ]


@unchanging()
def digests(calibration: Calibration, configs: Iterable[RunConfig] | None = None) -> Digests:
    """Digest what a record of a calibration is made from.

    Args:
        calibration: whose record.
        configs: of its targets, in their order; default: those that `conf/` gives now.
    """
    if configs is None:
        configs = (compose([*t.overrides, *calibration.fixed]) for t in calibration.targets)
    files = {points.reference for _, points in calibration.points} - {None}
    tables = [references.read(name or "") for name in sorted(files, key=str)]
    return Digests(
        model=behaviour_hash(),
        settings=_digest(json.dumps(relevant(config), sort_keys=True) for config in configs),
        published=_digest(
            [calibration.model_dump_json(), *(f"{t.columns} {t.rows}" for t in tables)]
        ),
    )


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def file_of(name: str, config_dirs: Sequence[Path] = ()) -> Path:
    """Where the record of a calibration stands: beside its file."""
    return names(config_dirs)[name].with_suffix(".json")


def read(name: str, config_dirs: Sequence[Path] = ()) -> Record | None:
    """Read the record of a calibration; None if there is none.

    Raises:
        ConfigError: the file is damaged.
    """
    path = file_of(name, config_dirs)
    try:
        return Record.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        what = "is no record of a calibration"
        again = f"make it again: corescale calibrate {name} --record"
        raise ConfigError(message(display(path), what, again)) from None


def text(record: Record) -> str:
    """A record as its file holds it."""
    return json.dumps(record.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"
