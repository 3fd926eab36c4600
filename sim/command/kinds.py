"""Kinds of metrics and views as `list` and `describe` show them, those of the user's own too."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel

from sim.config.errors import ConfigError, message, suggestion
from sim.config.keys import Key
from sim.experiment.fields import fields_of
from sim.experiment.kinds import METRICS, VIEWS

KINDS: Mapping[str, Mapping[str, type[BaseModel]]] = {"metric": METRICS, "view": VIEWS}


def lines(what: str) -> list[str]:
    """List the kinds of metrics or views, each with what it is."""
    found = KINDS[what]
    width = max(map(len, found))
    return [f"{kind:{width}}  {_meaning(found[kind])}" for kind in sorted(found)]


def names() -> list[str]:
    """Everything that `describe` can tell of: `metric`, `metric.point`, ..."""
    return [*KINDS, *(f"{what}.{kind}" for what, found in KINDS.items() for kind in sorted(found))]


def describe(name: str) -> str:
    """Describe a kind with its fields as a file has them; `metric` and `view` list all kinds.

    Raises:
        ConfigError: there is no such kind.
    """
    what, _, kind = name.partition(".")
    if not kind:
        return "\n".join(lines(what))
    if kind not in KINDS[what]:
        raise ConfigError(
            message(f"describe {name}", f"no {what} called '{kind}'", _near(what, kind))
        )
    model = KINDS[what][kind]
    text = [f"{name}: {_meaning(model)}"]
    named = dict(fields_of(model))
    for field, info in model.model_fields.items():
        if field == "kind":
            continue
        allowed = [Key(field, info, None).allowed]
        if field in named:
            allowed.append(f"names: {named[field].thing}")
        if not info.is_required():
            allowed.append("may be left out")
        text.append(f"  {field}: {'; '.join(allowed)}")
        if info.description:
            text.append(f"    {info.description}")
    return "\n".join(text)


def _near(what: str, kind: str) -> str:
    """Suggest a kind, as `describe` takes it."""
    return suggestion(f"{what}.{kind}", [f"{what}.{one}" for one in sorted(KINDS[what])], limit=64)


def _meaning(model: type[BaseModel]) -> str:
    """The first line of a class's docstring."""
    return (model.__doc__ or "").strip().split("\n")[0]
