"""The user's cache: what can be made again, in a folder that nobody else can write.

Where it is: `place`. Its files, each with a digest: `entry`. What is in it: `contents`. Compiled
functions: `machine_code`, which alone imports numba. Nothing here is decided, made or read before
it is asked for.
"""
