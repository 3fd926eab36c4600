"""Draws the animation of the README: `python -m tests.lab.animation docs/images/lab.gif`.

A browser goes through the lab as a reader might: stock Linux, its collapse, the fix that the gains
name first, and PK beside both. Needs Chromium.
"""

from __future__ import annotations

import io
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from tests.lab.browser import Page, browser
from tests.lab.conftest import running

SIZE = (1280, 860)
SHOWN = (960, 645)
COLOURS = 96
MILLISECONDS = 1400
IDLE = "document.documentElement.dataset.busy === 'no'"
DRAWN = "document.querySelector('#chart-curves svg path')"


def frames(page: Page, folder: Path) -> list[Image.Image]:
    """What is seen after each thing that a reader does."""
    taken: list[Image.Image] = []

    def take() -> None:
        file = folder / f"{len(taken)}.png"
        page.picture(file)
        taken.append(Image.open(io.BytesIO(file.read_bytes())).convert("RGB").resize(SHOWN))

    def settle() -> None:
        page.wait(DRAWN)
        page.wait(IDLE)
        time.sleep(0.5)
        take()

    take()
    settle()
    page.ask("document.getElementById('add-curve').click()")
    page.wait("document.querySelectorAll('.curves li').length === 2")
    take()
    page.ask("document.getElementById('for-kernel.fix.vfsmount_table').click()")
    page.wait("location.search.includes('vfsmount_table')")
    take()
    settle()
    page.ask("document.getElementById('add-curve').click()")
    page.wait("document.querySelectorAll('.curves li').length === 3")
    page.set("kernel", "linux_pk")
    page.wait("location.search.includes('linux_pk')")
    take()
    settle()
    return taken


def main(file: Path) -> None:
    """Write the animation."""
    words = ("workload=exim", "kernel=linux_stock", "cores=[1,8,16,24,32,36,40,44,48]")
    with (
        tempfile.TemporaryDirectory() as folder,
        browser(Path(folder)) as chromium,
        running(*words) as address,
    ):
        page = chromium.tab()
        page.size(*SIZE)
        page.open(address)
        page.wait("document.getElementById('add-curve')")
        taken = frames(page, Path(folder))
    still = [frame.quantize(COLOURS, dither=Image.Dither.NONE) for frame in taken]
    still[0].save(
        file, save_all=True, append_images=still[1:], duration=MILLISECONDS, loop=0, optimize=True
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
