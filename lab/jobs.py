"""What a worker is asked, and what it answers; both pass through a pipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["point", "changes"]


@dataclass(frozen=True)
class Job:
    """One thing to find out: a point of a curve, or what could be changed about it.

    Attributes:
        key: what is asked, of which resolved run (`runs.digest`), at which core count.
        words: overrides of the run, the level's among them.
        settings: what they make (`runs.written`): whoever asks has composed them already.
        folders: the user's own.
    """

    key: tuple[Kind, str, int]
    words: tuple[str, ...]
    settings: str = ""
    folders: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        """What is asked."""
        return self.key[0]

    @property
    def cores(self) -> int:
        """Active cores."""
        return self.key[2]


@dataclass(frozen=True)
class Point:
    """Rows of one core count, one per replication, and where their cycles went."""

    points: list[dict[str, Any]]
    account: list[dict[str, Any]]


@dataclass(frozen=True)
class Change:
    """One change of a run that might gain something, as `explain` tries it.

    Attributes:
        label: for people.
        words: overrides that make it.
        digest, settings: of the run that is changed so.
        freed: the object that costs nothing; empty for a switch.
    """

    label: str
    words: tuple[str, ...]
    digest: str
    settings: str
    freed: str = ""


@dataclass(frozen=True)
class Failure:
    """Why there is no answer: the message that the command line would print."""

    text: str


Answer = Point | list[Change] | Failure
