"""What every figure shares: axes, ticks, direct labels, the key, and saving.

Bytes are reproducible: no dates, no program versions, and a fixed salt for the ids in SVG.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from analysis.draw import style
from sim.drafts import drafts

SALT = "corescale"
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
LARGE = 1e6
DECADES = 100.0
FORMATS = ("png", "svg", "pdf")
_METADATA: dict[str, dict[str, str | None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def axes(width: float = style.WIDTH, height: float = style.HEIGHT) -> tuple[Figure, Axes]:
    """One empty pair of axes in the house style."""
    style.apply()
    figure, pair = plt.subplots(figsize=(width, height), layout="constrained")
    return figure, pair


def blank(text: str) -> Figure:
    """A figure that says why it shows nothing."""
    figure, pair = axes(height=1.0)
    pair.set_axis_off()
    pair.text(0.5, 0.5, text, ha="center", va="center", transform=pair.transAxes)
    return figure


def core_axis(pair: Axes, cores: Sequence[int], label: str = "cores") -> None:
    """Ticks at the core counts that were simulated, thinned where they would touch."""
    counts = sorted(set(cores))
    span = max(counts[-1] - counts[0], 1)
    shown: list[int] = []
    for count in counts:
        if not shown or count - shown[-1] >= span / 16:
            shown.append(count)
    if shown[-1] != counts[-1]:
        shown[-1] = counts[-1]
    margin = 0.03 * span
    pair.set_xticks(shown, [str(count) for count in shown])
    pair.set_xlim(counts[0] - margin, counts[-1] + margin)
    pair.set_xlabel(label)


def value_axis(pair: Axes, label: str, top: float) -> None:
    """Label the vertical axis; values of millions and more as multiples of a power of ten."""
    power = 3 * ((len(f"{top:.0f}") - 1) // 3) if top >= LARGE else 0
    if power:
        label = f"{label}, × 10{str(power).translate(SUPERSCRIPTS)}"
    pair.set_ylabel(label)
    pair.yaxis.set_major_formatter(lambda value, _: f"{value / 10**power:,.10g}")


def spans_decades(series: Iterable[Sequence[float]]) -> bool:
    """Whether the highest values of series lie more than two decades apart.

    The lowest of them would be flat at the bottom of a linear axis. How deep one series falls says
    nothing: a collapse is to be seen as one.
    """
    tops = [top for values in series if (top := max(values, default=0.0)) > 0]
    return bool(tops) and max(tops) > DECADES * min(tops)


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Positions as near as possible to those wanted, at least `gap` apart, within [low, high].

    Labels that would touch are merged into a block centred on their mean, as often as needed.
    """
    blocks: list[list[int]] = []

    def half(members: list[int]) -> float:
        return (len(members) - 1) * gap / 2

    def centre(members: list[int]) -> float:
        mean = sum(wanted[i] for i in members) / len(members)
        return min(max(mean, low + half(members)), high - half(members))

    for i in sorted(range(len(wanted)), key=lambda i: wanted[i]):
        blocks.append([i])
        while len(blocks) > 1:
            below, above = blocks[-2], blocks[-1]
            if centre(above) - half(above) - centre(below) - half(below) >= gap:
                break
            blocks[-2:] = [below + above]
    placed = [0.0] * len(wanted)
    for members in blocks:
        for k, i in enumerate(members):
            placed[i] = centre(members) - half(members) + k * gap
    return placed


