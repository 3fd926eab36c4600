"""Fixes as presets: each switch `kernel.fix.<id>` stands for one line of a kernel's table.

In files a switch decides where the table says nothing. An override of a switch sets the line, as an
override of the line itself would, and later ones win. In the end every switch shows what the table
says: whether its object is shared in another way than without the fix; a change of a later kernel
that is one way among several only where that way is chosen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sim.kernel.design import fixes

FIX = "kernel.fix."


def fill_by_presets(container: dict[str, Any]) -> None:
    """Let the switches of the files decide where a composed run's table says nothing."""
    kernel = container.get("kernel", {})
    switches = _switches(kernel)
    for name, (of, fix) in fixes().items():
        line = _line(kernel, of.key)
        on = switches.get(name)
        if line is not None and line.get(fix.setting) is None and isinstance(on, bool):
            line[fix.setting] = fix.on if on else fix.off


def lines(key: str) -> list[str]:
    """Dotted keys of the lines of the table that the switches at or below a key set."""
    return [
        f"kernel.objects.{of.key}.{fix.setting}"
        for name, (of, fix) in fixes().items()
        if f"{FIX}{name}.".startswith(f"{key}.")
    ]


def preset_of(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The line of the table that an override sets, and its value, if it is one of a switch."""
    found = fixes().get(key.removeprefix(FIX)) if key.startswith(FIX) else None
    if found is not None and isinstance(value, bool):
        of, fix = found
        yield f"kernel.objects.{of.key}.{fix.setting}", fix.on if value else fix.off


def show_presets(container: dict[str, Any]) -> None:
    """Let every switch show what the table says; what is no switch's value stays, to be refused."""
    kernel = container.get("kernel", {})
    if "fix" in kernel and not isinstance(kernel["fix"], Mapping):
        return
    switches = dict(_switches(kernel))
    for name, (of, fix) in fixes().items():
        line = _line(kernel, of.key)
        chosen = None if line is None else line.get(fix.setting)
        if switches.get(name) is None or isinstance(switches[name], bool):
            switches[name] = None if chosen is None else fix.shown(chosen)
    kernel["fix"] = switches


def _switches(kernel: Mapping[str, Any]) -> Mapping[str, Any]:
    found = kernel.get("fix")
    return found if isinstance(found, Mapping) else {}


def _line(kernel: Mapping[str, Any], key: str) -> dict[str, Any] | None:
    """An object's line of a composed table; None if the kernel has no such object."""
    found: Any = kernel.get("objects")
    for name in key.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None
