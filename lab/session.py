"""One tab: its state, what it asks for, and what it is shown.

Every act of the user makes a new state, or is refused with the command line's message and changes
nothing. A new state replaces what the tab wants simulated. As answers come in, the page is sent
what it shows, a few times a second at most.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from lab import export, state
from lab.page.payload import payload
from lab.page.sidebar import sidebar
from lab.plan import Plan, plan, wanted
from lab.pool import Pool
from lab.published import Library
from lab.runs import key_of, split_level, with_value, without_misfits
from lab.state import State
from lab.store import Store
from sim.command import run
from sim.config.errors import ConfigError, message, suggestion
from sim.config.files import CHOICE_GROUPS, choices

Said = Mapping[str, Any]
REST_SECONDS = 0.12
"""Between two updates of a page."""


@dataclass
class Lab:
    """What all tabs share.

    Attributes:
        thread: composes and draws, one thing at a time: Hydra is no friend of threads.
    """

    pool: Pool
    store: Store
    library: Library
    folders: tuple[Path, ...]
    first: State
    thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))

    @property
    def levels(self) -> list[str]:
        """Run levels that there are."""
        return list(choices("run", self.folders))

    async def run(self, work: Callable[[], Any]) -> Any:
        """Do work that takes its time, while the page answers others."""
        return await asyncio.get_running_loop().run_in_executor(self.thread, work)


class Tab:
    """One tab of a browser.

    Args:
        send: sends a message of a name to the page.
    """

    def __init__(self, lab: Lab, send: Callable[[str, Any], Awaitable[None]]) -> None:
        self._lab, self._send = lab, send
        self._plan: Plan | None = None
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def plan(self) -> Plan:
        """What is shown."""
        assert self._plan is not None
        return self._plan

    async def open(self, query: str) -> dict[str, Any]:
        """Show what an address says; what it says wrong is told, and a plain run is shown."""
        self._task = asyncio.create_task(self._update())
        try:
            asked = state.read(query, self._lab.levels) if query.strip("?") else self._lab.first
            await self._show(asked)
        except ConfigError as error:
            await self._show(State())
            await self._send("refused", {"text": str(error)})
        return {"query": self.plan.state.query}

    def close(self) -> None:
        """Want nothing any more."""
        self._lab.pool.want(self, ())
        if self._task is not None:
            self._task.cancel()

    def told(self) -> None:
        """Note that an answer has come."""
        self._news.set()

    async def act(self, said: Said) -> dict[str, Any]:
        """Do what the user asks for; the answer says what is wrong with it, if anything is."""
        if said.get("do") == "open" and self._task is None:
            return await self.open(_text(said, "query"))
        act = ACTS.get(str(said.get("do")))
        if act is None or self._plan is None:
            return {"refused": "no such act"}
        self._lab.pool.pause(self)  # its workers would take the time that this takes
        try:
            result = await self._lab.run(lambda: act(self, said))
            if isinstance(result, State):
                before = self.plan.state.words
                await self._show(result)
                told = await self._lab.run(partial(_told, before, said, self.plan))
                return {"query": self.plan.state.query, "told": told}
        except ConfigError as error:
            return {"refused": str(error)}
        finally:
            self._lab.pool.resume(self)
        return {} if result is None else dict(result)

    async def _show(self, asked: State) -> None:
        """Make a state the tab's own.

        Raises:
            ConfigError: if it cannot be composed.
        """
        made = await self._lab.run(lambda: plan(asked, self._lab.folders))
        self._plan = made
        self._lab.pool.want(self, wanted(made, self._lab.store))
        controls = await self._lab.run(lambda: sidebar(made, self._lab.levels))
        await self._send("controls", controls | {"query": made.state.query})
        self._news.set()

    async def _update(self) -> None:
        """Send the page what it shows, whenever there is something new."""
        while True:
            await self._news.wait()
            self._news.clear()
            if self._plan is None:
                continue
            try:
                await self._send_results(self._plan)
            except ConfigError as error:  # a file of conf/ was edited meanwhile
                await self._send("refused", {"text": str(error)})
            except Exception as error:
                traceback.print_exc()
                text = f"the lab failed ({type(error).__name__}: {error}); its terminal says where"
                await self._send("refused", {"text": text})
            await asyncio.sleep(REST_SECONDS)

    async def _send_results(self, shown: Plan) -> None:
        """Send what there is of a plan; behind the sketch, read published points meanwhile."""
        self._lab.pool.want(self, wanted(shown, self._lab.store))
        made = partial(payload, shown, self._lab.store, self._lab.library)
        content = await self._lab.run(made)
        if shown is self._plan:
            await self._send("results", content | {"ready": self._lab.pool.is_ready})
        sketch = content["progress"][0]
        if sketch["done"] == sketch["all"] and not self._news.is_set():
            await self._read_published(shown)

    async def _read_published(self, shown: Plan) -> None:
        """Read published points, an experiment at a time, until there is something to show."""
        for curve in shown.curves:
            if await self._lab.run(partial(self._lab.library.read, curve.words)):
                self._news.set()
                return


def _told(before: Sequence[str], said: Said, now: Plan) -> str:
    """What a user has to know about an act that was done: words that went, or that do nothing."""
    lines = []
    if said.get("do") == "set" and said.get("key") in CHOICE_GROUPS:
        left = [word for word in before if word not in now.state.words]
        left = [word for word in left if key_of(word) not in CHOICE_GROUPS]
        lines += [f"{word}: left out, this run does not have it" for word in left]
    if said.get("do") in ("words", "add"):
        new = [word for word in now.state.words if word not in before]
        lines += run.idle_overrides([now.curve.config], new, now.folders)
    return "\n".join(lines)


# --- acts: each makes a state, or a result for the page -----------------------------------------

Act = Callable[[Tab, Said], State | dict[str, Any] | None]


def _set(tab: Tab, said: Said) -> State:
    """Set one key of the selected curve."""
    now, folders = tab.plan.state, tab.plan.folders
    key, value = _text(said, "key"), _text(said, "value")
    words = with_value(now.words, key, value, folders)
    if key in CHOICE_GROUPS:
        words, _ = without_misfits(words, folders)
    return now.with_words(words)


def _words(tab: Tab, said: Said) -> State:
    """Add words to the selected curve, as they would follow on the command line."""
    now = tab.plan.state
    asked = state.words_of(_text(said, "text"))
    own, level = split_level(asked, now.level)
    _check_level(level, tab._lab.levels)
    taken = {key_of(word) for word in own}
    kept = [word for word in now.words if key_of(word) not in taken]
    return replace(now.with_words([*kept, *own]), level=level)


def _drop(tab: Tab, said: Said) -> State:
    """Leave out a word of the selected curve."""
    now, word = tab.plan.state, _text(said, "word")
    return now.with_words([one for one in now.words if one != word])


def _add(tab: Tab, said: Said) -> State:
    """Add a curve: the selected one again, with further words."""
    now = tab.plan.state
    more = state.words_of(_text(said, "text"))
    taken = {key_of(word) for word in more}
    kept = [word for word in now.words if key_of(word) not in taken]
    return now.with_curve([*kept, *more])


def _remove(tab: Tab, said: Said) -> State:
    return tab.plan.state.without_curve(_number(said, "number"))


def _select(tab: Tab, said: Said) -> State:
    now = tab.plan.state
    number = min(max(_number(said, "number"), 0), len(now.curves) - 1)
    return replace(now, selected=number, at=None)


def _look(tab: Tab, said: Said) -> State:
    """Choose the measure, the level or the core count that is explained."""
    now = tab.plan.state
    query = {key: str(said[key]) for key in ("measure", "level", "at") if key in said}
    for key, value in query.items():
        now = state.read(f"{now.query}&{urlencode({key: value})}", tab._lab.levels)
    return now


def _go(tab: Tab, said: Said) -> State:
    """Show another address, as the browser's own buttons ask for."""
    return state.read(_text(said, "query"), tab._lab.levels)


