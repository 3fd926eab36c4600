"""The two models that engine, SimPy and C++ run: a contended lock, and random atomics.

`contended_lock` is the microbenchmark `micro/lock`: every core takes one ticket lock, works, and
gives it up. `random_atomics`: every core thinks, and then adds atomically to one of `lines` cache
lines, chosen at random. Both run on the 48-core machine of the papers, and beyond its size on a 2-D
torus of 16-core packages with the same costs.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.config.compose import compose
from sim.engine import isa
from sim.engine.distributions import EXPONENTIAL
from sim.engine.state import Window
from sim.lowering import build_program
from sim.machine.settings.hardware import Hardware, Topology
from sim.machine.site import Site, open_site
from sim.program.assembler import Assembler

CORES_PER_PACKAGE = 16
SIDES = {256: (4, 4), 1024: (8, 8), 4096: (16, 16)}  # of the torus, by number of cores
CORES = (8, 48, *SIDES)

HOLD_CYCLES, THINK_CYCLES = 1000, 2000
WARM_UP = 5  # operations of each core before the window


@dataclass(frozen=True)
class Model:
    """A program on a machine.

    Attributes:
        name: contended_lock or random_atomics.
        site: machine and active cores.
        program: what its cores do.
        lines: cache lines that random atomics are spread over; 0 for the lock.
    """

    name: str
    site: Site
    program: Assembler
    lines: int

    def window(self, operations: int) -> Window:
        """A window of so many operations, after the warm-up."""
        return Window(WARM_UP * self.site.cores, operations, 10**12)


def torus(columns: int, rows: int) -> list[tuple[int, int]]:
    """Links of a 2-D torus, each once."""
    links = set()
    for x in range(columns):
        for y in range(rows):
            here = x * rows + y
            for there in ((x + 1) % columns * rows + y, x * rows + (y + 1) % rows):
                links.add((min(here, there), max(here, there)))
    return sorted(links)


def machine(cores: int) -> Hardware:
    """The 48-core machine, or a torus of so many cores with its costs."""
    hardware = compose(["hardware=opteron_8x6", "workload=micro/lock"]).hardware
    if cores <= hardware.cores:
        return hardware
    columns, rows = SIDES[cores]
    topology = Topology(
        packages=columns * rows, cores_per_package=CORES_PER_PACKAGE, links=torus(columns, rows)
    )
    return hardware.model_copy(update={"topology": topology})


def contended_lock(cores: int) -> Model:
    """`micro/lock` with a ticket lock: saturated from a few cores on."""
    config = compose(
        [
            "workload=micro/lock",
            "workload.lock=ticket",
            f"workload.hold_cycles={HOLD_CYCLES}",
            f"workload.think_cycles={THINK_CYCLES}",
            "workload.think=fixed",
        ]
    )
    site = open_site(machine(cores), cores, "package")
    return Model("contended_lock", site, build_program(config, site), 0)


def random_atomics(cores: int) -> Model:
    """As many lines as cores; a core thinks for an exponentially distributed time."""
    site = open_site(machine(cores), cores, "package")
    asm = Assembler()
    with asm.at("lines", isa.USER), asm.registers(1) as (line,):
        words = asm.new_lines(cores)
        start = asm.place()
        with asm.at("think"):
            asm.emit(isa.COMPUTE_DRAWN, value=THINK_CYCLES, target=EXPONENTIAL)
            asm.emit(isa.DRAW, dst=line, value=cores)
        asm.emit(isa.BEGIN)
        asm.emit(isa.FETCH_ADD, address=words, index=line, value=1)
        asm.emit(isa.END)
        asm.jump(start)
    for core in range(cores):
        asm.thread(core, start)
    return Model("random_atomics", site, asm, cores)


MODELS = {"contended_lock": contended_lock, "random_atomics": random_atomics}
