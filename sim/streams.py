"""Standard streams that print what they are given, and fail once, by name.

Python's own are missing where a shell has closed them, stop at a character that the terminal's
encoding lacks, and complain a second time when the process ends. Here a closed one is a stream to
which nothing can be written; a character that cannot be shown is spelt with those that can; what
standard output refuses is an error that names it, once; and what standard error refuses is lost,
because there is nowhere else to say so.
"""

from __future__ import annotations

import codecs
import io
import os
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any, TextIO

OUTPUT, ERRORS = 1, 2
STANDARD_OUTPUT = "standard output"
SPELT = "corescale.spelt"
"""Codecs' name of the way to write characters that an encoding lacks."""

SPELLINGS = str.maketrans(
    {
        "‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "·": ".",
        "×": "x", "±": "+-", "µ": "u", "μ": "u", "→": "->", "≤": "<=", "≥": ">=", "≈": "~",
    }
)  # fmt: skip
BYTES = range(0xDC80, 0xDD00)
"""Characters that stand for the bytes of a name that are no text."""


class _Written(io.FileIO):
    """The file under a standard stream. Once it is given up, it takes everything."""

    given_up = False

    def write(self, data: Any, /) -> int:
        if self.given_up:
            return len(data)
        try:
            return super().write(data)
        except OSError as error:
            if self.name == ERRORS:
                self.given_up = True
                return len(data)
            error.filename = STANDARD_OUTPUT
            raise


def open_standard() -> None:
    """Replace this process's standard output and standard error by streams of this kind."""
    codecs.register_error(SPELT, _spell)
    _occupy()
    sys.stdout = _stream(OUTPUT, sys.stdout)
    sys.stderr = _stream(ERRORS, sys.stderr)


def give_up_output() -> None:
    """Let what standard output does not take be lost, once its failure has been said."""
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    try:
        sys.stdout.flush()
    except OSError:
        if isinstance(raw, _Written):
            raw.given_up = True


@contextmanager
def output_as_errors() -> Iterator[None]:
    """Lead what the block writes to standard output, its processes' included, to standard error."""
    with redirect_stdout(sys.stderr):
        try:
            kept = os.dup(OUTPUT)
        except OSError:  # it is closed, and nothing gets there
            yield
            return
        try:
            os.dup2(ERRORS, OUTPUT)
            yield
        finally:
            os.dup2(kept, OUTPUT)
            os.close(kept)


def _occupy() -> None:
    """Open what the shell has closed, lest the next file that is opened become a stream.

    Nothing can be written to it: an attempt is an error, as it would be without.
    """
    number = os.open(os.devnull, os.O_RDONLY)
    while number <= ERRORS:
        os.set_inheritable(number, True)
        number = os.open(os.devnull, os.O_RDONLY)
    os.close(number)


def _stream(number: int, before: TextIO | None) -> TextIO:
    """Make a stream with the encoding of the one before it, if there was one."""
    if before is not None:
        before.flush()
    at_once = bool(getattr(before, "line_buffering", True)) or bool(
        getattr(before, "write_through", False)
    )
    return io.TextIOWrapper(
        io.BufferedWriter(_Written(number, "w", closefd=False)),
        encoding=getattr(before, "encoding", None) or "utf-8",
        errors=SPELT,
        line_buffering=at_once,
    )


def _spell(error: UnicodeError) -> tuple[str, int]:
    """Write what an encoding lacks in ASCII, as near to it as can be."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(spelling(character) for character in text), error.end


def spelling(character: str) -> str:
    """Spell one character in ASCII: by its look, without its accent, or as its number."""
    if ord(character) in BYTES:
        return f"\\x{ord(character) - 0xDC00:02x}"
    plain = unicodedata.normalize("NFKD", character.translate(SPELLINGS))
    return plain.encode("ascii", "ignore").decode() or ascii(character)[1:-1]
