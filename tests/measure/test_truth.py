"""What the engine has made up is found again: the fit is of the right parameters."""

from __future__ import annotations

import pytest

from sim.config.compose import compose
from sim.machine.settings.hardware import Hardware
from sim.machine.topology import hop_matrix
from sim.measure.comparison import compare, weighted
from sim.measure.fit import PREFIX, fit, fitted_points
from sim.measure.model import Model
from tests.measure.synthetic import Truth, truth, written

MACHINES = {
    12: ("opteron_8x6", {"topology": {"packages": 2, "links": [[0, 1]]}}),
    48: ("opteron_8x6", {}),
    96: ("opteron_16x6", {}),
}
WITHIN = 0.05
FITTED = (
    *("local_transfer_cycles", "local_occupancy_cycles", "base_transfer_cycles"),
    *("base_occupancy_cycles", "hop_cycles", "hop_occupancy_cycles"),
)


def farthest(machine: Hardware) -> int:
    """Hops between the two packages that are farthest apart."""
    return int(hop_matrix(machine.topology).max())


@pytest.fixture(scope="module", params=[12, 48, pytest.param(96, marks=pytest.mark.soak)])
def true(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Truth:
    based_on, changes = MACHINES[request.param]
    found = truth("true", based_on, changes, tmp_path_factory.mktemp("own"))
    assert found.machine.cores == request.param
    return found


def test_a_machine_that_the_engine_made_up_is_found_again(true: Truth) -> None:
    name = written(true)
    machine = compose([f"hardware={name}"], [true.folder]).hardware
    assert machine.topology.packages == true.machine.topology.packages
    assert machine.clock_ghz == pytest.approx(true.machine.clock_ghz, rel=0.01)
    model = Model(name, [true.folder])
    found = fit(model, machine, true.measured.curves)
    costs, hops = true.machine.coherence.model_dump(), farthest(true.machine)
    fitted = {**costs, **{key.removeprefix(PREFIX): v for key, v in found.values.items()}}
    for name in ("local_transfer_cycles", "local_occupancy_cycles"):
        assert fitted[name] == pytest.approx(costs[name], rel=WITHIN), name
    # How a cost across packages divides into base and hop is seen by its distances alone.
    for base, hop in (
        ("base_transfer_cycles", "hop_cycles"),
        ("base_occupancy_cycles", "hop_occupancy_cycles"),
    ):
        for distance in range(1, hops + 1):
            known = costs[base] + distance * costs[hop]
            assert fitted[base] + distance * fitted[hop] == pytest.approx(known, rel=WITHIN)
    assert set(found.values) == {PREFIX + name for name in FITTED}
    rows = compare(model, found, true.measured.curves)
    error = weighted(rows)
    assert error.simulated is not None and error.imported is not None
    assert error.simulated < WITHIN
    assert error.held is not None and error.held > 4 * error.simulated


def test_a_fit_never_sees_the_core_counts_that_it_is_judged_on(true: Truth) -> None:
    seen = {record.cores for record in fitted_points(true.measured.curves)}
    counts = {r.cores for r in true.measured.curves if r.series == "line_write"}
    assert seen < counts
    assert abs(2 * len(seen) - len(counts)) <= 1
