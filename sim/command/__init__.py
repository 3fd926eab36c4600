"""The verbs of `python -m sim`, one file each, and how results are written."""
