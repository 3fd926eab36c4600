"""The machine at hand: what it is, what it does, and how far a model of it is off.

What a measurement is made of: `box` (CPUs, as the kernel lists them), `plan` (series and points),
`probes/` (a C program each), `builder` (compiled on the spot), `campaign` (repetitions until the
spread is small). What is written: `records` (CSV files), `machine_file` (YAML). What is done with
it: `fit`, `comparison`, `page`. What other tools print of scalability and contention, as tidy CSV:
`will_it_scale`, `perf_lock`, `perf_c2c`, `tidy`, `rows`.
"""
