"""The engine's speed beside that of its peers."""

import sim.environment  # noqa: F401, leaves where nothing after it could be imported
