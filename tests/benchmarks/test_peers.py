"""The peers of the benchmark simulate what the engine does, or say that they do not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import cpp, engine, simpy_peer
from benchmarks.__main__ import check_simpy
from benchmarks.models import MODELS, machine, torus
from benchmarks.peers import PeerError
from sim.machine.topology import hop_matrix
from sim.program.simulation import Measurement


@pytest.mark.compiler
@pytest.mark.parametrize("cores", [8, 48, 256])
@pytest.mark.parametrize("name", MODELS)
def test_the_cpp_twin_ends_with_the_account_of_the_engine(
    tmp_path: Path, name: str, cores: int
) -> None:
    model = MODELS[name](cores)
    run, measured = engine.run(model, 5000)
    twin = cpp.run(cpp.build(tmp_path), model, 5000, measured)
    assert (twin.events, twin.operations) == (run.events, run.operations)
    assert twin.cycles_per_operation == run.cycles_per_operation


@pytest.mark.compiler
def test_a_twin_that_differs_in_one_cycle_is_an_error(tmp_path: Path) -> None:
    model = MODELS["contended_lock"](8)
    _, measured = engine.run(model, 500)
    account = measured.account.copy()
    account[3, 0, 0, 0] += 1
    changed = Measurement(**{**vars(measured), "account": account})
    with pytest.raises(PeerError, match="differs from the engine in account"):
        cpp.run(cpp.build(tmp_path), model, 500, changed)


@pytest.mark.parametrize("by_hand", [False, True])
@pytest.mark.parametrize("cores", [8, 48])
@pytest.mark.parametrize("name", MODELS)
def test_simpy_agrees_with_the_engine(name: str, cores: int, by_hand: bool) -> None:
    model = MODELS[name](cores)
    check_simpy(model, *simpy_peer.run(model, 6000, by_hand), 6000)


def test_a_simpy_model_that_differs_is_an_error() -> None:
    model = MODELS["random_atomics"](8)
    run, cycles = simpy_peer.run(model, 2000, by_hand=True)
    with pytest.raises(PeerError, match="SimPy's coherence is off by"):
        check_simpy(model, run, cycles | {"coherence": 2 * cycles["coherence"]}, 2000)


def test_a_missing_compiler_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(PeerError, match=r"no-such-compiler not found.*\n.*apt install g\+\+"):
        cpp.compiler()


def test_arrays_are_read_as_they_were_written(tmp_path: Path) -> None:
    arrays = [np.arange(5), np.zeros(0, np.int64), np.array([[-1, 2], [3, 2**62]])]
    cpp.write_arrays(tmp_path / "x", arrays)
    read = cpp.read_arrays(tmp_path / "x")
    assert [a.tolist() for a in read] == [a.ravel().tolist() for a in arrays]


def test_on_a_torus_the_farthest_package_is_half_of_each_side_away() -> None:
    assert len(torus(4, 6)) == 2 * 4 * 6
    assert hop_matrix(machine(1024).topology).max() == 4 + 4
