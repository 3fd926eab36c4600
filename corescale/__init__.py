"""The command `corescale`: the simulator, the analysis and the calibration under one name."""

import sim.environment  # noqa: F401, leaves where nothing after it could be imported
