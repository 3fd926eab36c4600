"""Metrics of claims, one class in one file each, which registers itself (`sim.experiment`)."""
