"""Fits of the model's calibrated numbers: scripts that anyone can rerun."""

import sim.environment  # noqa: F401, leaves where nothing after it could be imported
