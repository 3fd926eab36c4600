"""What a request may take: estimated before the work, and refused above `limits`."""

from __future__ import annotations

from collections.abc import Sequence

from sim import estimate
from sim.config.errors import ConfigError, message
from sim.config.overrides import combinations
from sim.config.run import RunConfig


def check_sweep(texts: Sequence[str], first: RunConfig) -> None:
    """Check that the curves of a sweep can be held, before they are composed.

    Args:
        texts: overrides, some of several values.
        first: the first combination, whose limits are those of all.

    Raises:
        ConfigError: if there are too many; it counts them.
    """
    parts = estimate.settings(combinations(texts))
    _refuse("-m", estimate.too_much(parts, first.limits.memory_gib))


def check(origin: str, curves: Sequence[Sequence[RunConfig]], *, together: bool) -> None:
    """Check that some curves take no more than is allowed.

    Args:
        origin: what the message begins with.
        curves: configurations of each curve, with those of its variants.
        together: whether the results of all curves are held until the last one is done.

    Raises:
        ConfigError: for more memory or time than their limits.
    """
    limits = curves[0][0].limits
    held = 0
    for configs in curves:
        points = [estimate.memory(config, max(config.core_counts)) for config in configs]
        settings = round(len(configs) * estimate.CONFIGURATION_BYTES)
        own = estimate.results(configs) + settings
        parts = max(points, key=estimate.Parts.total)
        parts += estimate.Parts({"results and settings": held + own})
        _refuse(origin, estimate.too_much(parts, limits.memory_gib))
        held += own if together else settings
    _refuse(origin, estimate.too_long(sum(map(estimate.seconds, curves)), limits.hours))


def check_trace(origin: str, config: RunConfig, cores: int, records: int, suffix: str) -> None:
    """Check that a trace of so many records can be held and written.

    Raises:
        ConfigError: for more memory or time than the run's limits.
    """
    size = records * estimate.TRACE_BYTES[suffix]
    parts = estimate.memory(config, cores) + estimate.Parts({f"{records:,} records": size})
    _refuse(origin, estimate.too_much(parts, config.limits.memory_gib))
    _refuse(origin, estimate.too_long(records * estimate.RECORD_SECONDS, config.limits.hours))


def _refuse(origin: str, reason: Sequence[str]) -> None:
    if reason:
        raise ConfigError(message(origin, *reason))
