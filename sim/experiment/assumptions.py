"""What nobody measured about a run: what a cross-check of its conclusions has to vary.

A setting is assumed if its source says so. `python -m sim list assumed` prints them, and an
experiment's `sensitivity.assumed` scales each number below a key, one at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from sim.config.keys import GROUPS, keys, shape_of
from sim.config.presets import lines
from sim.config.run import RunConfig
from sim.config.sources import leaves, sources_of_all
from sim.extensions import OwnFileError

if TYPE_CHECKING:
    from sim.kernel.design import KernelDesign

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Assumption:
    """A setting whose source is an assumption: its key, its value, and why it was chosen."""

    key: str
    value: Any
    where: str


def assumptions(config: RunConfig, below: str = "") -> list[Assumption]:
    """List what is assumed about a run, in the schema's order; its limits influence no result.

    Args:
        config: the run.
        below: key of a group or subtree; empty: all groups.
    """
    return [
        Assumption(key, value, source.where)
        for key, value, source in sources_of_all(config)
        if source is not None and source.kind == "assumed" and not key.startswith("limits.")
        if not below or key == below or key.startswith(f"{below}.")
    ]


def times(config: RunConfig, key: str, factor: float) -> int | float:
    """Multiply a number of a run, as far as its bounds allow; one that counts stays whole.

    Raises:
        ValueError: if the key's value is no number.
    """
    value = number_at(config, key)
    if value is None:
        raise ValueError(f"{key} is not a number")
    low, high = keys(shape_of(config))[key].bounds
    scaled = min(max(value * factor, low), high)
    return round(scaled) if isinstance(value, int) else scaled


def number_at(config: RunConfig, key: str) -> int | float | None:
    """Read a number by its dotted key; None if something else, or nothing, is there."""
    value: Any = config
    for part in key.split("."):
        value = getattr(value, part, None)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value


def without_sources(config: RunConfig) -> dict[str, Any]:
    """Return the resolved settings alone, as plain values."""
    return config.model_dump(mode="json", exclude={group: {"sources"} for group in GROUPS})


def relevant(config: RunConfig) -> dict[str, Any]:
    """Return the settings that a run depends on: of the kernel only what its program was made from.

    A kernel object that the program reads counts whole, whichever strategy it has. Nobody changes
    what is returned: the last ones asked for are kept, because a plan compares each with several.
    """
    return _relevant(_This(config))


class _This:
    """A configuration as itself: another one is another one, whatever it holds."""

    def __init__(self, config: RunConfig) -> None:
        self.config = config

    def __hash__(self) -> int:
        return id(self.config)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _This) and other.config is self.config


@lru_cache(maxsize=256)
def _relevant(this: _This) -> dict[str, Any]:
    config = this.config
    settings = without_sources(config)
    felt = felt_parts(config)
    if felt is not None:
        settings["kernel"] = {"name": settings["kernel"]["name"]} | {
            part: _part(settings["kernel"], part) for part in sorted(felt)
        }
    return settings


def felt_parts(config: RunConfig) -> frozenset[str] | None:
    """Parts of a kernel's table that a run's program is made from; None if it cannot be made.

    Which these are follows from the workload and from the table's choices. Its numbers are set to
    1, so that none of them, 0 or too large, decides what is read; and cores of a second package
    read whatever those of a tenth do.
    """
    cores = few_cores(config)
    asked = repr(
        (
            config.hardware.topology.model_dump_json(),
            config.workload.model_dump_json(exclude={"sources"}),
            _choices(config.kernel),
            cores,
            config.core_order,
        )
    )
    if asked not in _FELT:
        if len(_FELT) >= MOST_FELT:  # in a process that answers for days
            _FELT.clear()
        _FELT[asked] = _felt(config.model_copy(update={"kernel": of_ones(config.kernel)}), cores)
    return _FELT[asked]


def few_cores(config: RunConfig) -> int:
    """Core count at which a run's program has all that it has at any: a package and a core."""
    return min(max(config.core_counts), config.hardware.topology.cores_per_package + 1)


_FELT: dict[str, frozenset[str] | None] = {}
MOST_FELT = 4096
"""Runs whose felt parts are kept, at ten kilobytes each: more than any plan has."""


def _felt(config: RunConfig, cores: int) -> frozenset[str] | None:
    from sim.lowering import lowered
    from sim.machine.site import open_site  # what makes programs loads numpy

    try:
        site = open_site(config.hardware, cores, config.core_order, config.workload.work_ghz)
        return lowered(config, site)[1]
    except (ValueError, MemoryError, OwnFileError):  # a run says why
        return None


def of_ones(settings: Model) -> Model:
    """The same settings with 1 in place of every number."""
    ones: dict[str, Any] = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, BaseModel):
            ones[name] = of_ones(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            ones[name] = type(value)(1)
    return settings.model_copy(update=ones)


def _choices(kernel: KernelDesign) -> tuple[tuple[str, Any], ...]:
    """What a kernel's table chooses: everything in it that is no number."""
    return tuple(
        (key, value)
        for key, value in leaves(kernel)
        if isinstance(value, bool) or not isinstance(value, int | float)
    )


def _part(kernel: dict[str, Any], part: str) -> Any:
    """Return a part of a kernel by its dotted key; None if it has no such part."""
    value: Any = kernel
    for key in part.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def relevant_keys(config: RunConfig) -> frozenset[str]:
    """Return the keys of the settings that a run depends on; the last ones are kept."""
    return _relevant_keys(_This(config))


@lru_cache(maxsize=256)
def _relevant_keys(this: _This) -> frozenset[str]:
    return frozenset(_leaves(relevant(this.config), ""))


def is_relevant(config: RunConfig, key: str) -> bool:
    """Whether a run's results depend on a key, on one below it, or on what its switches set."""
    asked = [key, *lines(key)]
    return any(f"{name}.".startswith(f"{one}.") for name in relevant_keys(config) for one in asked)


def _leaves(settings: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"
