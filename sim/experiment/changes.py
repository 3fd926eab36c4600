"""What a run changes of the files that it chooses, setting by setting: the words of its heading.

    kernel=linux_stock kernel.fix.dentry_lock=true   -->  kernel.fix.dentry_lock=true
    run=smoke                                        -->  run=smoke

Compared are two resolved runs, so a setting that a preset, an experiment's file or another setting
changes is named too, and one that is set to what it was is not. Core counts are a result's own
columns, and limits influence no result.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.config.compose import compose
from sim.config.errors import ConfigError, show
from sim.config.files import CONF, load_yaml
from sim.config.keys import GROUPS, displaced, shape_of
from sim.config.presets import FIX, preset_of
from sim.config.run import RunConfig
from sim.experiment.assumptions import without_sources

UNSAID = ("cores", "free", "slow")
"""What a heading says in other words."""


def changes(
    config: RunConfig, config_dirs: Sequence[Path] = (), overrides: Sequence[str] = ()
) -> list[str]:
    """List the settings of a run that are not those of the files it chooses, as overrides.

    Args:
        config: the run.
        config_dirs: the user's own folders.
        overrides: that made it; they are listed where the files alone make no run.
    """
    try:
        plain = of_files(config, config_dirs)
    except ConfigError:
        return [text for text in overrides if text.partition("=")[0] not in (*GROUPS, *UNSAID)]
    found = differences(config, plain)
    usual = default_level()
    level = [] if config.run.name == usual else [f"run={config.run.name}"]
    return [f"{key}={show(value).strip(chr(39))}" for key, value in found.items()] + level


def of_files(config: RunConfig, config_dirs: Sequence[Path] = ()) -> RunConfig:
    """Compose the files that a run chooses, for its fewest cores.

    Raises:
        ConfigError: they alone make no run that is possible.
    """
    chosen = [f"{group}={getattr(config, group).name}" for group in GROUPS]
    return compose([*chosen, f"cores=[{min(config.core_counts)}]"], config_dirs)


def default_level() -> str:
    """Name the run level of a run that chooses none."""
    defaults = load_yaml(CONF / "config.yaml")["defaults"]
    return str(next(item["run"] for item in defaults if isinstance(item, dict) and "run" in item))


def differences(config: RunConfig, other: RunConfig) -> dict[str, Any]:
    """Settings that one run has otherwise than another, with its values; a switch says its line."""
    here, there = (dict(_leaves(_compared(one))) for one in (config, other))
    found = {key: value for key, value in here.items() if there.get(key, there) != value}
    for key, value in list(found.items()):
        follows = [line for line, _ in preset_of(key, value)] if key.startswith(FIX) else []
        if value is not None:
            follows += displaced(key, shape_of(config))
        for line in follows:
            found.pop(line, None)
    return found


def setting(config: RunConfig, key: str) -> Any:
    """Value of a run at a dotted key; of a group, the name of its choice."""
    found: Any = config
    for name in key.split("."):
        found = getattr(found, name, None)
    return getattr(found, "name", found)


def _compared(config: RunConfig) -> dict[str, Any]:
    settings = without_sources(config)
    for name in UNSAID:
        del settings[name]
    settings["order"] = config.core_order
    return settings


def _leaves(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
