"""Reads Parquet and conf/, and makes tables, figures, claims and the report.

Every step is a pure function of files: the results that `python -m sim run` wrote, the published
numbers under `reference/` and the experiment's own file. The engine is never imported here.
"""

import os

import sim.environment  # noqa: F401, leaves where nothing after it could be imported
from sim.user_cache.contents import MATPLOTLIB
from sim.user_cache.place import place

# Without a home of the user's, matplotlib warns, and lists all fonts anew in each process.
_found = place()
if _found.folder is not None and _found.refused:
    os.environ.setdefault("MPLCONFIGDIR", str(_found.folder / MATPLOTLIB))
