"""What Hydra composed is kept, and never believed when it is damaged or out of date."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.config import composition
from sim.config.compose import compose
from sim.config.files import choices, unchanging


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(composition, "cache_folder", lambda: tmp_path)
    composition._composed.cache_clear()
    return tmp_path / "composed"


def kept(cache: Path) -> list[Path]:
    composition._composed.cache_clear()
    return sorted(cache.rglob("*.json"))


def test_a_composition_is_kept_and_read_again(cache: Path) -> None:
    first = compose(["workload=micro/lock"])
    assert len(kept(cache)) == 1
    assert compose(["workload=micro/lock"]) == first
    assert len(kept(cache)) == 1
    compose(["workload=micro/lock", "hardware=amd_4x4"])
    assert len(kept(cache)) == 2


@pytest.mark.parametrize("damage", [b"", b"\xff\xfe", b"{}", None])
def test_a_damaged_one_is_made_again(cache: Path, damage: bytes | None) -> None:
    first = compose(["workload=micro/lock"])
    (place,) = kept(cache)
    whole = place.read_bytes()
    place.write_bytes(whole[:-20] if damage is None else damage)
    assert compose(["workload=micro/lock"]) == first
    assert kept(cache)[0].read_bytes() == whole


def test_a_users_file_that_changes_is_seen(cache: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    place = folder / "run/mine.yaml"
    place.parent.mkdir(parents=True)
    text = (
        "defaults: [quick]\nname: mine\nseed: {}\n"
        "sources: {{seed: {{kind: assumed, where: chosen}}}}\n"
    )
    place.write_text(text.format(3))
    assert compose(["run=mine"], [folder]).run.seed == 3
    place.write_text(text.format(44))
    assert compose(["run=mine"], [folder]).run.seed == 44
    assert len(kept(cache)) == 2


def test_only_the_latest_versions_of_conf_stay(cache: Path) -> None:
    for number in range(20):
        (cache / f"old{number}").mkdir(parents=True)
    compose(["workload=micro/lock"])
    assert len(list(cache.iterdir())) == composition.VERSIONS


def test_folders_are_listed_once_while_a_request_is_planned(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    (folder / "run").mkdir(parents=True)
    with unchanging():
        before = choices("run", [folder])
        (folder / "run/late.yaml").write_text("a: 1\n")
        assert choices("run", [folder]) == before
    assert set(choices("run", [folder])) == {*before, "late"}
