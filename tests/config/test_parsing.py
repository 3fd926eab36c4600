"""YAML is read as OmegaConf reads it, whichever parser does the work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from omegaconf import OmegaConf

from sim.config import document, parsing
from sim.config.files import CONF

TEXTS = {
    "numbers": "a: [1, 1.0, 1e9, 1_000, 0x10, .inf, 2:30, -0.0, '1']\n",
    "words": "a: [yes, no, on, off, true, null, ~, '', 2026-11-29]\n",
    "nested": "a: {b: [{c: 1}, [2]]}\nd:\n  - e: |\n      text\n",
    "an interpolation": "a: 1\nb: ${a}\n",
    "an anchor": "a: &x {b: 1}\nc: *x\n",
    "a number as a key": "1: a\nb: {2.5: c}\n",
    "nothing": "",
    "a list": "- 1\n",
    "missing": "a: ???\n",
}


def by_omegaconf(path: Path) -> Any:
    return OmegaConf.to_container(OmegaConf.load(path), resolve=False)


def test_every_file_of_conf_is_read_as_omegaconf_reads_it() -> None:
    found = sorted(CONF.rglob("*.yaml"))
    assert len(found) > 100
    for path in found:
        assert repr(parsing.parsed(path)) == repr(by_omegaconf(path)), path


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_odd_content_is_read_as_omegaconf_reads_it(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text)
    assert repr(parsing.parsed(path)) == repr(by_omegaconf(path))


@pytest.mark.parametrize("text", ["a: 1\na: 2\n", "a: [1,\nb: {\n", "a: \x7f\n", "a: b: c\n"])
def test_what_is_no_yaml_gives_omegaconfs_own_error(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text)
    with pytest.raises(yaml.YAMLError) as expected:
        by_omegaconf(path)
    with pytest.raises(yaml.YAMLError) as found:
        parsing.parsed(path)
    assert str(found.value) == str(expected.value)


def test_omegaconf_is_asked_for_no_file_of_plain_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(TEXTS["nested"])
    expected = by_omegaconf(path)
    monkeypatch.setattr(OmegaConf, "load", lambda _: pytest.fail("OmegaConf parses it"))
    assert parsing.parsed(path) == expected


@pytest.mark.skipif(not hasattr(yaml, "CSafeLoader"), reason="PyYAML without libyaml")
@pytest.mark.parametrize(
    "text",
    [
        *TEXTS.values(),
        "a: &a [1, 2]\nb: &b [*a, *a]\nc: [*b, *b, {d: *a}]\n",
        "a: " + "[" * 100 + "]" * 100 + "\n",
        "a: &a [x]\nb: " + "{c: " * 70 + "*a" + "}" * 70 + "\n",
        (CONF / "answer.yaml").read_text(encoding="utf-8"),
    ],
)
def test_both_parsers_count_the_same_nodes(text: str) -> None:
    counted = document._measured(text, yaml.CSafeLoader)
    assert counted == document._measured(text, yaml.SafeLoader)
