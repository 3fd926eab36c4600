"""`machine import` of measured curves: a tidy CSV of what a tool printed."""

from __future__ import annotations

import sys
from pathlib import Path

from sim.config.errors import ConfigError, message
from sim.config.files import expanded
from sim.drafts import check_writable, refused, write_text
from sim.machine_import.text import display_path, plain, read_text
from sim.measure.tidy import Form, csv_of, form_of


def imported(source: str, output: str | None, force: bool, flags: list[str]) -> bool:
    """Write or print a file of measured curves as tidy CSV; False if the source is none.

    Raises:
        ConfigError: if it is one and has a mistake, or a flag says something of a machine.
    """
    path = expanded(source, plain(source))
    form = _form(path, plain(source))
    if form is None:
        return False
    if flags:
        raise ConfigError(
            message(flags[0], f"{form.name} has measured curves in it, and no machine")
        )
    target = None if output is None else _target(output, force)
    rows = form.read(read_text(path, plain(source)), display_path(path))
    text = csv_of(rows)
    if target is None:
        print(text, end="", flush=True)
    else:
        with refused(f"-o {plain(str(target))}"):
            write_text(target, text)
        print(f"{target}: {len(rows.values)} rows, from {form.name}", flush=True)
    for note in (f"{form.name}: {form.use}.", *rows.remarks):
        print(f"note: {note}", file=sys.stderr)
    return True


def _form(path: Path, origin: str) -> Form | None:
    """Tell the form of a file; None for other files, folders and what is no file."""
    try:
        if not path.is_file() or path.suffix.lower() == ".xml":
            return None
    except (OSError, ValueError):
        return None
    return form_of(read_text(path, origin))


def _target(name: str, force: bool) -> Path:
    """Return the file to write, once it is known that nothing is lost."""
    origin = f"-o {plain(name)}"
    path = expanded(name, origin)
    if path.suffix.lower() != ".csv":
        raise ConfigError(
            message(origin, "not the name of a CSV file", "measured curves become NAME.csv")
        )
    check_writable([path], origin)
    if path.exists() and not force:
        raise ConfigError(message(origin, "the file exists", "--force replaces it"))
    return path
