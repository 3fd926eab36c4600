"""The house style of every figure: one palette, one size, one set of fonts.

The palette is Okabe and Ito's, which stays distinct for colour-blind readers; its yellow, too
faint for a line on white, comes last. Backgrounds are opaque white, so that a figure also
reads on a dark page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

PALETTE = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#5E3C99",
    "#4D4D4D",
    "#F0E442",
)
OTHER = "#C8C8C8"
INK = "#262626"
GUIDE = "#8C8C8C"
WIDTH, HEIGHT = 6.4, 3.9  # inches

RC: dict[str, Any] = {
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.linewidth": 0.9,
    "xtick.major.width": 0.9,
    "ytick.major.width": 0.9,
    "xtick.major.size": 4,
    "ytick.major.size": 4,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.8,
    "axes.axisbelow": True,
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.labelsize": 10,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "text.parse_math": False,  # labels are text from files: a dollar sign is a dollar sign
    "svg.fonttype": "path",
    "pdf.fonttype": 3,
    "figure.dpi": 100,
    "savefig.dpi": 200,
}


def width_of(curves: Sequence[str]) -> dict[str, float]:
    """Line widths that fall from curve to curve, so that a line on top of another hides none."""
    return {curve: max(1.1, 2.3 - 0.5 * i) for i, curve in enumerate(curves)}


def apply() -> None:
    """Set the house style for the figures that this process draws."""
    import matplotlib

    matplotlib.use("Agg")
    import seaborn

    seaborn.set_theme(context="notebook", style="ticks", rc=RC)


def colour_of(curves: Sequence[str]) -> dict[str, str]:
    """One colour per curve, in the order of the experiment."""
    return {curve: PALETTE[i % len(PALETTE)] for i, curve in enumerate(curves)}
