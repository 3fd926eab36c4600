"""A lab that runs, and a browser."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.lab.browser import Browser, browser

ROOT = Path(__file__).resolve().parents[2]
WORDS = ("workload=micro/open_close", "kernel=linux_stock", "cores=[1,2,8]")
"""A run of which everything is there within a second or two."""


@contextmanager
def running(*words: str, cwd: Path = ROOT) -> Iterator[str]:
    """The address of a lab, which ends with the context."""
    line = [sys.executable, "-m", "corescale", "lab", "--no-browser", "--port", "0", *words]
    process = subprocess.Popen(line, cwd=cwd, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), address
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("chromium")) as found:
        yield found


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the user's own."""
    return tmp_path_factory.mktemp("own")


@pytest.fixture(scope="session")
def address(own: Path) -> Iterator[str]:
    """The address that a lab printed."""
    os.environ.pop("CORESCALE_FORK_SERVER", None)
    with running(*WORDS, "run=smoke", "--config-dir", str(own)) as found:
        yield found
