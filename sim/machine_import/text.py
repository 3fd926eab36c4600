"""Text from outside: files of a bounded size, names that can stand in a file of conf/."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from sim.config.errors import ConfigError, FileError, message, show
from sim.config.files import CONF

LARGEST_BYTES = 64 * 2**20
NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}", re.ASCII)
_UNSAFE = re.compile(r"[^A-Za-z0-9 _.,:;+*=@%()\[\]/-]")


def read_text(path: Path, origin: str) -> str:
    """Read a text file.

    Raises:
        ConfigError: if it cannot be read, is no text, or is larger than any machine's description.
    """
    try:
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "no such file"
            raise ConfigError(message(origin, what))
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        of = FileError if isinstance(error, OSError) else ConfigError
        raise of(message(origin, f"cannot be read: {reason}")) from None
    if len(content) > LARGEST_BYTES:
        raise ConfigError(
            message(origin, "the file is too large", f"allowed: up to {LARGEST_BYTES // 2**20} MiB")
        )
    # Shells of Windows write UTF-16, with its mark.
    utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(message(origin, "not a text file (UTF-8)")) from None


def check_name(name: str, origin: str) -> str:
    """Return a machine's name, once it is known to be harmless as a file name and in a shell.

    Raises:
        ConfigError: for any other.
    """
    if NAME.fullmatch(name) is None or ".." in name:
        raise ConfigError(
            message(
                origin,
                f"{show(plain(name))} cannot be a machine's name",
                "allowed: a-z, 0-9, _, - and single dots, up to 64, a letter or digit first",
            )
        )
    return name


def plain(text: str) -> str:
    """Replace what could mean something to YAML, OmegaConf, a shell or a terminal."""
    return _UNSAFE.sub("_", text)


def display_path(path: Path) -> str:
    """Write a file's name so that it means the same on other machines."""
    root = CONF.parent
    try:
        full = path.resolve()
    except (
        OSError,
        ValueError,
        RuntimeError,
    ):  # a loop of links, or a name that no file can have; opening it says so
        full = path
    return plain(full.relative_to(root).as_posix() if full.is_relative_to(root) else full.name)
