"""Configuration: Hydra composition, the one schema, errors, experiments and the plan of runs."""
