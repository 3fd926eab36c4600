"""Settings of a machine's parts (group `hardware`)."""
