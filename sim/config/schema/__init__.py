"""The one schema: every setting of a run, typed, bounded, with its unit and meaning.

YAML becomes these frozen objects once, at the edge (`sim.config.compose`); nothing inside the
simulator sees a dictionary of settings. Units stand in the names (`_cycles`, `_us`, `_kib`,
`_gb_s`). Unknown keys are fatal; integers refuse floats such as `1e9`; every number has a lower
and an upper bound.
"""
