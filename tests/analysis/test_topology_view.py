"""Drawn machines: hops are counted as the simulator counts them, and no two packages coincide."""

from __future__ import annotations

import numpy as np
import pytest

from sim.config.compose import compose
from sim.config.files import choices
from sim.machine.topology import hop_matrix
from views import topology


@pytest.mark.parametrize("name", sorted(choices("hardware")))
def test_hops_agree_and_packages_lie_apart(name: str) -> None:
    machine = compose([f"hardware={name}"]).hardware.topology
    hops = topology.hop_matrix(machine)
    assert (hops == hop_matrix(machine)).all()
    at = topology.positions(machine)
    apart = np.linalg.norm(at[:, None] - at[None], axis=2) + 9 * np.eye(len(at))
    assert apart.min() > 0.4
