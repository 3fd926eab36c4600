"""Hydra's part: merging the chosen files of `conf/` and of the user's own folders.

A composition takes a tenth of a second, and a workflow asks for the same seventy in its plan and
in every job. So it is kept, in memory and in the user's cache, under a hash of everything that it
is made from: the contents of all files, the choices, and the versions of Hydra and OmegaConf.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode
from omegaconf import OmegaConf

from sim.config.files import CONF, File, display, folders, listing, load_yaml
from sim.config.keys import GROUPS
from sim.version import cache_folder

Choices = tuple[tuple[str, str], ...]

VERSIONS = 12
"""Versions of `conf/` whose compositions the cache holds."""


def composed(chosen: Choices, config_dirs: Sequence[Path]) -> dict[str, Any]:
    """Merge the chosen files, unresolved. Callers copy what they get before they change it."""
    return _composed(chosen, folders(config_dirs), _files(config_dirs))


def contributors(
    chosen: Choices, config_dirs: Sequence[Path]
) -> list[tuple[str, Path, dict[str, Any]]]:
    """List the files that a composition merged, last first: (package, file, content)."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        loader = GlobalHydra.instance().config_loader()
        defaults = loader.compute_defaults_list(
            "config", _hydra_overrides(chosen, config_dirs), RunMode.RUN
        ).defaults
    found = []
    for default in reversed(defaults):
        package = default.package or ""
        for folder in folders(config_dirs):
            path = folder / f"{default.config_path}.yaml"
            if path.is_file() and not package.startswith("hydra"):
                found.append((package, path, load_yaml(path)))
                break
    return found


def _files(config_dirs: Sequence[Path]) -> tuple[File, ...]:
    """List the files that compositions may merge."""
    found = [
        file
        for folder in folders(config_dirs)
        for group in GROUPS
        for file in listing(folder / group)
    ]
    roots = [folder / "config.yaml" for folder in folders(config_dirs)]
    return (*found, *(File.of(path) for path in roots if path.is_file()))


@lru_cache(maxsize=256)
def _composed(
    chosen: Choices, config_dirs: tuple[Path, ...], files: tuple[File, ...]
) -> dict[str, Any]:
    place = cache_folder() / "composed" / _contents(files) / f"{_key(chosen, config_dirs)}.json"
    kept = _kept(place)
    if kept is not None:
        return kept
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", overrides=_hydra_overrides(chosen, config_dirs))
        container = OmegaConf.to_container(config, resolve=False)
    assert isinstance(container, dict)
    content = {str(key): value for key, value in container.items()}
    _keep(place, content)
    return content


def _hydra_overrides(chosen: Choices, config_dirs: Sequence[Path]) -> list[str]:
    overrides = [f"{group}={_quoted(choice)}" for group, choice in chosen]
    extra = [f"file://{path}" for path in folders(config_dirs)[1:]]
    if extra:
        overrides.append(f"hydra.searchpath=[{','.join(_quoted(uri) for uri in extra)}]")
    return overrides


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


# --- the cache -----------------------------------------------------------------------------


def _key(chosen: Choices, config_dirs: tuple[Path, ...]) -> str:
    """Hash what is composed from the files."""
    asked = json.dumps([chosen, [str(path) for path in config_dirs if path != CONF]])
    return hashlib.sha256(asked.encode()).hexdigest()[:32]


@lru_cache(maxsize=8)
def _contents(files: tuple[File, ...]) -> str:
    """Hash the files' names and contents, and the versions of what reads them."""
    versions = [metadata.version(name) for name in ("hydra-core", "omegaconf", "PyYAML")]
    digest = hashlib.sha256(json.dumps(versions).encode())
    for file in files:
        content = file.path.read_bytes()
        digest.update(f"{display(file.path)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:32]


def _kept(place: Path) -> dict[str, Any] | None:
    """Read a composition from the cache; None where it is missing or damaged."""
    try:
        digest, _, text = place.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeError):
        return None
    if digest != hashlib.sha256(text.encode()).hexdigest():
        return None
    content: dict[str, Any] = json.loads(text)
    return content


def _keep(place: Path, content: dict[str, Any]) -> None:
    """Write a composition to the cache, where JSON can hold it and the folder be written."""
    text = json.dumps(content, default=str)
    if json.loads(text) != content:
        return
    data = f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}"
    try:
        if not place.parent.is_dir():
            place.parent.mkdir(parents=True, exist_ok=True)
            _forget_old(place.parent.parent)
        with tempfile.NamedTemporaryFile("w", dir=place.parent, delete=False) as draft:
            draft.write(data)
        os.replace(draft.name, place)
    except OSError:
        return


def _forget_old(folder: Path) -> None:
    """Keep the compositions of the latest versions of conf/ only."""
    versions = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)
    for version in versions[:-VERSIONS]:
        shutil.rmtree(version, ignore_errors=True)
