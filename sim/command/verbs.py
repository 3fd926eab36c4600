"""The verbs of `python -m sim`: what each takes, and examples that work.

What a verb does is imported once it is asked for: help and the completion of shells are answered
at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from sim import front_end
from sim.command.program import Name, Program, Selector, Verb, status_of
from sim.config.errors import ConfigError, message

EXPERIMENT = Selector("experiment", "NAME", "an experiment, as `list experiment` shows them")
CURVE = Selector("curve", "ID", "one curve of the experiment")
ALSO = Selector("also", "[NAME,...]", "kernels that join the curves of the experiment")
SERIES = Selector("series", "NAME", "a published series, as `list series` shows them")
SHELLS = ("bash", "zsh", "fish")
RUN_EXAMPLES = (
    "kernel=linux_stock 'cores=[1,24,48]'",
    "-m kernel=linux_stock,linux_pk 'cores=range(4,49,4)' out=exim.parquet",
    "experiment=osdi10/fig04_exim out=results/exim",
)
Decorator = Callable[[Any], Any]


def status_of_simulation(error: Exception) -> int | None:
    """Exit status of an error of the request or of the simulation; None for a bug."""
    if isinstance(error, ConfigError):
        return status_of(error)
    if not isinstance(error, RuntimeError):
        return None
    from sim.simulate import RefusedError, SimulationError

    if isinstance(error, RefusedError):
        return front_end.UNUSABLE
    return front_end.FAILED if isinstance(error, SimulationError) else None


class SimVerb(Verb):
    """A verb of `python -m sim`: 1 the simulation failed, 2 the request cannot be used."""

    def status(self, error: Exception) -> int | None:
        """Tell errors of the request and of the simulation from bugs."""
        return status_of_simulation(error)


def completed(kind: str) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """What Click asks for the candidates of a word: those of one kind."""

    def found(ctx: click.Context, _: click.Parameter, word: str) -> list[str]:
        from sim.command.completion import candidates

        return candidates(kind, ctx, word)

    return found


def words(metavar: str, meaning: str, kind: str) -> Decorator:
    """Take all words that are no options."""
    return click.argument(
        "words",
        nargs=-1,
        metavar=metavar,
        type=click.UNPROCESSED,
        help=meaning,
        shell_complete=completed(kind),
    )


def file(*names: str, meaning: str, **attributes: Any) -> Decorator:
    """Take the name of a file."""
    return click.option(
        *names, metavar="FILE", help=meaning, shell_complete=completed("file"), **attributes
    )


def once(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> str | None:
    """Return the one value of an option.

    Raises:
        ConfigError: if it was given twice.
    """
    if len(given) > 1:
        name = param.opts[0]
        raise ConfigError(message(f"{name} {given[1]}", f"{name} stands twice"))
    # -o=FILE is -o FILE.
    return given[0].removeprefix("=") if given else None


overrides = words(
    "[OVERRIDE]...",
    "group=choice (kernel=linux_stock) or key=value (run.seed=7)",
    "override",
)
config_dir = click.option(
    "--config-dir",
    multiple=True,
    metavar="DIR",
    help="a folder of your own beside conf/ (repeatable)",
    shell_complete=completed("file"),
)

also = click.option(
    "--also",
    multiple=True,
    metavar="NAME",
    help="a kernel that joined the curves (repeatable)",
    shell_complete=completed("kernel"),
)


@click.group(
    "sim",
    cls=Program,
    examples=(
        *(f"{{}} run {line}" for line in RUN_EXAMPLES[:2]),
        "{} explain kernel=linux_stock",
    ),
)
@click.version_option(
    package_name="corescale", message="corescale %(version)s", help="tell the version"
)
def program() -> None:
    """Simulate a workload on a kernel design on a multicore machine, and say where the cycles went.

    An OVERRIDE is group=choice (kernel=linux_stock) or key=value (run.seed=7). Without any: Exim
    on PK on the 48-core machine, at 1 and 48 cores.
    """


program.command_class = SimVerb


@program.command(
    selectors=(
        EXPERIMENT,
        CURVE,
        ALSO,
        SERIES,
        Selector("out", "PATH", "NAME.parquet; for an experiment without curve=, a folder"),
        Selector("effort", "FILE", "NAME.tsv: the time and memory that it took"),
    ),
    examples=tuple(f"{{}} {line}" for line in RUN_EXAMPLES),
)
@overrides
@click.option("-m", "--multirun", is_flag=True, help="key=a,b gives a curve for each value")
@config_dir
@click.pass_context
def run(ctx: click.Context, /, **_: Any) -> None:
    """Simulate; print tables, or write Parquet.

    A table of each curve has throughput, times and the largest causes. `resonant` in the place of
    an interval: nothing is drawn there, and a little change of the machine's costs makes the point
    jump; its number says little (docs/background/locks.md). A bistable point has a row for each of
    its two branches, with its share of the replications. A heading names every setting that is not
    that of the chosen files, and a line on stderr every OVERRIDE without which the result is the
    same.

    series=osdi10/fig06_apache/stock is a published series, on its core counts and with its
    settings; what else is typed changes those. A plain run that differs from the published series
    of its workload and kernel says so.

    also=[linux_mine] runs an experiment's curves on a kernel of your own, too.

    Without any OVERRIDE: Exim on PK on the 48-core machine, at 1 and 48 cores.
    """
    from sim.command import request, run

    run.run(request.of(ctx))


@program.command(
    selectors=(
        EXPERIMENT,
        CURVE,
        ALSO,
        SERIES,
        Selector("top", "N", "free at most N objects, those with the most cycles"),
        Selector("steps", "N", "walk at most N steps to the best kernel, the next fix at each"),
        Selector("out", "FILE", "NAME.parquet: the variants, as `run` writes them"),
    ),
    examples=(
        "{} kernel=linux_stock",
        "{} workload=pedsort 'cores=[48]' top=5",
        "{} experiment=osdi10/fig05_memcached curve=stock out=why.parquet",
    ),
)
@overrides
@config_dir
@click.pass_context
def explain(ctx: click.Context, /, **_: Any) -> None:
    """Say where the cycles go, and what would be gained.

    Takes one core count of one run (the last that is named), and says where its cycles go. Then it
    runs again with one change at a time: each object free of cost, each of the kernel's fixes
    flipped, and queue locks in place of its spin locks and mutexes. Gains in throughput are ranked
    by the lower ends of their 95 % intervals, so that noise tends to come last, beside the objects'
    shares of the cycles. The two orders differ: the largest slice is often not the largest gain.
    Each interval holds by itself; of twenty, about one misses. What is the application's own work,
    and where its cores only wait, stands apart: no kernel takes it away.

    steps=N walks on: the fix that surely gains the most is switched on, then the next. Where none
    gains, two that hide behind one another are switched on together.
    """
    from sim.command import explain, request

    explain.run(request.of(ctx))


@program.command(
    selectors=(
        Selector("experiment", "NAME", "an experiment, or all: every one that `snakemake` runs"),
        CURVE,
        SERIES,
        Selector("doublings", "N", "double the window N times (default: 3)"),
        Selector("out", "FILE", "NAME.parquet or NAME.csv: every change, with its interval"),
    ),
    examples=(
        "{} workload=exim kernel=linux_stock 'cores=[8,48]'",
        "{} experiment=osdi10/fig09_gmake curve=pk",
        "{} experiment=osdi10/fig09_gmake out=windows.csv",
    ),
)
@overrides
@config_dir
@click.pass_context
def audit(ctx: click.Context, /, **_: Any) -> None:
    """Double the measured window, and list the points that move.

    Simulates each point again with windows of 2, 4 and 8 times as many operations, and compares the
    time of an operation, replications of the same seed in pairs. A point moves if that changes by
    more than run.precision, and the 95 % interval of the change leaves out no change; where it does
    not, it is unsure. A point that drifts, is bistable or resonant is marked as such.

    experiment=all takes 14 times as long as all of the papers' figures, on one core.
    """
    from sim.command import audit, request

    audit.run(request.of(ctx))


@program.command(
    selectors=(
        EXPERIMENT,
        CURVE,
        ALSO,
        SERIES,
        Selector("records", "N", "instructions at most (default: 20000)"),
        Selector("from", "N", "begin after N operations; steady: where the measured window opens"),
    ),
    examples=(
        "{} kernel=linux_stock 'cores=[8]' -o exim.pftrace",
        "{} workload=micro/unmap kernel=barrelfish hardware=amd_8x4 -o unmap.json",
        "{} experiment=osdi10/fig04_exim curve=pk 'cores=[4]' records=1000 -o exim.parquet",
    ),
)
@overrides
@file(
    "-o",
    "--output",
    meaning="NAME.pftrace, NAME.json or NAME.parquet",
    multiple=True,
    callback=once,
)
@config_dir
@click.pass_context
def trace(ctx: click.Context, /, **_: Any) -> None:
    """Write what each core did, for Perfetto or as data.

    The shared instructions of one run, at the last core count that is named: from its start, with
    cold caches and empty locks, or from=steady on, as it is measured. In Perfetto
    (ui.perfetto.dev) every core is a track; waits are slices; and flows lead from the core that
    wrote a line, released a lock or sent a message to the core that got it.
    """
    from sim.command import request, trace

    trace.run(request.of(ctx))


@program.command(
    "list",
    examples=("{}", "{} experiment", "{} assumed kernel=barrelfish workload=exim"),
)
@words("[GROUP]...", "a group, or `assumed` and overrides", "group")
@config_dir
@click.pass_context
def list_(ctx: click.Context, /, **_: Any) -> None:
    """List what can be chosen, and what is assumed.

    The choices of every group, or of one: hardware, kernel, kernel/fix, workload, run, experiment.
    What was published (`series`), which `run series=NAME` runs as it was. Or what nobody measured
    (`assumed`), below the reasons: of the kernel, say, in kernel=barrelfish; with a workload, what
    it depends on.
    """
    from sim.command import list, request

    list.run(request.of(ctx))


@program.command(
    examples=(
        "{} hardware.coherence.hop_cycles",
        "{} kernel.fix kernel=linux_stock",
        "{} columns",
    )
)
@words("[KEY]...", "a key and overrides; or `columns`, those of the results", "described")
@click.option("--all", "every", is_flag=True, help="all settings of a run")
@click.option("--markdown", is_flag=True, help="with --all: all settings there are, as tables")
@config_dir
@click.pass_context
def describe(ctx: click.Context, /, every: bool, markdown: bool, **_: Any) -> None:
    """Describe a setting's value, unit, bounds, source and meaning.

    Of one setting, of each setting of a subtree, or of the columns of the results.
    """
    from sim.command import describe, request

    describe.run(request.of(ctx), every, markdown)


@program.group(examples=("{} import reference/core_to_core/apple_m1_pro.csv --packages 1",))
def machine() -> None:
    """Describe a machine of your own, from hwloc, lscpu, /sys or latencies."""


@machine.command(
    "import",
    cls=SimVerb,
    examples=(
        "{} reference/core_to_core/apple_m1_pro.csv --packages 1",
        "{} reference/core_to_core/aws_graviton3.csv --clock-ghz 2.6 --name arm",
        "{} 'pack:2 l3:2(size=16MiB) core:8 pu:2' --name two_sockets",
    ),
)
@click.argument(
    "source",
    help="a file, a folder, or hwloc's synthetic description",
    shell_complete=completed("file"),
)
@file("--latencies", meaning="CSV: measured latencies beside hwloc's description")
@click.option("--name", metavar="NAME", help="name of the machine; default: that of FILE or SOURCE")
@click.option("--clock-ghz", metavar="GHZ", help="core clock; default: assumed")
@click.option("--caches", metavar="L1,L2,L3", help="L1 and L2 of a core, L3 of a die, in KiB")
@click.option("--packages", metavar="N", help="packages, for a CSV or numactl")
@click.option("--threads-per-core", metavar="N", help="hardware threads, for a CSV or numactl")
@click.option("--no-smt", is_flag=True, help="every CPU of a CSV is a core")
@click.option("--keep-packages", is_flag=True, help="keep unequal packages, at a loss of cores")
@click.option("--nodes-as-packages", is_flag=True, help="each NUMA node is a package")
@file(
    "-o",
    "--output",
    meaning="NAME.yaml, of curves NAME.csv; default: the terminal",
    multiple=True,
    callback=once,
)
@click.option("--force", is_flag=True, help="replace a file that exists")
def import_(**options: Any) -> None:
    """Write a machine's file for `hardware=`.

    What is measured is taken over, what is unknown is assumed and marked so in the file's
    `sources:`. What is assumed, and what of the source the model has not, is said on the terminal.

    SOURCE is FILE.xml, hwloc's XML (lstopo --of xml FILE.xml); hwloc's synthetic description; a
    file of lscpu -J or numactl -H; the folder /sys/devices/system or a copy of it; or FILE.csv,
    latencies between CPUs in ns, as core-to-core-latency writes them. Measured curves (CSV of
    will-it-scale, perf lock contention -x, perf c2c report --stdio) become a tidy CSV.
    """
    from sim.command import machine

    machine.run(machine.Options(**options))


@machine.command("measure", cls=SimVerb, examples=("{} -o my_laptop --quick", "{} -o my_server"))
@click.option(
    "-o", "--output", metavar="NAME", help="name of the machine", multiple=True, callback=once
)
@click.option("--config-dir", "folder", metavar="DIR", help="where to; default: the folder NAME")
@click.option("--quick", is_flag=True, help="within a minute, less exact")
@click.option("--seconds", metavar="S", help="time limit; default: 900, with --quick 45")
@click.option("--force", is_flag=True, help="measure anew, and replace what is there")
def measure(**options: Any) -> None:
    """Measure the machine that this runs on.

    Latencies between cores, one line written and read by all, spin locks, counters, caches and
    memory, with small programs that are compiled on the spot. Needs a C compiler, or the Python
    wheel ziglang; no root. Writes DIR/hardware/NAME.yaml for `hardware=`, and the numbers with
    their spreads and the platform into DIR/reference/own/NAME/. The same line goes on with a
    measurement that was interrupted.
    """
    from sim.command import measure

    measure.run(measure.Options(**options))


@machine.command(
    "compare",
    cls=SimVerb,
    examples=("{} my_laptop", "{} my_laptop --locks waits.csv workload=scale/malloc1 'cores=[8]'"),
)
@click.argument("name", help="the machine, as `machine measure -o NAME` wrote it")
@click.argument("words", nargs=-1, help="with --locks: the run, as overrides", metavar="OVERRIDE")
@click.option("--locks", metavar="FILE", help="what `perf lock contention -x ,` printed")
@click.option("--config-dir", "folder", metavar="DIR", help="where it is; default: the folder NAME")
def compare(**options: Any) -> None:
    """Compare a measured machine with its model.

    Simulates what was measured and says how far off the model is: each point, one error of all
    that nothing was fitted on beside that of two guesses, and where the model's cycles go in its
    worst misses. Fitted are only the machine's own latencies and occupancies, to one line at every
    second core count. Writes comparison.html and comparison.csv beside the measurement.

    With --locks it lays the locks that perf saw beside those that a simulated workload waited for:
    the same locks, by name, where they exist in both.
    """
    from sim.command import measured

    measured.run(measured.Options(**options))


@program.command(
    examples=(
        'eval "$({} bash)"    # in ~/.bashrc',
        'eval "$({} zsh)"     # in ~/.zshrc, after compinit',
        "{} fish | source    # in ~/.config/fish/config.fish",
    )
)
@click.argument("shell", type=Name(SHELLS), metavar="SHELL")
def completion(shell: str) -> None:
    """Complete verbs, groups, keys and choices in a shell.

    Prints what the shell reads to complete the words of the command `corescale`, which has the
    verbs of `python -m sim` and of `python -m analysis`.
    """
    from sim.command import shells

    print(shells.script(shell), end="")


@program.command(cls=SimVerb, examples=("{} my_project",))
@click.argument("folder", metavar="FOLDER", help="which does not exist yet")
def new(folder: str) -> None:
    """Begin a project of your own.

    Writes a folder with a kernel that builds on another one, a workload of system calls, an
    experiment with a claim, numbers to compare it with, and a Snakefile that runs corescale's
    workflow on them. All of them work as they are, and are there to be changed.
    """
    from sim.command import new as of_new

    of_new.run(folder)


@program.command(examples=("{}",))
def warm() -> None:
    """Compile the engine once.

    Otherwise the first run does: it takes some twenty seconds. Later runs find it in the cache.
    """
    from sim.command import warm

    warm.load()


@program.command(examples=("{}", "{} clear"))
@click.argument("verb", type=Name(["clear"]), metavar="[clear]", required=False)
def cache(verb: str | None) -> None:
    """Show what is kept between runs, where, and make an end to it.

    Compiled engines and composed configurations: where they are kept, how large and how old they
    are, which engine is in use, and if a better place was refused, why. With `clear`, they are
    removed; the next run makes again what it needs.

    The place is $XDG_CACHE_HOME/corescale, or ~/.cache/corescale. If that is not yours or cannot be
    written, it is a private folder in the temporary directory.
    """
    from sim.command import cache

    cache.run(verb)
