"""What nobody measured can be named, and its numbers varied around whatever is claimed."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest
import yaml

from sim.__main__ import main
from sim.config.compose import compose
from sim.config.errors import ConfigError
from sim.config.overrides import parse
from sim.config.sources import sources_of
from sim.experiment.assumptions import (
    assumptions,
    felt_parts,
    is_relevant,
    number_at,
    relevant,
    relevant_keys,
    times,
)
from sim.experiment.plan import plan
from sim.experiment.variants import flipped
from sim.kernel.design import fixes

MULTIKERNEL = ["kernel=barrelfish", "workload=exim"]


def sweep(folder: Path, **band: object) -> list[str]:
    """Overrides that plan an experiment with one band, in a folder for --config-dir."""
    content = {
        "name": "of_a_test/band",
        "title": "Mine",
        "base": [*MULTIKERNEL, "run=smoke"],
        "axes": {"cores": [1, 4]},
        "curves": [{"id": "only", "label": "Only"}],
        "sensitivity": {"curve": "only", "cores": [4]} | band,
    }
    file = folder / "experiment" / "of_a_test" / "band.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(content, sort_keys=False))
    return [
        variant.id for variant in plan("of_a_test/band", config_dirs=[folder]).curves[0].variants
    ]


@pytest.mark.parametrize("kernel", ["linux_pk", "linux_pk_messages", "barrelfish"])
def test_assumptions_are_the_numbers_whose_source_says_so(kernel: str) -> None:
    config = compose([f"kernel={kernel}"])
    found = {assumption.key: assumption for assumption in assumptions(config)}
    for key, source in sources_of(config).items():
        is_assumed = source is not None and source.kind == "assumed"
        assert (key in found) == (is_assumed and not key.startswith("limits."))
    assert all(len(assumption.where) > 3 for assumption in found.values())


def test_what_is_no_number_is_assumed_where_its_own_source_says_so() -> None:
    found = {a.key: a.value for a in assumptions(compose(MULTIKERNEL), "kernel")}
    assert found["kernel.cluster"] == "core"
    assert found["kernel.foreign_lines"] == 0
    assert not [key for key in found if key.startswith("kernel.fix.")]
    torus = {a.key: a.value for a in assumptions(compose(["hardware=opteron_16x6"]), "hardware")}
    assert torus["hardware.topology.torus"] == (4, 4)


def test_a_number_that_is_set_by_hand_is_an_assumption_no_more() -> None:
    key = "kernel.objects.directory.hold_cycles"
    before, after = (
        {a.key for a in assumptions(compose([*MULTIKERNEL, *more]), "kernel")}
        for more in ([], [f"{key}=1"])
    )
    assert before - after == {key}


def test_what_a_multikernel_does_depends_on_its_services() -> None:
    for key, value in (
        ("kernel.objects.directory.hold_cycles", 1),
        ("kernel.cluster", "package"),
        ("kernel.objects.directory.sharing", "mutex"),
        ("kernel.objects.monitor.notify_cycles", 700),
    ):
        changed = compose([*MULTIKERNEL, f"{key}={value}"])
        assert relevant(changed) != relevant(compose(MULTIKERNEL))
        assert key in relevant_keys(changed)


def test_a_workload_does_not_depend_on_what_it_never_calls() -> None:
    refcount = relevant_keys(compose(["kernel=barrelfish", "workload=micro/refcount"]))
    assert "kernel.objects.sloppy_counter.threshold" in refcount
    assert "kernel.objects.directory.hold_cycles" not in refcount


@pytest.mark.parametrize("kernel", ["linux_stock", "linux_pk", "barrelfish"])
def test_a_run_depends_on_the_switches_that_change_it(kernel: str) -> None:
    """A switch is one line of the kernel's table: flipped, it changes what the run depends on."""
    chosen = [f"kernel={kernel}", "workload=exim", "cores=[2]"]
    config = compose(chosen)
    layers = [parse(text) for text in chosen]
    keys = [f"kernel.fix.{name}" for name in fixes()]
    changing = {key for key in keys if flipped(key, "a test", config, layers, []) is not None}
    assert {key for key in keys if is_relevant(config, key)} == changing
    assert 0 < len(changing) < len(keys)
    assert is_relevant(config, "kernel.fix")


