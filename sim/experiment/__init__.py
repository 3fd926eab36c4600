"""Experiments: their files, curves, variants, views and claims, and the plan of their runs."""
