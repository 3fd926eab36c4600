"""Measured curves: what tools print of scalability and contention, as tidy CSV."""
