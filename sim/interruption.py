"""Ctrl-C ends a program with one word and its status, whenever it comes.

Until a program has begun, and wherever it imports, the process ends at once: nothing is to be
undone yet, and some modules turn Python's exception into an error of their own, or print it and go
on. Elsewhere it is Python's exception, so that what is half written is removed. Once the work is
done it changes nothing any more. Only what precedes the first import from here is Python's own.

Imported before everything else; written for every Python since 2.7, as `environment` is.
"""

import os
import signal
import sys
from types import FrameType  # noqa: F401, for the comments that give types

STATUS = 130
WORD = "interrupted"
STARTED_AS = ("-m", "corescale")
"""What a process that was started as a program of this project is called during its first imports:
Python replaces the -m by a file's name once it has found the module."""

_held = []  # type: list[object]


def expect():
    # type: () -> None
    """End this process at an interrupt from now on, if it was started as one of our programs.

    Where interrupts are ignored (in the background of a script), they stay so.
    """
    name = os.path.basename((getattr(sys, "argv", None) or [""])[0])
    if name in STARTED_AS and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, leave)


def begin():
    # type: () -> None
    """Let interrupts be exceptions from now on, but for those during imports."""
    if signal.getsignal(signal.SIGINT) in (leave, signal.default_int_handler):
        signal.signal(signal.SIGINT, interrupt)


def end():
    # type: () -> None
    """Ignore interrupts from now on: what was asked for is done, or has failed."""
    if signal.getsignal(signal.SIGINT) is interrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def plan():
    # type: () -> None
    """End a workflow that is being planned at an interrupt: with the word, its locks given back."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, stop)


def work():
    # type: () -> None
    """Let Snakemake, which stops its jobs, handle interrupts from now on."""
    if signal.getsignal(signal.SIGINT) is stop:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def stop(number, frame):
    # type: (int, FrameType | None) -> None
    """Handle a signal by leaving with the word, and nothing at a second one."""
    signal.signal(number, signal.SIG_IGN)
    try:
        os.write(2, (WORD + "\n").encode())
    except OSError:  # nobody listens
        pass
    raise SystemExit(STATUS)


class _Undone:
    def __enter__(self):
        # type: () -> None
        _held.append(None)

    def __exit__(self, *exception):
        # type: (object) -> None
        _held.pop()


def undone():
    # type: () -> _Undone
    """Leave time to undo what the block does, whatever it imports."""
    return _Undone()  # written out: contextlib would have to be imported, and is not expected yet


def leave(number, frame):
    # type: (int, FrameType | None) -> None
    """Handle a signal by ending the process, without unwinding."""
    try:
        os.write(2, (WORD + "\n").encode())
    except OSError:  # nobody listens
        pass
    os._exit(STATUS)


def interrupt(number, frame):
    # type: (int, FrameType | None) -> None
    """Handle a signal as Python does by itself, but during imports."""
    if not _held and _is_importing(frame):
        leave(number, frame)
    raise KeyboardInterrupt


def _is_importing(frame):
    # type: (FrameType | None) -> bool
    """Whether a frame is, or is called by, one of Python's importer."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