def test_a_band_of_assumptions_varies_each_of_them_alone(tmp_path: Path) -> None:
    ids = sweep(tmp_path, assumed={"kernel": [0.5, 2]})
    config = compose(MULTIKERNEL)
    matters = relevant_keys(config)
    varied = [
        a for a in assumptions(config, "kernel") if number_at(config, a.key) and a.key in matters
    ]
    assert ids == [f"{a.key}*{factor}" for a in varied for factor in ("0.5", "2")]
    assert len(varied) > 15


def test_a_band_may_name_a_part_and_what_it_scales_by_hand_stands_once(tmp_path: Path) -> None:
    key = "kernel.objects.monitor.marshal_cycles"
    ids = sweep(tmp_path, scale={key: [3]}, assumed={"kernel.objects.file_append": [0.5, 2]})
    assert ids[0] == f"{key}*3" and len(ids) == 5


def test_a_band_of_nothing_or_of_an_unknown_part_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs scale, fitted, instead or assumed"):
        sweep(tmp_path)
    with pytest.raises(ConfigError, match=r"sensitivity.assumed.kernel.service: unknown key"):
        sweep(tmp_path, assumed={"kernel.service": [2]})


def test_every_assumption_of_a_design_can_be_halved_and_doubled() -> None:
    for kernel in ("linux_pk_messages", "barrelfish", "barrelfish_per_package"):
        config = compose([f"kernel={kernel}"])
        for assumption in assumptions(config, "kernel"):
            if number_at(config, assumption.key) is None:
                continue
            for factor in (0.5, 2):
                value = times(config, assumption.key, factor)
                changed = compose([f"kernel={kernel}", f"{assumption.key}={value}"])
                assert number_at(changed, assumption.key) == value


def test_a_share_cannot_be_doubled_beyond_one() -> None:
    config = compose(["kernel=barrelfish"])
    assert number_at(compose(["kernel=linux_pk"]), "kernel.threads.moved") == 0.8
    assert times(compose(["kernel=linux_pk"]), "kernel.threads.moved", 2) == 1.0
    assert times(config, "kernel.objects.dentry.hold_cycles", 2) == 120


def test_assumptions_are_listed_as_overrides_with_their_reasons(capsys) -> None:
    assert main(["list", "assumed", "kernel=barrelfish", "workload=exim"]) == 0
    lines = capsys.readouterr().out.splitlines()
    reasons = [line for line in lines if line.startswith("# ")]
    settings = [line.strip() for line in lines if line.startswith(("  kernel.", "  workload."))]
    assert len(reasons) + len(settings) == len(lines) and lines[0] == reasons[0]
    assert len(reasons) == len(set(reasons)) < len(settings) / 3
    assert {"kernel.cluster=core", "kernel.foreign_lines=0.0"} <= set(settings)
    assert relevant(compose([*MULTIKERNEL, *settings])) == relevant(compose(MULTIKERNEL))
    assert main(["list", "assumed", "kernel=barrelfsh"]) == 2
    assert "barrelfish?" in capsys.readouterr().err


def test_what_a_run_depends_on_does_not_hang_on_numbers_or_on_what_was_asked_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the second run's numbers the program would be too long to be written at all."""
    device = "kernel.objects.network.net_device"
    beyond = [f"{device}.{name}=1000000" for name in ("driver_reads", "transmit_writes")]
    runs = [
        compose(["workload=memcached", "kernel=linux_stock", *more])
        for more in ([], beyond, [f"{device}.driver_reads=0"])
    ]
    found = []
    for order in permutations(runs):
        monkeypatch.setattr("sim.experiment.assumptions._FELT", {})
        found += [relevant_keys(config) for config in order]
    assert all(keys == found[0] for keys in found)


def test_what_is_known_of_runs_stays_within_a_bound(monkeypatch) -> None:
    known: dict = {}
    monkeypatch.setattr("sim.experiment.assumptions._FELT", known)
    monkeypatch.setattr("sim.experiment.assumptions.MOST_FELT", 3)
    for cores in range(1, 7):
        run = compose([f"cores=[{cores}]", "workload=micro/lock"])
        assert felt_parts(run) is not None
        assert len(known) <= 3
