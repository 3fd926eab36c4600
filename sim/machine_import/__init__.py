"""A description of a real machine, read and turned into settings of the group `hardware`."""
