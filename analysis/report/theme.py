"""What a dark page does to figures: rules that give each colour of the palette its counterpart.

Figures are drawn once, for white. Charts name a colour in an attribute (`stroke="#0072B2"`),
matplotlib in a style (`fill: #0072b2`); a rule finds both, whoever drew it and whenever. White is
the page seen through a mark, but text that stands on a colour stays white. No rule asks for an
`svg` around its element: what a `<use>` repeats has none.
"""

from __future__ import annotations

from collections.abc import Iterator

from analysis.draw import style
from analysis.report import charts, explorer

WHITE = "#FFFFFF"
OF_THE_PAGE = {style.INK: "var(--ink)", style.GRID: "var(--guide)"}
"""Colours that the page itself has, light and dark."""


def rules() -> str:
    """The style sheet of figures on a dark page, on screens alone."""
    lines = "\n".join(_rules())
    return f"@media screen and (prefers-color-scheme: dark) {{\n{lines}\n}}\n"


def _rules() -> Iterator[str]:
    """A rule for what a colour fills and one for what it draws."""
    names = [*style.PALETTE, *map(style.text_colour, style.PALETTE), style.GUIDE, style.OTHER]
    names += [*charts.PARTS, explorer.WORK_COLOUR, explorer.OTHER_COLOUR]
    found = {name.upper(): style.on_dark(name) for name in names} | OF_THE_PAGE
    for colour, dark in found.items():
        for use in ("fill", "stroke"):
            named = f'[{use}="{colour}" i], [style*="{use}: {colour}" i]'
            yield f":is({named}) {{ {use}: {dark} !important; }}"
    for use in ("fill", "stroke"):
        yield f':not(text)[style*="{use}: {WHITE}" i] {{ {use}: var(--page) !important; }}'
