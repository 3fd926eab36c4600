"""One workflow at a time writes a results folder.

Snakemake's own lock is a file that a killed run leaves behind and that anybody may remove, the
living included. This one is the operating system's: it is gone when its last holder is. The jobs
that a workflow forks hold it, too, so that after a kill the next workflow waits for those that are
still writing. The file says which process took it.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

try:
    import fcntl
except ImportError:  # no such locks: Snakemake's own is what there is
    fcntl = None  # type: ignore[assignment]

LOCKS = ".locks"
LOOK_AGAIN_SECONDS = 0.2


@dataclass(frozen=True)
class Holder:
    """A process that works on a results folder.

    Attributes
    ----------
    number : of the process
    began : when it did, in the kernel's clock ticks; empty where that is not known
    """

    number: int
    began: str

    @property
    def lives(self) -> bool:
        """Whether it is there, and not another process that got its number."""
        try:
            os.kill(self.number, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
        return not self.began or self.began == started(self.number)


class FolderLock:
    """The right to write `results/NAME`, held until this process and its jobs are gone.

    Where the file system has no such locks, or nothing can be written, it is taken for granted.
    """

    def __init__(self, folder: Path) -> None:
        self._place = folder.parent / LOCKS / folder.name
        self._folder = folder
        self._handle: int | None = None

    def take(self) -> Holder | None:
        """Take the lock, once the jobs of a workflow that was killed are done.

        Returns
        -------
        the living workflow that has it, None if it is ours now
        """
        if fcntl is None or self._handle is not None:
            return None
        try:
            self._place.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError:
            return None
        said = False
        while not _locked(handle):
            holder = _holder(handle)
            if holder is not None and holder.lives:
                os.close(handle)
                return holder
            if not said:
                print(
                    f"{self._folder}: waiting for the jobs of a workflow that was killed",
                    file=sys.stderr,
                    flush=True,
                )
                said = True
            time.sleep(LOOK_AGAIN_SECONDS)
        with contextlib.suppress(OSError):
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()} {started(os.getpid())}\n".encode(), 0)
        os.set_inheritable(handle, True)  # the fork server's jobs hold it, too
        self._handle = handle
        return None

    def refusal(self, other: Holder) -> str:
        """What to say where another workflow has the folder."""
        return (
            f"error: {self._folder}: another workflow is writing it (process {other.number})\n"
            "  wait until it is done, or give this one another name: --config name=NAME"
        )


def _locked(handle: int) -> bool:
    """Try to lock a file; True as well where the file system cannot."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _holder(handle: int) -> Holder | None:
    """Read who took a lock; None where the file does not say."""
    number, _, began = os.pread(handle, 100, 0).decode("ascii", "replace").strip().partition(" ")
    return Holder(int(number), began) if number.isdigit() else None


def started(number: int) -> str:
    """When a process began, in the kernel's clock ticks; empty where that is not known."""
    try:
        state = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return state.rpartition(")")[2].split()[19]
