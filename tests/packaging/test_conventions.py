"""The files that other tools read, and this project's own, say the same."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator

ROOT = Path(__file__).resolve().parents[2]
# Citation File Format 1.2.0, (c) its authors, CC BY 4.0, as cffconvert 2.0.0 ships it.
CFF_SCHEMA = Path(__file__).parent / "data" / "cff-1.2.0.schema.json"


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def read(name: str) -> dict:
    return yaml.safe_load((ROOT / name).read_text())


def container() -> list[list[str]]:
    """Instructions of the Containerfile, as words."""
    text = re.sub(r"\\\n", " ", (ROOT / "Containerfile").read_text())
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]


def test_the_citation_is_valid_and_of_this_version() -> None:
    citation = read("CITATION.cff")
    validator = Draft7Validator(json.loads(CFF_SCHEMA.read_text()))
    assert [error.message for error in validator.iter_errors(citation)] == []
    assert [error.message for error in validator.iter_errors({**citation, "license": "Mine"})]
    assert citation["version"] == project()["version"]
    assert citation["license"] == project()["license"]
    assert citation["keywords"] == project()["keywords"]


def test_the_changelog_has_the_cited_release() -> None:
    """A tag finds its changes: the newest release in it is the version and day that one cites."""
    citation = read("CITATION.cff")
    releases = re.findall(r"^## (\d.*)$", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    assert releases[0] == f"{citation['version']} ({citation['date-released']})"


def test_codemeta_says_what_the_citation_says() -> None:
    meta, citation = json.loads((ROOT / "codemeta.json").read_text()), read("CITATION.cff")
    assert meta["@context"] == "https://w3id.org/codemeta/3.0"
    assert (meta["name"], meta["description"]) == (citation["title"], citation["abstract"])
    assert (meta["version"], meta["keywords"]) == (citation["version"], citation["keywords"])
    assert meta["datePublished"] == str(citation["date-released"])
    assert meta["license"] == f"https://spdx.org/licenses/{citation['license']}"
    assert meta["runtimePlatform"] == f"Python {project()['requires-python']}"
    assert [one["name"] for one in meta["author"]] == [one["name"] for one in citation["authors"]]
    papers = [(one["title"], one.get("doi")) for one in citation["references"]]
    named = [(one["name"], one.get("@id")) for one in meta["referencePublication"]]
    assert named == [(title, doi and f"https://doi.org/{doi}") for title, doi in papers]


def test_commits_are_checked_by_what_make_lint_runs_and_nothing_is_downloaded() -> None:
    (local,) = read(".pre-commit-config.yaml")["repos"]
    assert local["repo"] == "local"
    assert {hook["language"] for hook in local["hooks"]} == {"system"}
    recipe = (ROOT / "Makefile").read_text().partition("\nlint:")[2].partition("\n\n")[0]
    for hook in local["hooks"]:
        tool, *words = shlex.split(hook["entry"])
        verb = " ".join([tool, *(word for word in words if not word.startswith("-"))])
        assert shutil.which(tool), tool
        assert verb in recipe, f"make lint does not run {verb}"


def test_types_are_checked_before_a_commit_wherever_they_are_checked_at_all() -> None:
    (local,) = read(".pre-commit-config.yaml")["repos"]
    (mypy,) = [hook for hook in local["hooks"] if hook["id"] == "mypy"]
    typed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["files"]
    assert [name for name in typed if not re.search(mypy["files"], f"{name}/any.py")] == []
    assert not re.search(mypy["files"], "tests/conftest.py")


def test_the_container_is_set_up_by_make_on_the_oldest_python_that_is_supported() -> None:
    steps = container()
    (base,) = [words[1] for words in steps if words[0] == "FROM"]
    oldest = project()["requires-python"].removeprefix(">=")
    assert base.rpartition("/")[2].startswith(f"python:{oldest}-")
    assert ["RUN", "make", "setup"] in steps
    assert steps.index(["COPY", ".", "."]) < steps.index(["RUN", "make", "setup"])
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    (command,) = [words for words in steps if words[0] == "CMD"]
    assert json.loads(" ".join(command[1:])) == ["make"] and {"setup", "paper"} <= set(targets)


@pytest.mark.parametrize(
    "name", ["Makefile", "requirements.lock", "sim/__main__.py", "conf/config.yaml", "README.md"]
)
def test_the_container_gets_what_it_is_made_from(name: str) -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    ignored = [line for line in lines if line and not line.startswith("#")]
    parents = [name, *(str(path) for path in Path(name).parents)]
    assert not [line for line in ignored for path in parents if fnmatch(path, line)]
    assert ".venv" in ignored and "results" in ignored


def test_the_workflow_catalogue_is_told_what_is_so() -> None:
    # The catalogue lists repositories with a Snakefile whose README has these two words.
    assert (ROOT / "Snakefile").is_file()
    readme = (ROOT / "README.md").read_text().lower()
    assert "snakemake" in readme and "workflow" in readme
    usage = read(".snakemake-workflow-catalog.yml")["usage"]
    assert set(usage) <= {"mandatory-flags", "software-stack-deployment", "report"}
    assert set(usage["mandatory-flags"]) == {"desc", "flags"}
    deployment = usage["software-stack-deployment"]
    assert set(deployment) == {"conda", "apptainer", "apptainer+conda"}
    names_container = re.search(r"^\s*container:", (ROOT / "Snakefile").read_text(), re.MULTILINE)
    assert bool(names_container) == deployment["apptainer"]
    assert usage["report"] == ("report(" in (ROOT / "Snakefile").read_text())
