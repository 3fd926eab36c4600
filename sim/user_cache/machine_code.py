"""Compiled functions in the user's cache, in place of numba's own one.

Numba unpickles an index and its data files as they are: a truncated one is a traceback, and a
flipped bit in machine code may be a crash. It also takes any folder that can be written, and a disk
that is full after the compilation ends the run. Here a function is one file, whose owner and
digest are checked before anything in it is looked at (`entry`); what cannot be read is compiled
again; what cannot be written is compiled for this run alone. Each is said in one line.

A file's name holds a hash of everything that its code depends on. The sources that the function
calls are in the name of its folder (`sim.version.compiled_version`).
"""

from __future__ import annotations

import hashlib
import os
import pickle
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from numba.core import caching, compiler, config, serialize

from sim.user_cache.contents import ENGINES, keep_newest
from sim.user_cache.entry import DamagedError, read, write
from sim.user_cache.place import place
from sim.user_cache.remark import remark
from sim.version import compiled_version

KEPT = 6
"""Compiled engines that stay: those of the sources that were used last."""

NEEDED_BYTES = 1_000_000
"""Room for the engine's two variants: 910 kB, with numba 0.68 on x86-64."""

SETTINGS = ("OPT", "BOUNDSCHECK", "DEBUGINFO_DEFAULT", "LOOP_VECTORIZE", "SLP_VECTORIZE")
"""Settings of numba's that change its code, and that its own cache does not look at."""


_numba: Any = caching.Cache  # without types
_compiled: Any = compiler.CompileResult
_pickled: Any = serialize.dumps


class MachineCode(_numba):  # type: ignore[misc]
    """What a dispatcher of numba's loads its compiled code from, and saves it to."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._py_func = function
        self._keeps = True
        self.enable()

    @property
    def cache_path(self) -> str | None:
        """The folder of this function's files; None where nothing is kept."""
        folder = _folder()
        return None if folder is None else str(folder)

    def flush(self) -> None:
        """Remove this function's files."""
        folder = _folder()
        if folder is not None:
            for path in folder.glob(f"{self._prefix}-*"):
                path.unlink(missing_ok=True)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Load the code for a signature; None where it has to be compiled."""
        target_context.refresh()
        path = self._path(sig, target_context.codegen())
        if path is None or not self._enabled:
            return None
        try:
            content = read(path)
            if content is not None:
                loaded = _compiled._rebuild(target_context, *pickle.loads(content))
                with suppress(OSError):
                    os.utime(path.parent)
                return loaded
        except DamagedError as damage:
            remark(f"{damage}; it is compiled again")
        except Exception as error:  # its digest is right, so a program wrote what it cannot read
            remark(f"{path} cannot be used ({error!r}); it is compiled again")
        self._keeps = _has_room(path)
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Save the code for a signature, if that can be done."""
        path = self._path(sig, data.codegen)
        if path is None or not (self._enabled and self._keeps and _is_code_alone(data)):
            return
        try:
            write(path, _pickled(data._reduce()))
        except OSError as error:
            remark(f"{path.parent}: compiled code cannot be kept: {error.strerror or error}")
        else:
            keep_newest(KEPT, path.parents[1].parent, ENGINES)

    @property
    def _prefix(self) -> str:
        return f"{self._py_func.__module__}.{self._py_func.__name__}"

    def _path(self, signature: Any, codegen: Any) -> Path | None:
        folder = _folder()
        if folder is None:
            return None
        settings = [str(getattr(config, name, None)) for name in SETTINGS]
        made_from = repr((self._index_key(signature, codegen), settings))
        return folder / f"{self._prefix}-{hashlib.sha256(made_from.encode()).hexdigest()[:32]}"


def _folder() -> Path | None:
    """Name the folder of the code that these sources compile to; None where nothing is kept."""
    root = place().folder
    if root is None:
        remark(f"compiled code cannot be kept: {'; '.join(place().refused)}")
        return None
    return root / ENGINES / compiled_version()


def _has_room(path: Path) -> bool:
    """Before a minute's work, say where its result will be kept, or that there is no room."""
    root = path.parents[2]
    try:
        disk = os.statvfs(root)
    except OSError:
        return True
    free = disk.f_bavail * disk.f_frsize
    if disk.f_blocks and free < NEEDED_BYTES:  # some file systems count nothing
        remark(
            f"{root}: compiled code needs {NEEDED_BYTES:,} bytes, the disk has {free:,}, "
            f"{NEEDED_BYTES - free:,} too few: it is not kept"
        )
        return False
    if place().refused:
        remark(f"compiled code is kept in {root}, because {place().refused[0]}")
    return True


def _is_code_alone(compiled: Any) -> bool:
    """Whether code holds no addresses of this process."""
    return not compiled.library.has_dynamic_globals and not compiled.lifted
