"""Fits of the model's calibrated numbers: scripts that anyone can rerun."""
