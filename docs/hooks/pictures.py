"""The pictures of the README and of the documentation's pages, and how each is made.

`python docs/hooks/pictures.py` makes all of them, `python docs/hooks/pictures.py lab.gif` one. Two
are figures of results/paper (`make` leaves them there); of the lab a headless Chromium takes
pictures of a fixed size, going through it as a reader might; the trace is simulated and drawn here.
A test holds the list against the pages.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))

from analysis.draw import style  # noqa: E402
from sim.__main__ import main as simulate  # noqa: E402
from tests.lab.browser import Page, browser  # noqa: E402
from tests.lab.conftest import running  # noqa: E402

IMAGES = ROOT / "docs/images"
RESULTS = ROOT / "results/paper"
WIDTH = 1200
"""Pixels of a figure's width."""

LAB, WIDE = (1400, 940), (1400, 900)
SHOWN = (960, 645)
COLOURS, PALETTE = 96, 192
MILLISECONDS = 1400
PATIENCE_SECONDS = 600
"""How long three curves and their gains may take on a machine that does something else, too."""
IDLE = "document.documentElement.dataset.busy === 'no'"
DRAWN = "document.querySelector('#chart-curves svg path')"

UNMAP = "workload=micro/unmap kernel=barrelfish hardware=amd_8x4 cores=[8] records=400"
WINDOW = (9.9, 14.2)
"""Microseconds of the trace that are drawn: one unmap, from its first message to its end."""
SLICES = {
    "post down": ("sends a message", 4),
    "message wait down": ("waits for a message", 5),
    "await down": ("reads the message", 2),
    "store up": ("acknowledges", 0),
    "message wait up": ("waits for acknowledgements", 1),
}
"""Slices that are drawn: what a core does meanwhile, and the colour's place in the palette."""
LEAST = 0.03
"""Microseconds below which a slice could not be seen."""


def save(picture: Image.Image, target: Path) -> None:
    """Write a picture with a palette: a third of the bytes, and nothing that can be seen."""
    picture.quantize(PALETTE, dither=Image.Dither.NONE).save(target, optimize=True)


def figure(name: str) -> Callable[[Path], None]:
    """How a figure of results/paper becomes a picture."""

    def make(target: Path) -> None:
        source = RESULTS / name
        if not source.is_file():
            sys.exit(f"{source.relative_to(ROOT)} is not there; run make first")
        drawn = Image.open(source).convert("RGB")
        size = (WIDTH, round(drawn.height * WIDTH / drawn.width))
        save(drawn.resize(size, Image.Resampling.LANCZOS), target)

    return make


# --- the lab --------------------------------------------------------------------------------


class Visit:
    """A reader's way through the lab, with a picture of what is seen after each step."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page, self.folder = page, folder
        self.taken: list[Image.Image] = []

    def take(self, *, whole: bool = False) -> None:
        """Take a picture of what is seen now, or of the whole page."""
        file = self.folder / f"{len(self.taken)}.png"
        self.page.picture(file, whole=whole)
        self.taken.append(Image.open(io.BytesIO(file.read_bytes())).convert("RGB"))

    def settle(self) -> None:
        """Take a picture of what is seen when nothing is left to simulate."""
        self.page.wait(DRAWN)
        end = time.monotonic() + PATIENCE_SECONDS
        while not self.page.ask(IDLE) and time.monotonic() < end:
            time.sleep(0.2)
        self.page.wait(IDLE)
        time.sleep(0.5)
        self.take()

    def add_curve(self, count: int) -> None:
        """Add a curve like the chosen one; `count` are there then."""
        self.page.ask("document.getElementById('add-curve').click()")
        self.page.wait(f"document.querySelectorAll('.curves li').length === {count}")

    def choose_pk(self) -> None:
        """Set the chosen curve's kernel."""
        self.page.set("kernel", "linux_pk")
        self.page.wait("location.search.includes('linux_pk')")


@contextmanager
def visit() -> Iterator[Visit]:
    """A lab with Exim on stock Linux, as a browser opens it."""
    words = ("workload=exim", "kernel=linux_stock", "cores=[1,8,16,24,32,36,40,44,48]")
    with (
        tempfile.TemporaryDirectory() as folder,
        browser(Path(folder)) as chromium,
        running(*words) as address,
    ):
        page = chromium.tab()
        page.size(*LAB)
        page.open(address)
        page.wait("document.getElementById('add-curve')")
        yield Visit(page, Path(folder))


