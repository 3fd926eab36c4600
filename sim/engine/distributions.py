"""Distributions that work is drawn from, by number; quantiles.py has their tables."""

DISTRIBUTIONS = ("exponential", "uniform")
EXPONENTIAL, UNIFORM = range(len(DISTRIBUTIONS))
