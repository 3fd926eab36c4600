"""docs/python.md names what is public: all of it is there, and says what it gives."""

from __future__ import annotations

import importlib
import re

import pytest

from tests.documentation.blocks import ROOT

ROWS = re.findall(r"^\| (`[^|]+) \|", (ROOT / "docs/python.md").read_text(), re.MULTILINE)
NAMES = [name for row in ROWS for name in re.findall(r"`([\w.]+)`", row)]


def test_the_table_is_read() -> None:
    assert len(NAMES) > 10


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_there_and_documented(name: str) -> None:
    module, _, thing = name.rpartition(".")
    assert (getattr(importlib.import_module(module), thing).__doc__ or "").strip()
