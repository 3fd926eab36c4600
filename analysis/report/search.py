"""What the search box of every page looks through: pages, claims, settings and limitations.

It is a script beside the pages, `scripts/search.js`, because a page that is opened from a file may
load a script and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from analysis.read.configuration import Number
from analysis.report import prose

if TYPE_CHECKING:
    from analysis.report.claim_list import Row
    from analysis.report.pages import ExperimentPage

Entry = tuple[str, str, str, str]
"""Kind, what is shown, what is looked through besides, and the address."""


def entries(
    pages: Sequence[ExperimentPage],
    rows: Sequence[Row],
    numbers: Sequence[Number],
    limitations: str,
    others: Sequence[tuple[str, str]],
) -> list[Entry]:
    """Everything that can be found.

    Parameters
    ----------
    limitations : the page as Markdown
    others : name and file of pages that show no experiment
    """
    found: list[Entry] = [("page", name, "", file) for name, file in others]
    for page in pages:
        words = f"{page.experiment.title} {page.paper} {page.experiment.name}"
        found.append(("page", page.experiment.display, words, page.file))
    for row in rows:
        place = f"{row.page.file}#claim-{row.verdict.id}"
        words = f"{row.page.experiment.display} {row.verdict.verdict} {row.verdict.id}"
        found.append(("claim", row.verdict.statement, words, place))
    for number in numbers:
        shown = f"{number.key} = {number.value[:30]}"
        found.append(("setting", shown, number.owner, f"sources.html#{anchor(number)}"))
    for heading in re.findall(r"^##+ (.+)$", limitations, flags=re.MULTILINE):
        found.append(("limitation", heading, "", f"limitations.html#{prose.slug(heading)}"))
    return found


def script(found: Sequence[Entry]) -> str:
    """The entries as a script that hands them to the page."""
    return f"window.searchable = {json.dumps(found, ensure_ascii=False, separators=(',', ':'))};\n"


def anchor(number: Number) -> str:
    """Name of a setting's row on the page of all settings."""
    whole = hashlib.sha256(repr(number).encode()).hexdigest()
    return f"{prose.slug(number.key.replace('.', '-'))}-{whole[:8]}"
