"""What the lab shows, as the address of its page says it.

    ?curve=workload%3Dexim+kernel%3Dlinux_stock&curve=workload%3Dexim&measure=throughput&selected=1

A curve is the words that would follow `corescale run`: what is typed there can be pasted here, and
the other way round. Whoever has the address has the page.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from sim.config.errors import ConfigError, message, suggestion

MOST_CURVES = 10
"""Curves of a page: as many as there are colours."""
MOST_WORDS = 100
LONGEST_QUERY = 16_384
SKETCH = "sketch"
"""The run level that is shown first."""

SPEED_UP = "speed_up"
"""The one measure that is no column of the results."""
MEASURES = (
    "throughput_per_core",
    "throughput",
    SPEED_UP,
    "latency_mean_cycles",
    "latency_p99_cycles",
    "user_us",
    "system_us",
    "idle_us",
)
"""Columns of the results that the curves are drawn of, and throughput over that at fewest cores."""


@dataclass(frozen=True)
class State:
    """What one tab shows.

    Attributes:
        curves: overrides of each, without the run level.
        selected: number of the curve that the controls change, and whose cycles are explained.
        measure: what the curves are drawn of.
        level: run level that the sketch is sharpened to.
        at: core count at which gains are looked for; None: the most cores.
    """

    curves: tuple[tuple[str, ...], ...] = ((),)
    selected: int = 0
    measure: str = MEASURES[0]
    level: str = "quick"
    at: int | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """Overrides of the selected curve."""
        return self.curves[self.selected]

    def with_words(self, words: Sequence[str]) -> State:
        """The same with other overrides of the selected curve."""
        curves = list(self.curves)
        curves[self.selected] = tuple(words)
        return replace(self, curves=tuple(curves))

    def with_curve(self, words: Sequence[str]) -> State:
        """The same with one more curve, which is selected.

        Raises:
            ConfigError: if the page is full.
        """
        if len(self.curves) >= MOST_CURVES:
            raise ConfigError(
                message(
                    f"{len(self.curves) + 1} curves",
                    "the page holds no more",
                    f"allowed: at most {MOST_CURVES}; remove one",
                )
            )
        return replace(
            self, curves=(*self.curves, tuple(words)), selected=len(self.curves), at=None
        )

    def without_curve(self, number: int) -> State:
        """The same without a curve; the last one stays."""
        if len(self.curves) == 1 or not 0 <= number < len(self.curves):
            return self
        curves = self.curves[:number] + self.curves[number + 1 :]
        selected = self.selected - (self.selected > number or self.selected == len(curves))
        return replace(self, curves=curves, selected=selected, at=None)

    @property
    def query(self) -> str:
        """The state as the query of an address, without what is as it is by itself."""
        plain = State()
        pairs = [("curve", shlex.join(words)) for words in self.curves]
        pairs += [
            (name, str(value))
            for name in ("selected", "measure", "level", "at")
            if (value := getattr(self, name)) != getattr(plain, name)
        ]
        return urlencode(pairs)


KEYS = ("curve", "selected", "measure", "level", "at")


def read(query: str, levels: Sequence[str]) -> State:
    """Read the state that an address says; an empty one is a plain run.

    Args:
        query: what follows the question mark.
        levels: run levels that there are.

    Raises:
        ConfigError: if it says something else.
    """
    if len(query) > LONGEST_QUERY:
        what = f"{len(query):,} characters"
        raise ConfigError(message("address", what, f"allowed: at most {LONGEST_QUERY:,}"))
    found: dict[str, list[str]] = {}
    for key, value in parse_qsl(query.removeprefix("?"), keep_blank_values=True):
        if key not in KEYS:
            raise ConfigError(message(f"address: {key}", "unknown key", suggestion(key, KEYS)))
        found.setdefault(key, []).append(value)
    curves = tuple(words_of(text) for text in found.pop("curve", [""]))
    if len(curves) > MOST_CURVES:
        what = f"{len(curves)} of them"
        raise ConfigError(message("address: curve", what, f"allowed: at most {MOST_CURVES}"))
    single = {key: values[-1] for key, values in found.items()}
    _check(single, "measure", MEASURES)
    _check(single, "level", levels)
    selected = _number(single, "selected", len(curves) - 1) or 0
    plain = State()
    return State(
        curves,
        selected,
        single.get("measure", plain.measure),
        single.get("level", plain.level),
        _number(single, "at", 4096),
    )


def words_of(text: str) -> tuple[str, ...]:
    """Part a line into words, as a shell would.

    Raises:
        ConfigError: for a quotation mark without its second, or too many words.
    """
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise ConfigError(message(text, f"not words of a command line ({error})")) from None
    if len(words) > MOST_WORDS:
        what = f"{len(words)} words"
        raise ConfigError(message(f"{text[:40]}...", what, f"allowed: at most {MOST_WORDS}"))
    return words


def _check(single: Mapping[str, str], key: str, allowed: Sequence[str]) -> None:
    value = single.get(key)
    if value is not None and value not in allowed:
        what = f"no {key} called '{value}'"
        raise ConfigError(message(f"address: {key}={value}", what, suggestion(value, allowed)))


def _number(single: Mapping[str, str], key: str, most: int) -> int | None:
    value = single.get(key)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and int(value) <= most):
        what = f"'{value}' is no whole number from 0 to {most}"
        raise ConfigError(message(f"address: {key}={value}", what))
    return int(value)
