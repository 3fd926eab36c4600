"""Hydra's part: merging the chosen files of `conf/` and of the user's own folders.

A composition takes a tenth of a second, and a plan of all experiments asks for four hundred. But
what is chosen of one group decides its own part of a run and nothing else, so Hydra is asked for
each part by itself, some sixty in all. A part is kept, in memory and in the user's cache, under a
hash of everything that it is made from: the contents of the group's files, the choices, and the
versions of Hydra and OmegaConf. Where a file says that it belongs elsewhere (Hydra's packages, or
the defaults of another group), Hydra composes all groups at once.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import re
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

from sim.config.files import CONF, File, display, folders, listing, load_yaml, made_once
from sim.config.keys import GROUPS
from sim.user_cache.contents import COMPOSED, keep_newest
from sim.user_cache.entry import DamagedError, read, write
from sim.user_cache.place import place
from sim.user_cache.remark import remark

Choices = tuple[tuple[str, str], ...]

VERSIONS = 12
"""Versions of a group's files whose compositions the cache holds."""

DEFAULTS = re.compile(r"^defaults:.*?(?=^[A-Za-z]|\Z)", re.MULTILINE | re.DOTALL)
ELSEWHERE = re.compile(
    r"""_global_|(^\s*-|[\[,{])\s*((override|optional)\s+)*["']?/""", re.MULTILINE
)
"""An entry of a defaults list that leaves its own part of a run."""


def composed(chosen: Choices, config_dirs: Sequence[Path]) -> dict[str, Any]:
    """Merge the chosen files, unresolved; what is returned is the caller's to change."""
    of = (composed, chosen, tuple(config_dirs))
    content: dict[str, Any] = pickle.loads(
        made_once(of, lambda: pickle.dumps(_composed_anew(chosen, config_dirs)))
    )
    return content


def _composed_anew(chosen: Choices, config_dirs: Sequence[Path]) -> dict[str, Any]:
    searched, files = folders(config_dirs), _files(config_dirs, GROUPS)
    if _reaches_elsewhere(files):
        return _part("", chosen, searched, files)
    whole = _part("", (), searched, files)
    for group in GROUPS:
        own = tuple((name, choice) for name, choice in chosen if f"{name}/".startswith(f"{group}/"))
        if own:
            # Without a choice of the group itself, config.yaml's is what the others refine.
            part = group if group in dict(own) else ""
            of = files if not part else _files(config_dirs, (group,))
            whole[group] = _part(part, own, searched, of)[group]
    return whole


def contributors(
    chosen: Choices, config_dirs: Sequence[Path]
) -> list[tuple[str, Path, dict[str, Any]]]:
    """List the files that a composition merged, last first: (package, file, content)."""
    from hydra import initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from hydra.types import RunMode

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


def _files(config_dirs: Sequence[Path], groups: Sequence[str]) -> tuple[File, ...]:
    """List the files that compositions of these groups may merge."""
    found = [
        file
        for folder in folders(config_dirs)
        for group in groups
        for file in listing(folder / group)
    ]
    roots = [folder / "config.yaml" for folder in folders(config_dirs)]
    return (*found, *(File.of(path) for path in roots if path.is_file()))


@lru_cache(maxsize=8)
def _reaches_elsewhere(files: tuple[File, ...]) -> bool:
    """Whether a file's content or defaults go to another part of a run than its group's."""
    for file in files:
        text = _bytes(file.path).decode("utf-8", errors="replace")
        defaults = DEFAULTS.search(text)
        if "@package" in text or (defaults and ELSEWHERE.search(defaults[0])):
            return True
    return False


def _bytes(path: Path) -> bytes:
    """Read a file that may be nobody's choice; nothing of one that cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _part(
    group: str, chosen: Choices, config_dirs: tuple[Path, ...], files: tuple[File, ...]
) -> dict[str, Any]:
    """Compose the part of one group, or with the group "" a whole run from `config.yaml`."""
    content: dict[str, Any] = pickle.loads(_composed(group, chosen, config_dirs, files))
    return content


@lru_cache(maxsize=512)
def _composed(
    group: str, chosen: Choices, config_dirs: tuple[Path, ...], files: tuple[File, ...]
) -> bytes:
    """Compose a part. It is kept pickled: unpickling is the fastest way to a fresh copy."""
    below = (group or "all", _contents(files), f"{_key(chosen, config_dirs)}.json")
    kept = _kept(below)
    if kept is not None:
        return pickle.dumps(kept)
    from hydra import compose, initialize_config_dir  # a fifth of a second, where all is kept
    from omegaconf import OmegaConf

    overrides = [
        f"+{text}" if text.startswith(f"{group}=") else text
        for text in _hydra_overrides(chosen, config_dirs)
    ]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose(None if group else "config", overrides=overrides)
        container = OmegaConf.to_container(config, resolve=False)
    assert isinstance(container, dict)
    content = {str(key): value for key, value in container.items()}
    _keep(below, content)
    return pickle.dumps(content)


def _hydra_overrides(chosen: Choices, config_dirs: Sequence[Path]) -> list[str]:
    overrides = [f"{group}={_quoted(choice)}" for group, choice in chosen]
    extra = [f"file://{path}" for path in folders(config_dirs)[1:]]
    if extra:
        overrides.append(f"hydra.searchpath=[{','.join(_quoted(uri) for uri in extra)}]")
    return overrides


def _quoted(text: str) -> str:
    from hydra.core.override_parser.types import Quote, QuotedString

    return QuotedString(text, Quote.double).with_quotes()


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
        content = _bytes(file.path)
        digest.update(f"{display(file.path)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:32]


def _kept(below: Sequence[str]) -> dict[str, Any] | None:
    """Read a composition from the cache; None where it is missing or damaged."""
    root = place().folder
    if root is None:
        return None
    path = root.joinpath(COMPOSED, *below)
    try:
        found = read(path)
    except DamagedError:
        remark(f"{root / COMPOSED}: damaged files are made again")
        return None
    if found is None:
        return None
    with suppress(OSError):
        os.utime(path.parent)  # of many versions those stay that somebody uses
    content: dict[str, Any] = json.loads(found)
    return content


def _keep(below: Sequence[str], content: dict[str, Any]) -> None:
    """Write a composition to the cache, where JSON can hold it and the folder be written."""
    root = place().folder
    text = json.dumps(content, default=str)
    if root is None or json.loads(text) != content:
        return
    path = root.joinpath(COMPOSED, *below)
    first = not path.parent.is_dir()
    try:
        write(path, text.encode())
    except OSError as error:
        remark(f"{root / COMPOSED}: cannot be written: {error.strerror or error}")
    else:
        if first:
            keep_newest(VERSIONS, root, COMPOSED, below[0])
