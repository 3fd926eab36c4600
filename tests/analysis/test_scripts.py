"""The charts' scripts are bundled once, and then come from the user's cache."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.report import scripts
from sim.user_cache.remark import remark


@pytest.fixture
def bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was bundled anew, with a cache of its own; that takes no second here."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    done: list[str] = []

    def bundle() -> str:
        done.append("const vega = '\u2713'")
        return done[-1]

    monkeypatch.setattr(scripts, "_bundled_anew", bundle)
    return done


def of_a_new_process() -> str:
    scripts.vega.cache_clear()
    remark.cache_clear()
    try:
        return scripts.vega()
    finally:
        scripts.vega.cache_clear()


def test_a_second_process_finds_what_the_first_bundled(bundled: list[str]) -> None:
    first = of_a_new_process()
    assert bundled[0] in first
    assert of_a_new_process() == first
    assert len(bundled) == 1


def test_another_version_of_the_package_is_bundled_anew_and_takes_the_place(
    bundled: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_a_new_process()
    monkeypatch.setattr(scripts.metadata, "version", lambda name: "99.0")
    of_a_new_process()
    assert len(bundled) == 2
    assert [path.name for path in (tmp_path / "corescale/scripts").iterdir()] == ["99.0"]


def test_a_damaged_bundle_is_made_again_and_that_is_said(
    bundled: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = of_a_new_process()
    (kept,) = (tmp_path / "corescale/scripts").glob("*/vega.js")
    kept.write_bytes(kept.read_bytes()[:-1])
    assert of_a_new_process() == first
    assert capsys.readouterr().err == f"{kept} is damaged; it is made again\n"
    assert of_a_new_process() == first
    assert len(bundled) == 2


def test_the_real_bundle_has_what_the_pages_call() -> None:
    assert "vegaEmbed" in scripts.vega()
