"""The scripts beside the pages: Vega with its parts, the pages' own, and what can be searched.

They lie once in the report's folder, and pages name them by relative paths: that works from a file,
without a network, and leaves a page a tenth of what it would weigh with its own copy.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path

from sim.user_cache.contents import SCRIPTS, keep_newest
from sim.user_cache.entry import DamagedError, read, write
from sim.user_cache.place import place
from sim.user_cache.remark import remark

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
    return f"(function(){{\n{_bundle()}\n}})();\n"


def _bundle() -> str:
    """The three, which depend on the package that has them and on nothing else.

    To bundle them takes a second or more, so the user's cache keeps what came out.
    """
    version = metadata.version("vl-convert-python")
    root = place().folder
    kept = None if root is None else root / SCRIPTS / version / "vega.js"
    try:
        found = None if kept is None else read(kept)
    except DamagedError as damage:
        remark(f"{damage}; it is made again")
        found = None
    if found is not None:
        return found.decode()
    bundle = _bundled_anew()
    if root is not None and kept is not None:
        with suppress(OSError):  # bundled again the next time
            write(kept, bundle.encode())
            keep_newest(1, root, SCRIPTS)
    return bundle


def _bundled_anew() -> str:
    import vl_convert

    # without a snippet of one's own it hands out vegaEmbed, which its types do not know
    bundle: str = vl_convert.javascript_bundle(None)  # type: ignore[arg-type]
    return bundle
