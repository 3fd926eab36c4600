"""What every program of the project does alike: its streams, signals, errors and exit status.

Exit status: 0 done, 1 something could not be read, written or had, 2 the request cannot be used,
130 and 143 interrupted, 141 nobody reads what is printed. Whatever its surroundings refuse a
program (a full disk, a folder that is not readable, a closed stream, too little memory) is one
line. Everything else is a bug, and keeps its traceback.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType

from sim import extensions, interruption, streams
from sim.environment import REMEDY

FAILED, UNUSABLE, INTERRUPTED, UNREAD = 1, 2, interruption.STATUS, 141
FORK_SERVER = "CORESCALE_FORK_SERVER"
"""Environment variable that names the socket of a server that does jobs, where there is one."""

OWN = ("sim", "analysis", "metrics", "views", "calibration", "corescale", "lab", "benchmarks")


def command(main: Callable[[], int], forwarded: str = "") -> int:
    """Do what the process was started for; the exit status.

    Args:
        main: the program.
        forwarded: the package whose jobs the fork server does, if it does them.
    """
    streams.open_standard()
    for number in (signal.SIGTERM, signal.SIGHUP):
        # Where they are ignored (nohup), they stay so.
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, stop)

    def done() -> int:
        interruption.begin()
        status = None
        server = forwarded and os.environ.get(FORK_SERVER)
        if server and not extensions.need_a_process_of_their_own():
            from sim.fork_server import forward

            status = forward(forwarded, sys.argv[1:])
        return main() if status is None else status

    try:
        return answered(done)
    finally:
        interruption.end()


def stop(number: int, frame: FrameType | None) -> None:
    """Handle a signal by ending as `exit` does, so that temporary files are removed."""
    raise SystemExit(128 + number)


def answered(work: Callable[[], int], origin: str = "") -> int:
    """Do the work and flush what it printed; the exit status.

    Args:
        work: returns its own status.
        origin: begins each message.
    """
    try:
        try:
            status = work()
        except SystemExit:  # of argparse, after a page of help
            sys.stdout.flush()
            raise
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _say(interruption.WORD, INTERRUPTED)
    except BrokenPipeError:
        streams.give_up_output()
        return UNREAD
    except (Exception, SystemExit) as error:
        own = extensions.problem(error)
        if own:
            return _say(f"{origin}error: {own}", FAILED)
        refused = _refused(error, origin)
        if refused is None:
            raise
        status = refused
    return status


def _refused(error: BaseException, origin: str) -> int | None:
    """Say what the surroundings refused; the exit status, and None for any other error."""
    if isinstance(error, OSError) and error.errno is not None:
        streams.give_up_output()
        return _say(origin + refusal(error), FAILED)
    if isinstance(error, MemoryError):
        return _say(f"{origin}not enough memory{f': {error}' if str(error) else ''}", FAILED)
    if isinstance(error, ImportError) and (error.name or "").partition(".")[0] not in OWN:
        return _say(f"{origin}{error}: {REMEDY}", UNUSABLE)
    return None


def refusal(error: OSError) -> str:
    """Put into words what the system refused, and about which file."""
    place = error.filename2 or error.filename
    if place is None and not _stands_somewhere():
        place = "the current folder"
    return (f"{place}: " if place is not None else "") + (error.strerror or str(error))


def _stands_somewhere() -> bool:
    """Whether the folder that the process was started in is still there."""
    try:
        os.getcwd()
    except OSError:
        return False
    return True


def not_text(arguments: Sequence[str]) -> str:
    """Return the first argument with bytes that are no text here; empty if there is none."""
    for text in arguments:
        if any("\ud800" <= character <= "\udfff" for character in text):
            return text
    return ""


def _say(text: str, status: int) -> int:
    print(text, file=sys.stderr)
    return status
