"""The verbs of the command line: what each takes, and examples that work.

The one list that `--help`, the reading of arguments and the completion of shells share. Nothing
here imports more than the standard library: help and completion are answered at once.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Literal

WIDTH = 79


@dataclass(frozen=True)
class Option:
    """An option such as `-m` or `-o FILE`; its first name is the one that requests keep."""

    names: tuple[str, ...]
    meaning: str
    value: str = ""


@dataclass(frozen=True)
class Selector:
    """A word such as `out=FILE` that says what to do rather than how to simulate."""

    name: str
    value: str
    meaning: str


@dataclass(frozen=True)
class Verb:
    """One verb, as `--help` shows it.

    `takes` says what words without a dash or `=` stand for.
    """

    name: str
    synopsis: str
    summary: str
    details: str
    examples: tuple[str, ...]
    selectors: tuple[Selector, ...] = ()
    options: tuple[Option, ...] = ()
    takes: Literal["overrides", "group", "key", "shell", "source", "clear", "nothing"] = "overrides"

    @property
    def page(self) -> str:
        """What `--help` says after the verb."""
        rows = [(f"{item.name}={item.value}", item.meaning) for item in self.selectors]
        rows += [(f"{', '.join(o.names)} {o.value}".strip(), o.meaning) for o in self.options]
        width = max((len(left) for left, _ in rows), default=0)
        called = textwrap.fill(
            f"usage: python -m sim {self.name} {self.synopsis}",
            WIDTH,
            subsequent_indent=" " * len(f"usage: python -m sim {self.name} "),
            break_on_hyphens=False,
        )
        parts = [called.rstrip(), _wrapped(self.details)]
        if rows:
            parts.append("\n".join(f"  {left:{width}}  {right}" for left, right in rows))
        parts.append("Examples\n" + "\n".join(f"  {line}" for line in self.examples))
        return "\n\n".join(parts) + "\n"


def _wrapped(text: str) -> str:
    """Break paragraphs into lines that every terminal shows whole."""
    return "\n\n".join(textwrap.fill(part, WIDTH) for part in text.split("\n\n"))


EXPERIMENT = Selector("experiment", "NAME", "an experiment: see python -m sim list experiment")
CURVE = Selector("curve", "ID", "one curve of the experiment")
CONFIG_DIR = Option(("--config-dir",), "a folder of your own beside conf/ (repeatable)", "DIR")
OVERRIDES = """\
An OVERRIDE is group=choice (kernel=linux_stock) or key=value (run.seed=7). Without any: Exim on
PK on the 48-core machine, at 1 and 48 cores."""

VERBS = {
    verb.name: verb
    for verb in (
        Verb(
            "run",
            "[OVERRIDE ...] [experiment=NAME [curve=ID]] [out=PATH]",
            "simulate; print tables, or write Parquet",
            f"""\
Simulates, and prints a table of each curve: throughput, times and the largest causes. `resonant`
in the place of an interval: nothing is drawn there, and a little change of the machine's costs
makes the point jump; its number says little (docs/background/locks.md).

{OVERRIDES}""",
            (
                "python -m sim run kernel=linux_stock 'cores=[1,24,48]'",
                "python -m sim run -m kernel=linux_stock,linux_pk 'cores=range(4,49,4)' "
                "out=exim.parquet",
                "python -m sim run experiment=osdi10/fig04_exim out=results/exim",
            ),
            (
                EXPERIMENT,
                CURVE,
                Selector("out", "PATH", "NAME.parquet; for an experiment without curve=, a folder"),
                Selector("effort", "FILE", "NAME.tsv: the time and memory that it took"),
            ),
            (Option(("-m", "--multirun"), "key=a,b gives a curve for each value"), CONFIG_DIR),
        ),
        Verb(
            "explain",
            "[OVERRIDE ...] [experiment=NAME curve=ID] [top=N] [out=FILE]",
            "where the cycles go, and what would be gained",
            """\
Takes one core count of one run (the last that is named), and says where its cycles go. Then it
runs again with one change at a time: each object free of cost, each of the kernel's fixes flipped,
and queue locks in place of its spin locks and mutexes. Gains in throughput are ranked by the lower
ends of their 95 % intervals, so that noise tends to come last, beside the objects' shares of the
cycles. The two orders differ: the largest slice is often not the largest gain. Each interval holds
by itself; of twenty, about one misses.""",
            (
                "python -m sim explain kernel=linux_stock",
                "python -m sim explain workload=pedsort 'cores=[48]' top=5",
                "python -m sim explain experiment=osdi10/fig05_memcached curve=stock "
                "out=why.parquet",
            ),
            (
                EXPERIMENT,
                CURVE,
                Selector("top", "N", "free at most N objects, those with the most cycles"),
                Selector("out", "FILE", "NAME.parquet: the variants, as `run` writes them"),
            ),
            (CONFIG_DIR,),
        ),
        Verb(
            "trace",
            "[OVERRIDE ...] [experiment=NAME curve=ID] [records=N] -o FILE",
            "what each core did, for Perfetto or as data",
            """\
