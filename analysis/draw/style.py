"""The house style of every figure: one palette, one size, one set of fonts.

The palette begins with Okabe and Ito's colours, which stay distinct for colour-blind readers,
without their yellow, too faint on white. A purple, a brown and two dark shades follow: the last two
were chosen for their distance from all others, also as the colour-blind see them. Backgrounds
are opaque white, so that a file also reads on a dark page; on a page that is dark, `on_dark` says
which colour takes the place of each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.colors import LinearSegmentedColormap

    from sim.experiment.file import Experiment

Dashes = str | tuple[float, tuple[float, ...]]
"""How matplotlib wants a line style: by name, or as an offset and lengths of dashes and gaps."""

PALETTE = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#5E3C99",
    "#4D4D4D",
    "#783000",
    "#000000",
)
SOLID = 8
"""Curves with solid lines; those after them are dashed, each further eight in its own way."""
DASHES: tuple[Dashes, ...] = ("-", (0, (4, 1.5)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)))
HATCHES = ("", "///", "...", "xxx")
CONTRAST = 4.5
"""Of text on white, at least: level AA of WCAG 2.1, section 1.4.3."""

KERNELS: dict[int, tuple[str, ...]] = {
    0: ("stock", "linux", "linux_stock", "linux_2_6_26"),
    1: ("pk", "linux_pk"),
    2: ("barrelfish",),
}
"""Places in the palette that belong to a kernel, and what curves, designs and conf/ call it."""

OTHER = "#C8C8C8"
INK = "#262626"
GUIDE = "#8C8C8C"
GRID = "#E4E4E4"
LESS, MORE = "#7A3600", "#14508C"
"""Ends of what differs two ways; between them colours fade, and the page is seen in the middle."""
FADED = 0.65
"""Share of such an end up to which the page's own ink reads on it, and white beyond."""
DARK_PAGE = "#16181C"
OTHER_ON_DARK = "#434B52"
CONTRAST_ON_DARK = 3.8
"""Of a line on a dark page, at least; WCAG 2.1, section 1.4.11, asks for 3."""
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
    "grid.color": GRID,
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
    "svg.fonttype": "none",
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


def colour_of(curves: Sequence[str], kernels: Mapping[str, str] | None = None) -> dict[str, str]:
    """One colour per curve: a kernel has its own everywhere, others follow in their order.

    Parameters
    ----------
    kernels : kernel that each curve runs on, where that is known; else its own name says it
    """
    known = kernels or {}
    found: dict[str, str] = {}
    for place, names in KERNELS.items():
        mine = [curve for curve in curves if curve in names]
        mine += [curve for curve in curves if known.get(curve) in names]
        found |= dict.fromkeys(mine[:1], PALETTE[place])
    if len(set(known.values())) == 1 and len(curves) > 1:
        found = {}  # all on one kernel: colours tell something else apart
    # what stands beside kernels takes the colour of none
    taken = set(KERNELS) if found else set()
    free = [colour for i, colour in enumerate(PALETTE) if i not in taken]
    others = [curve for curve in curves if curve not in found]
    found |= {curve: free[i % len(free)] for i, curve in enumerate(others)}
    return {curve: found[curve] for curve in curves}


def colours_of(experiment: Experiment, curves: Sequence[str] = ()) -> dict[str, str]:
    """One colour per curve of an experiment; those that joined it take what the others leave.

    Parameters
    ----------
    curves : those that are drawn; default: all
    """
    asked = list(curves) or [curve.id for curve in experiment.curves]
    own = [curve for curve in asked if curve not in experiment.joined]
    kernels = {c: k for c, k in experiment.kernels.items() if c not in experiment.joined}
    found = colour_of(own, kernels)
    free = [colour for colour in PALETTE if colour not in found.values()]
    places = {name: PALETTE[place] for place, names in KERNELS.items() for name in names}
    for curve in (curve for curve in asked if curve in experiment.joined):
        mine = places.get(experiment.joined[curve].kernel)
        nobodys = [colour for colour in free if colour not in places.values()] or free
        found[curve] = mine if mine in free else next(iter(nobodys), PALETTE[-1])
        free = [colour for colour in free if colour != found[curve]] or list(PALETTE)
    return found


def dashes_of(curves: Sequence[str]) -> dict[str, Dashes]:
    """One line style per curve; colour and style together are its own for up to 32 curves."""
    return {curve: DASHES[i // SOLID % len(DASHES)] for i, curve in enumerate(curves)}


def fill_of(labels: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Colour and hatching of an area per label, as keywords of a patch."""
    size = len(PALETTE)
    return {
        label: {"facecolor": PALETTE[i % size], "hatch": HATCHES[i // size % len(HATCHES)]}
        for i, label in enumerate(labels)
    }


def two_ways() -> LinearSegmentedColormap:
    """Colours from `LESS` through nothing to `MORE`."""
    from matplotlib.colors import LinearSegmentedColormap, to_rgba

    stops = [(0.0, LESS, 1.0), (0.5, LESS, 0.0), (0.5, MORE, 0.0), (1.0, MORE, 1.0)]
    return LinearSegmentedColormap.from_list(
        "two_ways", [(at, to_rgba(colour, alpha)) for at, colour, alpha in stops]
    )


def ink_on(share: float) -> str:
    """The colour of text on a cell that has this share of an end's colour, -1 to 1."""
    return "white" if abs(share) > FADED else INK


def text_colour(colour: str) -> str:
    """A colour, darkened as far as text on white needs it."""
    from matplotlib.colors import to_hex, to_rgb

    red, green, blue = to_rgb(colour)
    while contrast((red, green, blue)) < CONTRAST:
        red, green, blue = 0.97 * red, 0.97 * green, 0.97 * blue
    return to_hex((red, green, blue))


def on_dark(colour: str) -> str:
    """A colour for a dark page: greys turned round, others lightened as far as they need it."""
    if colour.upper() == OTHER:
        return OTHER_ON_DARK
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    if len(set(parts)) == 1:
        parts = [255 - part for part in parts]
    page = contrast(_share(DARK_PAGE))
    while page / contrast(_share(_hex(parts))) < CONTRAST_ON_DARK:
        parts = [min(255, part + 8 + (255 - part) // 16) for part in parts]
    return _hex(parts)


def _hex(parts: Sequence[int]) -> str:
    return "#" + "".join(f"{part:02X}" for part in parts)


def _share(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def contrast(colour: tuple[float, float, float]) -> float:
    """Contrast of a colour (sRGB, 0 to 1) with white, 1 to 21, as WCAG 2.1 defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    luminance = sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 1.05 / (luminance + 0.05)
