"""YAML text to plain values, as OmegaConf reads it and some ten times as fast.

OmegaConf parses in Python and wraps every value. libyaml parses the same text with the same
resolvers, and plain values need no wrapping. What is not plain (an interpolation, an anchor, a key
that is no text) and what libyaml refuses is left to OmegaConf, whose errors name the line.
"""

from __future__ import annotations

import contextlib
from functools import cache
from pathlib import Path
from typing import Any

import yaml

SCALARS = (str, int, float, bool, type(None))


def parsed(path: Path) -> Any:
    """Return a file's content: mappings, lists and scalars, interpolations unresolved.

    Raises:
        OSError, UnicodeError: the file cannot be read.
        yaml.YAMLError, OmegaConfBaseException: it is not what OmegaConf can hold.
    """
    from omegaconf import OmegaConf

    text = path.read_text(encoding="utf-8")
    if "${" not in text and "&" not in text and hasattr(yaml, "CSafeLoader"):
        with contextlib.suppress(yaml.YAMLError):
            found = yaml.load(text, Loader=_libyaml())
            if isinstance(found, dict) and _is_plain(found):
                return found
    return OmegaConf.to_container(OmegaConf.load(path), resolve=False)


@cache
def _libyaml() -> Any:
    """OmegaConf's loader, its scanner, parser and composer replaced by libyaml's."""
    from omegaconf._utils import get_yaml_loader
    from yaml.constructor import SafeConstructor
    from yaml.cyaml import CParser
    from yaml.resolver import Resolver

    class Loader(CParser, get_yaml_loader()):  # type: ignore[misc]
        def __init__(self, stream: str) -> None:
            CParser.__init__(self, stream)
            SafeConstructor.__init__(self)
            Resolver.__init__(self)

    return Loader


def _is_plain(value: Any) -> bool:
    """Whether OmegaConf would return a value as it is."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(inner) for key, inner in value.items())
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return isinstance(value, SCALARS)