Writes the shared instructions of one run's start, at the last core count that is named. In
Perfetto (ui.perfetto.dev) every core is a track; waits are slices; and flows lead from the core
that wrote a line, released a lock or sent a message to the core that got it.""",
            (
                "python -m sim trace kernel=linux_stock 'cores=[8]' -o exim.pftrace",
                "python -m sim trace workload=micro/unmap kernel=barrelfish hardware=amd_8x4 "
                "-o unmap.json",
                "python -m sim trace experiment=osdi10/fig04_exim curve=pk 'cores=[4]' "
                "records=1000 -o exim.parquet",
            ),
            (
                EXPERIMENT,
                CURVE,
                Selector("records", "N", "instructions at most (default: 20000)"),
            ),
            (
                Option(("-o", "--output"), "NAME.pftrace, NAME.json or NAME.parquet", "FILE"),
                CONFIG_DIR,
            ),
        ),
        Verb(
            "list",
            "[GROUP | assumed [OVERRIDE ...]]",
            "what can be chosen, and what is assumed",
            "Lists the choices of every group, or of one: hardware, kernel, kernel/fix, workload, "
            "run, experiment. Or what nobody measured, below the reasons: of the kernel, say, in "
            "kernel=barrelfish; with a workload, what it depends on.",
            (
                "python -m sim list",
                "python -m sim list experiment",
                "python -m sim list assumed kernel=barrelfish workload=exim",
            ),
            options=(CONFIG_DIR,),
            takes="group",
        ),
        Verb(
            "describe",
            "KEY [OVERRIDE ...]",
            "a setting's value, unit, bounds, source and meaning",
            "Describes one setting, each setting of a subtree, or (columns) the columns of the "
            "results.",
            (
                "python -m sim describe hardware.coherence.hop_cycles",
                "python -m sim describe kernel.fix kernel=linux_stock",
                "python -m sim describe columns",
            ),
            options=(
                Option(("--all",), "all settings of a run"),
                Option(("--markdown",), "with --all: all settings there are, as tables"),
                CONFIG_DIR,
            ),
            takes="key",
        ),
        Verb(
            "machine",
            "import SOURCE [-o FILE]",
            "a machine of your own, from hwloc or from latencies",
            """\
Describes a machine of your own: what is measured is taken over, what is unknown is assumed and
marked so in the file's `sources:`.

SOURCE is FILE.xml, hwloc's XML (lstopo --of xml FILE.xml); FILE.csv, latencies between CPUs in
ns, as core-to-core-latency writes them; or hwloc's synthetic description.""",
            (
                "python -m sim machine import reference/core_to_core/apple_m1_pro.csv --packages 1",
                "python -m sim machine import reference/core_to_core/aws_graviton3.csv "
                "--clock-ghz 2.6 --name arm",
                "python -m sim machine import 'pack:2 l3:2(size=16MiB) core:8 pu:2' "
                "--name two_sockets",
            ),
            options=(
                Option(("--latencies",), "measured latencies beside hwloc's description", "CSV"),
                Option(("--name",), "name of the machine; default: that of FILE or SOURCE", "NAME"),
                Option(("--clock-ghz",), "core clock; default: assumed", "GHZ"),
                Option(("--caches",), "L1 and L2 of a core, L3 of a die, in KiB", "L1,L2,L3"),
                Option(("--packages",), "how many groups of a CSV are packages", "N"),
                Option(("--no-smt",), "every CPU of a CSV is a core"),
                Option(("-o", "--output"), "NAME.yaml; default: the terminal", "FILE"),
                Option(("--force",), "replace a file that exists"),
            ),
            takes="source",
        ),
        Verb(
            "completion",
            "SHELL",
            "complete verbs, groups, keys and choices in a shell",
            """\
Prints what the shell reads to complete the words of the command `corescale`, which is
`python -m sim` under a shorter name.""",
            (
                'eval "$(python -m sim completion bash)"    # in ~/.bashrc',
                'eval "$(python -m sim completion zsh)"     # in ~/.zshrc, after compinit',
                "python -m sim completion fish | source    # in ~/.config/fish/config.fish",
            ),
            takes="shell",
        ),
        Verb(
            "warm",
            "",
            "compile the engine once",
            "Compiles the engine, which otherwise the first run does: about a minute. "
            "Later runs find it in the cache.",
            ("python -m sim warm",),
            takes="nothing",
        ),
        Verb(
            "cache",
            "[clear]",
            "what is kept between runs, where, and an end to it",
            """\
Shows where compiled engines and composed configurations are kept, how large and how old they are,
which engine is in use, and if a better place was refused, why. With `clear`, removes them; the next
run makes again what it needs.

The place is $XDG_CACHE_HOME/corescale, or ~/.cache/corescale. If that is not yours or cannot be
written, it is a private folder in the temporary directory.""",
            ("python -m sim cache", "python -m sim cache clear"),
            takes="clear",
        ),
    )
}

WHAT = (
    "corescale simulates a workload on a kernel design on a multicore machine, and says where the "
    "cycles went."
)
EXAMPLES = tuple(VERBS["run"].examples[:2]) + VERBS["explain"].examples[:1]


def usage() -> str:
    """What `--help` says without a verb."""
    verbs = "\n".join(f"  python -m sim {v.name:10}  {v.summary}" for v in VERBS.values())
    examples = "\n".join(f"  {line}" for line in EXAMPLES)
    return f"""\
{_wrapped(WHAT)}

{verbs}

{_wrapped(OVERRIDES)}
More about a verb: python -m sim VERB --help

Examples
{examples}
"""
