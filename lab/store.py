"""Answers that were found, within a bound: what was asked for last stays longest."""

from __future__ import annotations

import pickle
import threading
from collections import OrderedDict
from typing import Any

from lab.jobs import Answer

MOST_BYTES = 64 << 20
"""A point takes 5 to 50 KB: a thousand and more are kept."""


class Store:
    """Answers as bytes, by the keys of their jobs; the least recently used go first.

    Only those that are looked at become objects, so that the bound holds.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._held: OrderedDict[Any, bytes] = OrderedDict()
        self._lock = threading.Lock()  # charts are made in threads
        self.size = 0

    def __contains__(self, key: object) -> bool:
        return key in self._held

    def __len__(self) -> int:
        return len(self._held)

    def put(self, key: Any, content: bytes) -> None:
        """Keep an answer; one that is larger than the bound is not kept."""
        with self._lock:
            self._drop(key)
            if len(content) > self._most:
                return
            self._held[key] = content
            self.size += len(content)
            while self.size > self._most:
                self._drop(next(iter(self._held)))

    def get(self, key: Any) -> Answer | None:
        """Look an answer up; None if it is not there."""
        with self._lock:
            content = self._held.get(key)
            if content is None:
                return None
            self._held.move_to_end(key)
        found: Answer = pickle.loads(content)
        return found

    def _drop(self, key: Any) -> None:
        self.size -= len(self._held.pop(key, b""))
