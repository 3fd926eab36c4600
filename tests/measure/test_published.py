"""Published machines go through `machine compare` as a user's would, and give the same figures."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from sim.command.measure import Target
from sim.command.measured import look_at
from sim.config.files import CONF
from sim.experiment.plan import load_experiment, plan
from sim.measure import published
from sim.measure.records import CURVES, write_csv
from sim.simulate import simulate

ROOT = Path(__file__).resolve().parents[2]
SHOWN = {
    "validation/locks_xeon_2x10": ("throughput", {"mcs": 10, "ticket": 20}),
    "validation/locks_xeon_4x12": ("throughput", {"tas": 12, "clh": 24}),
    "validation/atomics_skylake_1x4": ("time", {"add": 4, "ticket": 3}),
    "validation/atomics_graviton2_1x16": ("time", {"add": 16, "ticket": 8}),
    "today/malloc1": ("throughput", {"processes": 5, "threads": 8}),
    "today/page_fault1": ("by_processes", {"processes": 8}),
    "today/signal1": ("throughput", {"threads": 12}),
}
"""Experiments: a measure, and a few of its points, by curve."""


@pytest.mark.parametrize("name", SHOWN)
def test_a_published_machine_compares_as_a_users_own(name: str, tmp_path: Path) -> None:
    measure = next(m for m in load_experiment(name).measures if m.id == SHOWN[name][0])
    wanted = {f"{name.partition('/')[2]}_{curve}": c for curve, c in SHOWN[name][1].items()}
    ((machine, records),) = [
        (machine, [r for r in found if wanted.get(r.series) == r.cores])
        for machine, found in published.records(name).items()
        if any(wanted.get(r.series) == r.cores for r in found)
    ]
    target = as_a_users(machine, records, tmp_path)
    rows = {row.record.series.rpartition("_")[2]: row for row in look_at(target).rows}
    assert set(rows) == set(SHOWN[name][1])
    curves = {curve.id: curve for curve in plan(name).curves}
    for curve, cores in SHOWN[name][1].items():
        config = curves[curve].config.model_copy(update={"cores": [cores]})
        points = simulate(config).points
        shown = sum(point[measure.column] for point in points) / len(points) * measure.scale
        value = published.points(measure, curve)[cores]
        assert rows[curve].error(rows[curve].simulated) == pytest.approx(
            shown / value - 1, abs=2e-3
        )


def as_a_users(machine: str, records: list, folder: Path) -> Target:
    """Write a machine and what was measured there into a folder of a user's own."""
    target = Target("of_a_test", folder)
    values = yaml.safe_load((CONF / "hardware" / f"{machine}.yaml").read_text())
    target.machine.parent.mkdir()
    target.machine.write_text(yaml.safe_dump(values | {"name": "of_a_test"}))
    target.data.mkdir(parents=True)
    (target.data / CURVES).write_text(write_csv(records))
    return target


@pytest.fixture(scope="module")
def gallery() -> ModuleType:
    """docs/hooks/gallery.py."""
    spec = importlib.util.spec_from_file_location("gallery", ROOT / "docs/hooks/gallery.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_gallery_shows_what_is_computed(gallery: ModuleType) -> None:
    page = (ROOT / "docs/gallery.md").read_text()
    (line,) = gallery.of_experiment("validation/atomics_skylake_1x4")
    assert line in page
    shown = {cell.strip("`") for cell in re.findall(r"`validation/\w+`", page)}
    assert shown == set(gallery.experiment_names())
    assert all(f"`{path.parent.name}`" in page for path in gallery.OWN.glob(f"*/{CURVES}"))


def test_what_a_number_was_chosen_by_is_no_prediction() -> None:
    name = "validation/atomics_skylake_1x4"
    seen = published.seen(name)
    assert ("atomics_skylake_1x4_add", 2) in seen
    assert ("atomics_skylake_1x4_add", 4) not in seen
