"""The test of a law edits no file that was read."""

import pytest


@pytest.fixture(scope="module", autouse=True)
def _unchanging(unchanging_files: None) -> None:
    """Files are read once in a module."""
