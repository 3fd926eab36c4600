"""From plain mappings to frozen objects: a problem becomes a message for people, with its place."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sim.config.errors import ConfigError, explain, meant, message, suggestion
from sim.config.keys import Shape, alternatives
from sim.config.suggestions import did_you_mean

Model = TypeVar("Model", bound=BaseModel)
BUG = "assertion_error"
"""What pydantic makes of a broken assertion, which is no fault of the configuration."""


def validate(
    model: type[Model],
    container: Mapping[str, Any],
    locate: Any,
    allowed: Any = None,
    *,
    shape: Shape = (),
) -> Model:
    """Turn the container into a frozen object, or raise a ConfigError about its first problem.

    `locate(key)` is the origin of a key; `allowed(key)` gives hints. Types are strict: an integer
    is not a float, text is not a number, and 1 is not true.
    """
    try:
        text = json.dumps(container, default=str, allow_nan=False)
    except ValueError:
        key, value = next(_not_finite(container))
        raise ConfigError(
            message(
                locate(key), f"{value} is not a finite number", *(allowed(key) if allowed else ())
            )
        ) from None
    try:
        return model.model_validate_json(text, strict=True)
    except ValidationError as error:
        details = error.errors()
        for failed in (item["ctx"]["error"] for item in details if item["type"] == BUG):
            raise failed from None
        unknown = [item for item in details if item["type"] == "extra_forbidden"]
        first = (unknown or details)[0]
        raise ConfigError(_translated(model, first, locate, allowed, shape)) from None


def _not_finite(value: Any, key: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _not_finite(inner, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from _not_finite(inner, key)
    elif isinstance(value, float) and not math.isfinite(value):
        yield key, value


def _translated(
    model: type[BaseModel], error: ErrorDetails, locate: Any, allowed: Any, shape: Shape
) -> str:
    """Put one pydantic error into a message for people."""
    key, beside = _place(model, error["loc"])
    what, hint = explain(error)
    if error["type"] in ("union_tag_not_found", "union_tag_invalid") and key in alternatives():
        part = alternatives()[key]
        missing = error["type"] == "union_tag_not_found"
        return message(
            locate(f"{key}.{part.discriminator}"),
            "a value is missing" if missing else what,
            f"allowed: {' | '.join(part.arms)}",
        )
    if error["type"] == "value_error":
        head, colon, rest = what.partition(": ")
        if colon and " " not in head:
            inner = f"{key}.{head}" if key else head
            # The sentence says what is allowed; a type's bounds would be wider.
            return message(locate(inner), rest, *(allowed(inner)[1:] if allowed else ()))
        return message(locate(key), what, *(allowed(key)[1:] if allowed else ()))
    if error["type"] == "extra_forbidden" and allowed is not None:
        parent = key.rpartition(".")[0]
        see = f"see: python -m sim describe {parent}" if parent else ""
        if ".sources." in f".{key}.":
            see = ""
        if "]" in parent and beside:  # a setting of a list's item, which is no key of the run
            near = suggestion(key.rpartition(".")[2], beside, limit=64)
            return message(locate(key), what, near, see.partition("[")[0])
        return message(locate(key), what, did_you_mean(key, shape), see)
    if error["type"] == "extra_forbidden" and beside:
        return message(locate(key), what, suggestion(key.rpartition(".")[2], beside, limit=64))
    hints = allowed(key) if allowed else ("", "")
    return message(locate(key), what, meant(error), hints[0] or hint, hints[1])


def _place(model: type[BaseModel], location: Sequence[int | str]) -> tuple[str, list[str]]:
    """Turn a pydantic location into a key, without the tags of its unions.

    Returns:
        the key, and the fields among which its last part stands; none where anything may stand.
    """
    key, beside, here = "", list(model.model_fields), [model]
    for part in location:
        tagged = [one for one in here if part in _tags(one)] if len(here) > 1 else []
        if isinstance(part, int):
            key += f"[{part}]"
        elif tagged:
            here = tagged
        else:
            key += f".{part}" if key else part
            beside = list(dict.fromkeys(name for one in here for name in one.model_fields))
            infos = [one.model_fields[part] for one in here if part in one.model_fields]
            here = [inner for info in infos for inner in _models_in(info.annotation)]
    return key, beside


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """List the models that a value may be, or of a list its items: one, or the arms of a union."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    inside = () if get_origin(annotation) in (dict, Literal) else get_args(annotation)
    return [model for inner in inside for model in _models_in(inner)]


def _tags(model: type[BaseModel]) -> set[str]:
    """What tells a model from others of a union: values of fields that can have but one."""
    fields = (info.annotation for info in model.model_fields.values())
    values = [get_args(one) for one in fields if get_origin(one) is Literal]
    return {str(one[0]) for one in values if len(one) == 1}
