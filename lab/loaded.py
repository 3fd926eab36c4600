"""Imported by the process that workers are forked from: all that they need is loaded once.

Both kinds of job are done here, because much is loaded when it is first used: compiled code, files
of conf/, the distribution behind the intervals.
"""

from lab.jobs import Job
from lab.runs import digest, written
from lab.worker import answer
from sim.command import warm
from sim.config.compose import compose

WORDS = ("run=smoke",)

warm.load()
_run = compose([*WORDS, "cores=[2]"])
answer(Job(("point", digest(_run), 2), WORDS, written(_run)))
answer(Job(("changes", digest(_run), 2), WORDS, written(_run)))
