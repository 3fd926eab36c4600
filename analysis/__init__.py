"""Reads Parquet and conf/, and makes tables, figures, claims and the report.

Every step is a pure function of files: the results that `python -m sim run` wrote, the published
numbers under `reference/` and the experiment's own file. The engine is never imported here.
"""

import sim.environment  # noqa: F401, leaves where nothing after it could be imported
