"""Measurements that the engine itself makes up, of machines whose parameters are known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from sim.config.compose import compose
from sim.config.files import CONF
from sim.machine.settings.hardware import Hardware
from sim.machine_import.agreement import modelled_ns
from sim.machine_import.layout import Layout
from sim.measure.box import Box
from sim.measure.machine_file import Measured, latency_matrix, machine_file
from sim.measure.model import Model
from sim.measure.plan import Point, points
from sim.measure.records import Record, record
from sim.measure.spread import Repetition, Spread, spread

NOISE = 0.01
OUTLIERS = 0.08
"""Of repetitions, which take up to five times as long."""
REPETITIONS = 12


@dataclass(frozen=True)
class Truth:
    """A known machine, and what a campaign on it would have measured."""

    machine: Hardware
    measured: Measured
    folder: Path


def box_of(machine: Hardware) -> Box:
    """A box of the machine's shape: CPUs in the model's order, a node for each die."""
    topology = machine.topology
    cpus = iter(range(machine.cores))
    packages = tuple(
        tuple(
            tuple((next(cpus),) for _ in range(topology.cores_per_die))
            for _ in range(topology.dies_per_package)
        )
        for _ in range(topology.packages)
    )
    nodes = {n: n * topology.cores_per_die for n in range(topology.dies)}
    sizes = {"l1": 64, "l2": 512, "l3": 5120}
    return Box(Layout(packages), nodes, sizes, None)


def truth(name: str, based_on: str, changes: dict[str, dict[str, object]], folder: Path) -> Truth:
    """Write a machine into a folder, and measure it in the engine.

    Args:
        name: of the machine.
        based_on: a machine of the project.
        changes: settings that differ, by section.
        folder: of the user's own.
    """
    values = yaml.safe_load((CONF / "hardware" / f"{based_on}.yaml").read_text())
    values["name"] = name
    for section, changed in changes.items():
        values[section] |= changed
    (folder / "hardware").mkdir(parents=True, exist_ok=True)
    (folder / "hardware" / f"{name}.yaml").write_text(yaml.safe_dump(values))
    machine = compose([f"hardware={name}"], [folder]).hardware
    box = box_of(machine)
    todo = [p for p in points(box, True, 0) if p.series.probe in ("line_sharing", "pair_latency")]
    random = np.random.default_rng(7)
    known = {p.key: _repeated(_value(machine, p, folder), random) for p in todo}
    records = [_clock(machine), _l1(machine)]
    records += [
        record(point, known[point.key], machine.clock_ghz)
        for point in todo
        if point.series.probe == "line_sharing" and point.series.overrides
    ]
    matrix = latency_matrix(todo, known)
    return Truth(machine, Measured(f"{name}_found", box, matrix, records, "made up"), folder)


def written(true: Truth) -> str:
    """Write the machine that the measurement makes into the folder; returns its name."""
    text, machine = machine_file(true.measured)
    (true.folder / "hardware" / f"{machine.name}.yaml").write_text(text)
    return machine.name


def _value(machine: Hardware, point: Point, folder: Path) -> float:
    """What a point measures where nothing disturbs it; 1 where the model has no answer."""
    if point.series.probe == "pair_latency":
        a, b = point.cpus
        return float(modelled_ns(machine)[a, b])
    if not point.series.overrides:
        return 1.0
    asked = record(point, Spread(1.0, 0.0, 1, 0, 0, False), machine.clock_ghz)
    answer = Model(machine.name, [folder]).answer(asked)
    assert answer is not None
    return answer


def _repeated(value: float, random: np.random.Generator) -> Spread:
    noise = np.exp(random.normal(0.0, NOISE, REPETITIONS))
    late = np.where(random.random(REPETITIONS) < OUTLIERS, random.uniform(1.5, 5, REPETITIONS), 1)
    shares = np.where(random.random(REPETITIONS) < 0.2, 0.5, 1.0)
    taken = value * noise * late
    return spread([Repetition(float(v), float(s)) for v, s in zip(taken, shares, strict=True)])


def _clock(machine: Hardware) -> Record:
    value = 1000 / machine.clock_ghz
    return Record("clock", machine.cores, value, 0.0, "ns", 3, 0, 0, False, (), (0,))


def _l1(machine: Hardware) -> Record:
    rate = machine.clock_ghz * 1e9 / machine.caches.l1.latency_cycles
    return Record("cache_l1", 1, rate, 0.0, "loads/s", 3, 0, 0, False, (), (0,))
