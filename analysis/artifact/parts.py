"""Names of what is made of one experiment's results, in the folder where they lie.

They stand apart because who only judges whether they are there needs none of what makes them.
"""

from __future__ import annotations

FILE = "artifact.json"
PARTS = (FILE, "claims.json", "figures", "tables")
