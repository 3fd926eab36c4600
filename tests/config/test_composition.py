"""What Hydra composed is kept, and never believed when it is damaged or out of date."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.config import composition
from sim.config.compose import compose, compose_assignments
from sim.config.files import CHOICE_GROUPS, choices, unchanging
from sim.config.overrides import parse
from sim.user_cache.place import Place
from sim.user_cache.remark import remark


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    composition._composed.cache_clear()
    remark.cache_clear()
    return tmp_path / "corescale/composed"


def kept(cache: Path) -> list[Path]:
    composition._composed.cache_clear()
    return sorted(cache.rglob("*.json"))


def at_once(chosen: composition.Choices, config_dirs: tuple[Path, ...] = ()) -> dict[str, Any]:
    """What Hydra composes of all groups together."""
    files = composition._files(config_dirs, composition.GROUPS)
    return composition._part("", chosen, composition.folders(config_dirs), files)


def test_a_composition_is_kept_and_read_again(cache: Path) -> None:
    first = compose(["workload=micro/lock"])
    assert len(kept(cache)) == 2  # config.yaml's own choices, and the workload
    assert compose(["workload=micro/lock"]) == first
    assert len(kept(cache)) == 2
    compose(["workload=micro/lock", "hardware=amd_4x4"])
    assert len(kept(cache)) == 3


@settings(max_examples=12)  # each asks Hydra for a whole run, a third of a second
@given(data=st.data())
def test_parts_are_what_hydra_composes_at_once(data: st.DataObject) -> None:
    chosen = {
        group: data.draw(st.sampled_from(["", *choices(group)]), group) for group in CHOICE_GROUPS
    }
    if not chosen["kernel"].startswith("linux"):
        chosen["kernel/fix"] = ""
    picked = tuple((group, name) for group, name in chosen.items() if name)
    assert composition.composed(picked, ()) == at_once(picked)


@pytest.mark.parametrize(
    "text",
    [
        "# @package _global_\ndefaults: [/run/quick]\nhardware: {clock_ghz: 7.5}\n",
        "defaults: [quick, /kernel/fix@kernel.fix: none]\n",
    ],
)
def test_a_file_that_reaches_into_other_groups_is_composed_with_them(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/of_a_test.yaml").write_text(text)
    chosen = (("workload", "micro/lock"), ("run", "of_a_test"))
    whole = at_once(chosen, (tmp_path,))
    assert whole != composition.composed((("workload", "micro/lock"), ("run", "quick")), ())
    assert composition.composed(chosen, (tmp_path,)) == whole


def test_what_is_composed_is_the_callers_to_change() -> None:
    composition.composed((), ())["hardware"]["clock_ghz"] = 0
    assert composition.composed((), ())["hardware"]["clock_ghz"] > 0


@pytest.mark.parametrize("damage", [b"", b"\xff\xfe", b"{}", None])
def test_damaged_ones_are_made_again_and_that_is_said_once(
    cache: Path, damage: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    first = compose(["workload=micro/lock"])
    whole = {place: place.read_bytes() for place in kept(cache)}
    for place, content in whole.items():
        place.write_bytes(content[:-20] if damage is None else damage)
    assert compose(["workload=micro/lock"]) == first
    assert {place: place.read_bytes() for place in kept(cache)} == whole
    assert capsys.readouterr().err == f"{cache}: damaged files are made again\n"


def test_a_cache_that_cannot_be_written_is_said_and_done_without(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = compose(["workload=micro/lock"])
    shutil.rmtree(cache)
    cache.write_text("")
    composition._composed.cache_clear()
    assert compose(["workload=micro/lock"]) == first
    said = capsys.readouterr().err
    assert said.startswith(f"{cache}: cannot be written: ") and said.count("\n") == 1


def test_without_any_place_what_is_composed_is_the_same(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = compose(["workload=micro/lock"])
    monkeypatch.setattr(composition, "place", lambda: Place(None))
    composition._composed.cache_clear()
    assert compose(["workload=micro/lock"]) == first


def test_a_users_file_that_changes_is_seen(cache: Path, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    place = folder / "run/of_a_test.yaml"
    place.parent.mkdir(parents=True)
    text = (
        "defaults: [quick]\nname: of_a_test\nseed: {}\n"
        "sources: {{seed: {{kind: assumed, where: chosen}}}}\n"
    )
    place.write_text(text.format(3))
    assert compose(["run=of_a_test"], [folder]).run.seed == 3
    place.write_text(text.format(44))
    assert compose(["run=of_a_test"], [folder]).run.seed == 44
    assert len(list((cache / "run").rglob("*.json"))) == 2


def test_only_the_latest_versions_of_conf_stay(cache: Path) -> None:
    for number in range(20):
        (cache / f"workload/old{number}").mkdir(parents=True)
    compose(["workload=micro/lock"])
    assert len(list((cache / "workload").iterdir())) == composition.VERSIONS


def test_a_version_of_conf_that_is_used_stays(cache: Path, tmp_path: Path) -> None:
    compose(["workload=micro/lock"])
    (used,) = (cache / "workload").iterdir()
    for number in range(composition.VERSIONS - 1):
        (cache / f"workload/newer{number}").mkdir()
    for at, path in enumerate([used, *(cache / "workload").glob("newer*")]):
        os.utime(path, (at, at))
    composition._composed.cache_clear()
    compose(["workload=micro/lock"])
    (tmp_path / "workload").mkdir()
    (tmp_path / "workload/of_a_test.yaml").write_text("defaults: [micro/lock]\nname: of_a_test\n")
    compose(["workload=micro/lock"], [tmp_path])
    assert used.is_dir()
    assert len(list((cache / "workload").iterdir())) == composition.VERSIONS


def test_folders_are_listed_once_while_a_request_is_planned(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    (folder / "run").mkdir(parents=True)
    with unchanging():
        before = choices("run", [folder])
        (folder / "run/of_a_test.yaml").write_text("a: 1\n")
        assert choices("run", [folder]) == before
    assert set(choices("run", [folder])) == {*before, "of_a_test"}


def test_a_run_is_composed_once_while_a_request_is_planned() -> None:
    asked = [parse("workload=micro/lock"), parse("run.seed=7")]
    with unchanging():
        first = compose_assignments(asked)
        assert compose_assignments(tuple(asked)) is first
        other = compose_assignments([*asked[:1], parse("run.seed=8")])
        assert (first.run.seed, other.run.seed) == (7, 8)
        # One that says the same from elsewhere is another: its sources say so.
        moved = compose_assignments([asked[0], parse("run.seed=7", "elsewhere")])
        assert moved.run.sources["seed"].where == "elsewhere"
    assert compose_assignments(asked) == first
    assert compose_assignments(asked) is not first
