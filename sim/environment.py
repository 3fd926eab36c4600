"""Leaves with one line where the environment is not the one that `make setup` makes.

Imported before everything else, and by itself: what follows needs a new Python to be parsed, and
the packages to be imported. Hence this file, and those that import it first, are written for every
Python since 2.7. Packages are looked up, not imported: `--help` stays as fast as it is.
"""

import os
import sys

from sim import interruption

OLDEST = (3, 11)

PACKAGES = (
    "altair",
    "click",
    "hydra",
    "jinja2",
    "markdown_it",
    "markupsafe",
    "matplotlib",
    "numba",
    "numpy",
    "omegaconf",
    "polars",
    "pydantic",
    "pydantic_core",
    "pygments",
    "yaml",
    "rich",
    "scipy",
    "seaborn",
    "snakemake",
    "vl_convert",
)
"""What the code imports that Python does not bring along, as pyproject.toml lists it."""

REMEDY = "run 'make setup' once, then 'source .venv/bin/activate' in each terminal"


def complaint(folder):
    # type: (str) -> str
    """Say why the code in `folder` cannot run here; an empty text where it can."""
    if sys.version_info < OLDEST:
        versions = tuple(sys.version_info[:2]) + OLDEST
        lacks = "is Python {}.{}, and corescale needs {}.{} or newer".format(*versions)
        return "{} {}: {}".format(sys.executable, lacks, REMEDY)
    from importlib.util import find_spec

    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        more = " and {} more".format(len(missing) - 1) if len(missing) > 1 else ""
        return "{} has no package {}{}: {}".format(sys.executable, missing[0], more, REMEDY)
    try:
        folder.encode("utf-8")
    except UnicodeError:
        # Numba files compiled code under a hash of the sources' names.
        return "{}: the checkout's path is not UTF-8; give it another name".format(ascii(folder))
    return ""


interruption.expect()
FOUND = complaint(os.path.dirname(os.path.abspath(__file__)))
if FOUND:
    sys.stderr.write("error: {}\n".format(FOUND))
    sys.exit(2)