def label_lines(pair: Axes, ends: Sequence[tuple[str, float, float, str]]) -> None:
    """Write each line's name beside its right end, in its colour, without overlaps.

    `ends` holds (text, x, y, colour). Call it after the limits of both axes are set.
    """
    if not ends:
        return
    scaled = math.log10 if pair.get_yscale() == "log" else float
    low, high = map(scaled, pair.get_ylim())
    height_points = pair.get_figure().get_size_inches()[1] * 72 * 0.78  # type: ignore[union-attr]
    gap = (high - low) * 13.0 / height_points
    places = spread([scaled(y) for _, _, y, _ in ends], gap, low + gap / 2, high - gap / 2)
    right = pair.get_xlim()[1]
    for (text, x, y, colour), at in zip(ends, places, strict=True):
        place = at if scaled is float else 10**at
        pair.annotate(
            text,
            xy=(x, y),
            xytext=(right + 0.025 * (right - pair.get_xlim()[0]), place),
            color=style.text_colour(colour),
            fontweight="bold",
            fontsize=9.5,
            va="center",
            ha="left",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.7, "alpha": 0.6},
        )


def key(figure: Figure, entries: Sequence[tuple[str, Artist]], columns: int = 3) -> None:
    """Explain the marks below the axes."""
    if entries:
        figure.legend(
            handles=[artist for _, artist in entries],
            labels=[text for text, _ in entries],
            loc="outside lower center",
            ncols=min(columns, len(entries)),
            handlelength=1.8,
            columnspacing=1.6,
        )


def line_mark(colour: str = style.GUIDE) -> Line2D:
    """A line for the key."""
    return Line2D([], [], color=colour)


def band_mark(alpha: float, colour: str = style.GUIDE, hatch: str | None = None) -> Patch:
    """A band for the key."""
    return Patch(facecolor=colour, alpha=alpha, linewidth=0, hatch=hatch)


def point_mark(hollow: bool, colour: str = style.GUIDE) -> Line2D:
    """A published point for the key."""
    return Line2D(
        [],
        [],
        color=colour,
        linestyle="",
        marker="o",
        markersize=6,
        markerfacecolor="none" if hollow else colour,
        markeredgewidth=1.4,
    )


def square_mark(colour: str = style.GUIDE) -> Line2D:
    """A branch of a bistable point for the key."""
    return Line2D([], [], color=colour, linestyle="", marker="s", markersize=6)


def save(figure: Figure, folder: Path, name: str, formats: Sequence[str] = FORMATS) -> list[Path]:
    """Write a figure as PNG, SVG and PDF, all or none."""
    written = [folder / f"{name}.{kind}" for kind in formats]
    with matplotlib.rc_context({"svg.hashsalt": f"{SALT}-{name}"}):
        if (layout := figure.get_layout_engine()) is not None:
            layout.execute(figure)  # once, not once per format
        figure.set_layout_engine(None)  # "none" leaves one that draws once more
        with drafts(written) as names:
            for draft, kind in zip(names, formats, strict=True):
                figure.savefig(draft, format=kind, metadata=_METADATA[kind])
    plt.close(figure)
    return written


def inline(svg: str, prefix: str, alt: str) -> str:
    """An SVG file as an element for an HTML page: no prologue, own ids, a name for listeners.

    `prefix` keeps the ids of several figures on one page apart. `alt` says the finding. The style
    sheet reads the width in points from `--points`, to keep its text legible on a telephone.
    """
    width = re.search(r'viewBox="0 0 ([\d.]+) ', svg)
    points = f' style="--points: {width[1]}"' if width else ""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'\s+xmlns(:\w+)?="[^"]*"', "", body)
    body = body.replace("xlink:href=", "href=")
    body = re.sub(r'\bid="', f'id="{prefix}-', body)
    body = re.sub(r'href="#', f'href="#{prefix}-', body)
    body = body.replace("url(#", f"url(#{prefix}-")
    body = re.sub(r"<!--.*?-->\s*", "", body, flags=re.DOTALL)
    return body.replace("<svg", f'<svg role="img" aria-label="{alt}"{points}', 1).strip()


def svg(figure: Figure, name: str) -> str:
    """Return a figure as the text of an SVG file, and close it."""
    text = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": f"{SALT}-{name}"}):
        figure.savefig(text, format="svg", metadata=_METADATA["svg"])
    plt.close(figure)
    return text.getvalue()
