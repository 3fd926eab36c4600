"""`ro-crate-metadata.json`: what the files of a results folder are, for archives and other tools.

An RO-Crate (Research Object Crate, version 1.1; https://w3id.org/ro/crate/1.1) is a folder with one
file of JSON-LD that says who made what from what. This one names every file of results with its
size and digest, for each curve the line that reproduces it, the program and its engine, and the
papers. The same results and date give the same bytes. Logs and times, which depend on the machine,
are left out.

    {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": [
      {"@id": "ro-crate-metadata.json", "about": {"@id": "./"}, ...},
      {"@id": "./", "@type": "Dataset", "hasPart": [{"@id": "osdi10/fig04_exim/pk.parquet"}, ...]},
      {"@id": "osdi10/fig04_exim/pk.parquet", "@type": "File", "sha256": ..., ...}, ...]}
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from analysis.read import manifest
from analysis.read.made_from import configuration_beside
from analysis.read.tidy import ResultsError
from sim.drafts import write_text

FILE = "ro-crate-metadata.json"
CITATION = Path(__file__).resolve().parents[2] / "CITATION.cff"
SPECIFICATION = "https://w3id.org/ro/crate/1.1"
ROOT, PROGRAM, RUN = "./", "#corescale", "#run"
LEFT_OUT = ("logs/", "benchmarks/", FILE)
"""What stands in a results folder and is no result: what it says depends on the machine."""
FORMATS = {
    ".csv": "text/csv",
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
Entity = dict[str, Any]


def write(folder: Path, date: str) -> Path:
    """Describe a results folder in a file of its own; returns that.

    Parameters
    ----------
    date : on which it is published, as 2026-12-31

    Raises
    ------
    ResultsError : the folder holds no results
    ConfigError : the file cannot be written
    """
    path = folder / FILE
    write_text(path, text(folder, date))
    return path


def text(folder: Path, date: str) -> str:
    """The description of a results folder.

    Raises
    ------
    ResultsError : it holds no results
    """
    digests = {
        name: digest
        for name, digest in manifest.content(folder).items()
        if not name.startswith(LEFT_OUT)
    }
    if not any(name.endswith(".parquet") for name in digests):
        raise ResultsError(f"{folder}: no results in this folder; run snakemake first")
    citation = yaml.safe_load(CITATION.read_text(encoding="utf-8"))
    files = [_file(folder, name, digest) for name, digest in digests.items()]
    papers = list(_papers(citation))
    authors = [{"@id": f"#author-{n}"} for n, _ in enumerate(citation["authors"], start=1)]
    graph = [
        _descriptor(),
        _root(folder, date, citation, [*files, *papers], authors),
        *_program(citation, authors, sorted(_engines(folder, digests))),
        *papers,
        *files,
    ]
    content = {"@context": f"{SPECIFICATION}/context", "@graph": graph}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _descriptor() -> Entity:
    return {
        "@id": FILE,
        "@type": "CreativeWork",
        "about": {"@id": ROOT},
        "conformsTo": {"@id": SPECIFICATION},
    }


def _root(
    folder: Path,
    date: str,
    citation: Mapping[str, Any],
    parts: list[Entity],
    authors: list[Entity],
) -> Entity:
    """The folder itself, from its files and papers."""
    named = {
        kind: [{"@id": part["@id"]} for part in parts if part["@type"] == kind]
        for kind in ("ScholarlyArticle", "File")
    }
    return {
        "@id": ROOT,
        "@type": "Dataset",
        "name": f"Results of corescale: {folder.resolve().name}",
        "description": citation["abstract"],
        "datePublished": date,
        "license": {"@id": f"https://spdx.org/licenses/{citation['license']}"},
        "keywords": citation["keywords"],
        "author": authors,
        "citation": named["ScholarlyArticle"],
        "mentions": {"@id": RUN},
        "hasPart": named["File"],
    }


def _program(
    citation: Mapping[str, Any], authors: list[Entity], engines: list[str]
) -> Iterator[Entity]:
    """The program, its authors and licence, and that it made the results."""
    for author, said in zip(authors, citation["authors"], strict=True):
        yield {**author, "@type": "Organization", "name": said["name"]}
    licence = citation["license"]
    yield {
        "@id": f"https://spdx.org/licenses/{licence}",
        "@type": "CreativeWork",
        "name": licence,
    }
    yield {
        "@id": PROGRAM,
        "@type": "SoftwareApplication",
        "name": citation["title"],
        "version": metadata.version("corescale"),
        "identifier": [f"sha256 of the engine's sources: {engine}" for engine in engines],
    }
    yield {
        "@id": RUN,
        "@type": "CreateAction",
        "name": "Simulation",
        "instrument": {"@id": PROGRAM},
        "result": {"@id": ROOT},
    }


def _papers(citation: Mapping[str, Any]) -> Iterator[Entity]:
    for number, paper in enumerate(citation["references"], start=1):
        doi = paper.get("doi")
        yield {
            "@id": f"https://doi.org/{doi}" if doi else f"#paper-{number}",
            "@type": "ScholarlyArticle",
            "name": paper["title"],
            "datePublished": str(paper["year"]),
        }


def _file(folder: Path, name: str, digest: str) -> Entity:
    """One file of results; of a curve's points, with the line that reproduces them."""
    path = folder / name
    found = {
        "@id": quote(name),
        "@type": "File",
        "name": name,
        "contentSize": str(path.stat().st_size),
        "sha256": digest,
    }
    if path.suffix in FORMATS:
        found["encodingFormat"] = FORMATS[path.suffix]
    if path.suffix == ".parquet" and (words := configuration_beside(path).get("overrides")):
        found["description"] = f"python -m sim run {shlex.join(words)}"
    return found


def _engines(folder: Path, digests: Mapping[str, str]) -> set[str]:
    """Hashes of the engines that simulated some files, as far as these say it."""
    points = [folder / name for name in digests if name.endswith(".parquet")]
    found = {configuration_beside(path).get("engine") for path in points}
    return {str(engine) for engine in found if engine}
