"""A results folder as an RO-Crate: every file with its digest, every name resolved."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from analysis.__main__ import main
from analysis.artifact import crate

DAY = ["--date", "2026-12-31"]


@pytest.fixture(scope="module")
def folder(results: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of results, with a name that has to be quoted, a log and a time."""
    copy = tmp_path_factory.mktemp("crate") / "paper"
    shutil.copytree(results / "paper", copy)
    for name in ("a name & more.csv", "logs/x.log", "benchmarks/x.tsv"):
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_text("x\n")
    assert main(["crate", str(copy), *DAY]) == 0
    return copy


@pytest.fixture(scope="module")
def graph(folder: Path) -> dict[str, dict[str, Any]]:
    """Entities by their ids."""
    content = json.loads((folder / crate.FILE).read_text())
    assert content["@context"] == "https://w3id.org/ro/crate/1.1/context"
    found = {entity["@id"]: entity for entity in content["@graph"]}
    assert len(found) == len(content["@graph"])
    return found


def named(value: Any) -> list[str]:
    """Ids that a value refers to."""
    if isinstance(value, dict):
        return [value["@id"]] if set(value) == {"@id"} else []
    return [name for item in value for name in named(item)] if isinstance(value, list) else []


def test_the_descriptor_says_what_the_folder_is(graph: dict[str, dict[str, Any]]) -> None:
    descriptor, root = graph["ro-crate-metadata.json"], graph["./"]
    assert descriptor["about"] == {"@id": "./"} and "1.1" in descriptor["conformsTo"]["@id"]
    assert root["datePublished"] == "2026-12-31"
    assert {"name", "description", "license"} <= set(root)


def test_every_reference_is_resolved(graph: dict[str, dict[str, Any]]) -> None:
    outside = {"https://w3id.org/ro/crate/1.1"}
    for entity in graph.values():
        for value in entity.values():
            assert set(named(value)) <= set(graph) | outside


def test_every_file_of_results_stands_there_with_its_digest(
    folder: Path, graph: dict[str, dict[str, Any]]
) -> None:
    files = {e["name"]: e for e in graph.values() if e["@type"] == "File"}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    left = {name for name in there if name.startswith(("logs/", "benchmarks/", "ro-crate"))}
    assert there - left == set(files)
    assert set(named(graph["./"]["hasPart"])) == {file["@id"] for file in files.values()}
    assert files["a name & more.csv"]["@id"] == "a%20name%20%26%20more.csv"
    for name, file in files.items():
        content = (folder / name).read_bytes()
        assert file["sha256"] == hashlib.sha256(content).hexdigest()
        assert file["contentSize"] == str(len(content))


def test_the_same_results_give_the_same_bytes(folder: Path) -> None:
    before = (folder / crate.FILE).read_bytes()
    assert main(["crate", str(folder), *DAY]) == 0
    assert (folder / crate.FILE).read_bytes() == before


def test_a_folder_without_results_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["crate", str(tmp_path)]) == 1
    assert "no results in this folder" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
