"""The lab's server: one process on the loopback address, a session for every tab."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import webbrowser
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import uvicorn
import vl_convert
from shiny import App, Inputs, Outputs, Session, ui
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lab.guard import Guard
from lab.plan import plan
from lab.pool import Pool
from lab.published import Library
from lab.session import Lab, Tab, first_state
from lab.store import Store
from sim.config.errors import ConfigError, message
from sim.config.files import choices

HOST = "127.0.0.1"
PORT = 8765
ASSETS = Path(__file__).parent / "page" / "assets"
MOST_TABS = 32
MOST_MESSAGE = 1 << 18
"""Bytes of one message of a tab: a state is a few hundred."""
WORKERS = 2


def listening(port: int | None) -> socket.socket:
    """A socket on the loopback address.

    Args:
        port: to listen on; 0: any; None: the usual one, or any where that is taken.

    Raises:
        ConfigError: if a port that was asked for cannot be had.
    """
    for number in (PORT, 0) if port is None else (port,):
        found = socket.socket(socket.AF_INET)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((HOST, number))
            found.listen()  # a browser may ask before there is a server: it waits
        except OSError as error:
            found.close()
            if port is not None:
                what = f"cannot be listened on ({error.strerror})"
                hint = "--port 0 takes any that is free"
                raise ConfigError(message(f"--port {port}", what, hint)) from None
        else:
            return found
    raise ConfigError(message(f"{HOST}", "no port is free"))


def has_screen() -> bool:
    """Whether a browser can show itself: without a screen one would take over the terminal."""
    graphical = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return sys.platform in ("darwin", "win32") or graphical


def workers() -> int:
    """Number of processes that simulate: one for each of this machine's cores, two at most."""
    able = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return min(WORKERS, able)


class Scripts:
    """The charts' scripts (Vega, Vega-Lite, Vega-Embed), put together once, while a page loads."""

    def __init__(self) -> None:
        self._made: asyncio.Future[str] | None = None

    async def answer(self, _: Request) -> Response:
        """Answer with the scripts."""
        if self._made is None:
            self._made = asyncio.ensure_future(asyncio.to_thread(_scripts))
        content = await asyncio.shield(self._made)
        return Response(content, media_type="text/javascript")


def _scripts() -> str:
    # In a function: the names that are global in the bundle are those of others, too (jQuery's $).
    # The bundle's types say that it needs a snippet of one's own; it is optional.
    bundle = cast(Callable[[], str], vl_convert.javascript_bundle)
    return f"(() => {{{bundle()}\n}})();"


def application(words: Sequence[str], folders: Sequence[Path]) -> App:
    """The page, its workers and its library.

    Args:
        words: of the first curve.
        folders: the user's own.

    Raises:
        ConfigError: if the words cannot be composed.
    """
    # Imported here: what simulates is loaded by the workers.
    from lab.entry import work

    first = first_state(words, list(choices("run", folders)))
    plan(first, folders)
    store = Store()
    pool = Pool(workers(), store, lambda tab, _: told(tab), work)
    lab = Lab(pool, store, Library(folders), tuple(folders), first)

    def told(tab: object) -> None:
        assert isinstance(tab, Tab)
        tab.told()

    def serve(_: Inputs, __: Outputs, session: Session) -> None:
        tab = Tab(lab, session.send_custom_message)
        session.set_message_handler("act", tab.act)
        session.on_ended(tab.close)

    page = ui.page_html((ASSETS / "index.html").read_text(encoding="utf-8"))
    app = App(page, serve, static_assets={"/assets": ASSETS})
    app.starlette_app.router.routes.insert(0, Route("/vega.js", Scripts().answer))
    app.starlette_app.router.lifespan_context = _with_pool(app, pool)
    return app


def _html(app: App) -> str:
    """The page as it is sent, with what Shiny puts in."""
    assert not callable(app.ui)
    return app.ui["html"]


def _with_pool(app: App, pool: Pool) -> Callable[[Any], Any]:
    """The page's own beginning and end, with the workers' in between."""
    inner = app.starlette_app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(starlette: Any) -> AsyncIterator[None]:
        async with inner(starlette):
            pool.start()
            try:
                yield
            finally:
                await pool.stop()

    return lifespan


def serve(words: Sequence[str], folders: Sequence[Path], port: int | None, *, opens: bool) -> None:
    """Serve the lab until it is interrupted.

    Args:
        words: of the first curve.
        folders: the user's own, beside conf/.
        port: as `listening` takes it.
        opens: whether to open a browser.

    Raises:
        ConfigError: for words or a port that cannot be used.
    """
    app = application(words, folders)
    with listening(port) as opened:
        number = opened.getsockname()[1]
        guard = Guard(app, number, MOST_TABS, _html(app))
        print(f"http://{HOST}:{number}/?token={guard.token}", flush=True)
        print("the lab runs until it is interrupted (Ctrl-C)", file=sys.stderr)
        if opens and has_screen():
            webbrowser.open(f"http://{HOST}:{number}/?token={guard.ticket()}")
        config = uvicorn.Config(
            guard,
            log_level="warning",
            access_log=False,
            ws_max_size=MOST_MESSAGE,
            timeout_graceful_shutdown=1,
            server_header=False,
        )
        uvicorn.Server(config).run(sockets=[opened])