def _command(tab: Tab, said: Said) -> dict[str, Any]:
    return {"command": export.commands(tab.plan)}


def _save(tab: Tab, said: Said) -> dict[str, Any]:
    name, path = export.save(tab.plan, _text(said, "name"), replace=said.get("replace") is True)
    run = export.how_to_run(name, tab.plan.folders)
    return {"saved": name, "file": str(path), "command": run}


ACTS: dict[str, Act] = {
    "set": _set,
    "words": _words,
    "drop": _drop,
    "add": _add,
    "remove": _remove,
    "select": _select,
    "look": _look,
    "go": _go,
    "command": _command,
    "save": _save,
}


def _check_level(level: str, levels: Sequence[str]) -> None:
    if level not in levels:
        what = f"no run called '{level}'"
        raise ConfigError(message(f"run={level}", what, suggestion(level, levels)))


def _text(said: Said, name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else ""


def _number(said: Said, name: str) -> int:
    value = said.get(name)
    return value if isinstance(value, int) else -1


def first_state(words: Sequence[str], levels: Sequence[str]) -> State:
    """The state that the words after `corescale lab` ask for.

    Raises:
        ConfigError: for a run level that there is not.
    """
    own, level = split_level(words, State().level)
    _check_level(level, levels)
    return State((tuple(own),), level=level)
