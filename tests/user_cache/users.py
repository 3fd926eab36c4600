"""Two users of one machine, as processes of this test that have given up being root."""

from __future__ import annotations

import os
import pickle
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

MALLORY, BOB = 61_001, 61_002
"""User numbers without an entry in passwd: who plants, and who must not be harmed."""

NEEDS_ROOT = pytest.mark.skipif(
    os.geteuid() != 0, reason="needs root, to become two different users"
)


def as_user(
    user: int, act: Callable[..., Any], *arguments: Any, **environment: str | Path | None
) -> Any:
    """Call a function in a process of a user, with variables set or (None) unset; its result."""
    results, inlet = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(results)
        try:
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
            tempfile.tempdir = None
            for name, value in environment.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = str(value)
            outcome = (act(*arguments), "")
        except BaseException:
            outcome = (None, traceback.format_exc())
        with open(inlet, "wb") as file:
            pickle.dump(outcome, file)
        os._exit(0)
    os.close(inlet)
    with open(results, "rb") as file:
        content = file.read()
    _, status = os.waitpid(child, 0)
    assert status == 0, f"the process of user {user} ended with {status}"
    result, failure = pickle.loads(content)
    assert not failure, failure
    return result
