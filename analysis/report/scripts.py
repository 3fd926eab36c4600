"""The scripts beside the pages: Vega with its parts, the pages' own, and what can be searched.

They lie once in the report's folder, and pages name them by relative paths: that works from a file,
without a network, and leaves a page a tenth of what it would weigh with its own copy.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

FOLDER = "scripts"
OWN = Path(__file__).resolve().parent / "templates" / "report.js"


def files(search: str) -> dict[str, str]:
    """Scripts by their paths in the report's folder.

    Parameters
    ----------
    search : script that holds what can be searched
    """
    return {
        f"{FOLDER}/vega.js": vega(),
        f"{FOLDER}/report.js": OWN.read_text(encoding="utf-8"),
        f"{FOLDER}/search.js": search,
    }


@cache
def vega() -> str:
    """Vega, Vega-Lite and Vega-Embed in one script, whose names stay inside."""
    import vl_convert

    # without a snippet of one's own it hands out vegaEmbed, which its types do not know
    bundle = vl_convert.javascript_bundle(None)  # type: ignore[arg-type]
    return f"(function(){{\n{bundle}\n}})();\n"