def lab_still(target: Path) -> None:
    """Two curves of Exim, where the cycles go, and the ranked gains."""
    with visit() as seen:
        seen.add_curve(2)
        seen.choose_pk()
        seen.page.ask("document.querySelector('.curves li button').click()")
        seen.page.size(*WIDE)
        seen.settle()
        seen.take(whole=True)
    save(seen.taken[-1], target)


def lab_animation(target: Path) -> None:
    """Stock Linux, its collapse, the fix that the gains name first, and PK beside both."""
    with visit() as seen:
        seen.take()
        seen.settle()
        seen.add_curve(2)
        seen.take()
        seen.page.ask("document.getElementById('for-kernel.fix.vfsmount_table').click()")
        seen.page.wait("location.search.includes('vfsmount_table')")
        seen.take()
        seen.settle()
        seen.add_curve(3)
        seen.choose_pk()
        seen.take()
        seen.settle()
    frames = [frame.resize(SHOWN) for frame in seen.taken]
    still = [frame.quantize(COLOURS, dither=Image.Dither.NONE) for frame in frames]
    still[0].save(
        target,
        save_all=True,
        append_images=still[1:],
        duration=MILLISECONDS,
        loop=0,
        optimize=True,
    )


# --- the trace ------------------------------------------------------------------------------


def trace(target: Path) -> None:
    """Draw one unmap from a trace: a track per core, and an arrow for each message."""
    import matplotlib.pyplot as plt
    from matplotlib.patches import Patch

    events = simulated_trace()
    style.apply()
    drawn, pair = plt.subplots(figsize=(style.WIDTH * 1.5, 3.6), layout="constrained")
    for event in events:
        if event["ph"] == "X" and event["name"] in SLICES:
            colour = style.PALETTE[SLICES[event["name"]][1]]
            width = max(event["dur"], LEAST)
            pair.barh(core(event), width, left=event["ts"], height=0.6, color=colour)
    for begin, end in flows(events):
        pair.annotate(
            "",
            xy=(end["ts"], core(end)),
            xytext=(begin["ts"], core(begin)),
            arrowprops={"arrowstyle": "->", "color": style.INK, "linewidth": 0.6},
        )
    cores = sorted({core(event) for event in events if event["ph"] == "X"})
    pair.set_yticks(cores, [f"core {number}" for number in cores])
    pair.invert_yaxis()
    pair.set_xlim(*WINDOW)
    pair.set_xlabel("time (µs)")
    pair.grid(visible=False)
    marks = [Patch(color=style.PALETTE[place], label=text) for text, place in SLICES.values()]
    drawn.legend(handles=marks, loc="outside lower center", ncols=3)
    drawn.savefig(target, dpi=WIDTH / drawn.get_size_inches()[0], metadata={"Software": None})
    plt.close(drawn)


def simulated_trace() -> list[dict[str, Any]]:
    """Events of the trace that the page about traces makes, as `trace -o x.json` writes them."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "unmap.json"
        simulate(["trace", *UNMAP.split(), "-o", str(file)])
        found: list[dict[str, Any]] = json.loads(file.read_text())["traceEvents"]
    return found


def core(event: dict[str, Any]) -> int:
    """Core whose track an event is on: the format counts from one."""
    return int(event["tid"]) - 1


def flows(events: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Begin and end of each arrow within the window."""
    begins = {event["id"]: event for event in events if event["ph"] == "s"}
    for end in (event for event in events if event["ph"] == "f"):
        begin = begins[end["id"]]
        if WINDOW[0] <= begin["ts"] and end["ts"] <= WINDOW[1]:
            yield begin, end


PICTURES: dict[str, Callable[[Path], None]] = {
    "fig04_exim.png": figure("osdi10/fig04_exim/figures/throughput.png"),
    "growth.png": figure("synthesis/growth/figures/growth.png"),
    "lab.gif": lab_animation,
    "lab.png": lab_still,
    "trace_unmap.png": trace,
}
"""Every picture that a page shows, by its name in docs/images."""


def main(names: list[str]) -> None:
    """Make some pictures, or all."""
    for name in names or PICTURES:
        if name not in PICTURES:
            sys.exit(f"{name}: no such picture; there are {', '.join(PICTURES)}")
        PICTURES[name](IMAGES / name)
        print(IMAGES / name)


if __name__ == "__main__":
    main(sys.argv[1:])
