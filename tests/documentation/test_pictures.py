"""docs/hooks/pictures.py makes every picture that a page shows, and no other lies about."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from tests.documentation.blocks import ROOT

IMAGES = ROOT / "docs/images"
SHOWN = re.compile(r"!\[[^\]]+\]\(([^)\s]+\.(?:png|gif|svg))\)")
"""A picture on a page, with words for those who cannot see it."""


def pages() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_every_picture_that_a_page_shows_has_its_maker_and_is_there() -> None:
    spec = importlib.util.spec_from_file_location("pictures", ROOT / "docs/hooks/pictures.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    shown = {
        (page.parent / place).resolve()
        for page in pages()
        for place in SHOWN.findall(page.read_text(encoding="utf-8"))
    }
    made = {(IMAGES / name).resolve() for name in module.PICTURES}
    assert shown == made == {path.resolve() for path in IMAGES.iterdir()}
