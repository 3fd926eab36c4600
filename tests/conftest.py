"""What every test can rely on: markers that skip with a reason, and a fixed hypothesis profile."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from sim.config.files import unchanging

if TYPE_CHECKING:
    from tests.warm_python import WarmPython

# The same examples every time, so that a red run is red for everyone. To look for new ones:
#   HYPOTHESIS_PROFILE=explore pytest
settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "explore", settings.get_profile("ci"), derandomize=False, max_examples=1000
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

# What a marked test needs: any one of these commands.
NEEDED_COMMANDS = {
    "browser": ("chromium", "chromium-browser", "google-chrome"),
    "compiler": ("c++", "g++", "clang++"),
    "cluster": ("sbatch",),
}


def missing_tool(marker: str) -> str | None:
    """Why a test with this marker cannot run here, or None."""
    commands = NEEDED_COMMANDS[marker]
    if any(shutil.which(command) for command in commands):
        return None
    return f"needs a {marker}: none of {', '.join(commands)} is on PATH"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Nobody edits a file while tests are collected: each is read once."""
    with unchanging():
        return (yield)


@pytest.fixture(scope="module")
def unchanging_files() -> Iterator[None]:
    """For modules that edit no file after it was read: each is read once, as for one request."""
    with unchanging():
        yield


@pytest.fixture(scope="session")
def python() -> Iterator[WarmPython]:
    """A Python that has imported what others wrote."""
    from tests.warm_python import WarmPython  # a copy of this file stands alone (test_markers)

    with WarmPython() as warm:
        yield warm


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("soak") is not None and "CORESCALE_SOAK" not in os.environ:
        pytest.skip("takes minutes: make soak")
    for marker in NEEDED_COMMANDS:
        if item.get_closest_marker(marker) is not None:
            reason = missing_tool(marker)
            if reason is not None:
                pytest.skip(reason)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules with slow tests come first: with several workers, no long one is left for the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow") is not None}
    items.sort(key=lambda item: item.path not in slow)
