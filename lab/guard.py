"""Who may talk to the lab: whoever knows its token, from its own page, on this machine.

The server listens on the loopback address, which every user and every web page of this machine can
reach. So a page asks with the token of its address once and gets it as a cookie; another site's
script has another origin and is refused, and so is a name that was made to point here (DNS
rebinding), which is no name of this machine. Nothing is loaded from elsewhere: the browser is told
to refuse that.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode

from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN = "token"
NAMES = ("127.0.0.1", "localhost")
FORBIDDEN = 403
UNKNOWN_HOST = 421
FULL = 503
POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    # Vega compiles the expressions of its charts.
    "script-src 'self' 'unsafe-eval' {scripts}; connect-src 'self' {sockets}; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
MISSING = "This page needs the token that `corescale lab` printed: open the address with it.\n"


class Guard:
    """What stands before the page: refuses, or sets the cookie, or lets through.

    Args:
        app: the page.
        port: that the server listens on.
        most_tabs: connections at a time.
        page: HTML whose own scripts may run.
    """

    def __init__(self, app: ASGIApp, port: int, most_tabs: int, page: str = "") -> None:
        self._app = app
        self._most_tabs, self._tabs = most_tabs, 0
        self.token = secrets.token_urlsafe(24)
        self._tickets: set[str] = set()
        self._cookie = f"corescale-lab-{port}"  # cookies know no ports
        self._hosts = {f"{name}:{port}" for name in NAMES}
        self._origins = {f"http://{host}" for host in self._hosts}
        sockets = " ".join(sorted(f"ws://{host}" for host in self._hosts))
        self._policy = POLICY.format(sockets=sockets, scripts=" ".join(digests(page)))

    def ticket(self) -> str:
        """A token for one use: a browser's command line can be read by every user."""
        found = secrets.token_urlsafe(24)
        self._tickets.add(found)
        return found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if scope["type"] == "websocket":
            await self._socket(refusal, scope, receive, send)
            return
        given = dict(parse_qsl(scope["query_string"].decode("latin-1"))).get(TOKEN)
        if refusal is None and given is not None:
            refusal = self._with_cookie(scope, given)
        elif refusal is None and not self._knows(scope):
            refusal = PlainTextResponse(MISSING, FORBIDDEN)
        if refusal is not None:
            await refusal(scope, receive, self._with_policy(send))
            return
        await self._app(scope, receive, self._with_policy(send))

    async def _socket(
        self, refusal: Response | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if refusal is None and not self._knows(scope):
            refusal = PlainTextResponse(MISSING, FORBIDDEN)
        if refusal is None and _header(scope, b"origin") not in self._origins:
            refusal = PlainTextResponse("another origin\n", FORBIDDEN)
        if refusal is None and self._tabs >= self._most_tabs:
            refusal = PlainTextResponse("too many tabs\n", FULL)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        self._tabs += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._tabs -= 1

    def _refusal(self, scope: Scope) -> Response | None:
        """What a request gets that is for another host, or from another origin."""
        if _header(scope, b"host") not in self._hosts:
            return PlainTextResponse("not this host\n", UNKNOWN_HOST)
        origin = _header(scope, b"origin")
        if origin is not None and origin not in self._origins:
            return PlainTextResponse("another origin\n", FORBIDDEN)
        return None

    def _with_cookie(self, scope: Scope, given: str) -> Response:
        """Put a right token into a cookie, and out of the address."""
        if given in self._tickets:
            self._tickets.remove(given)
        elif not _same(given, self.token):
            return PlainTextResponse(MISSING, FORBIDDEN)
        pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        query = urlencode([(key, value) for key, value in pairs if key != TOKEN])
        found = RedirectResponse(f"/?{query}" if query else "/", 303)
        found.set_cookie(self._cookie, self.token, httponly=True, samesite="lax", path="/")
        return found

    def _knows(self, scope: Scope) -> bool:
        """Whether a request has the cookie."""
        try:
            cookies = SimpleCookie(_header(scope, b"cookie") or "")
        except CookieError:
            return False
        found = cookies.get(self._cookie)
        return found is not None and _same(found.value, self.token)

    def _with_policy(self, send: Send) -> Send:
        headers = [
            (b"content-security-policy", self._policy.encode()),
            (b"referrer-policy", b"no-referrer"),
            (b"x-content-type-options", b"nosniff"),
            (b"cache-control", b"no-store"),
        ]

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*_others(message["headers"], headers), *headers]
            await send(message)

        return sent


def digests(page: str) -> list[str]:
    """What a policy calls the scripts that stand in a page: their sha256."""
    found = (hashlib.sha256(script.encode()).digest() for script in INLINE.findall(page))
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in found]


def _others(
    given: Iterable[tuple[bytes, bytes]], ours: Iterable[tuple[bytes, bytes]]
) -> list[tuple[bytes, bytes]]:
    names = {name for name, _ in ours}
    return [(name, value) for name, value in given if name.lower() not in names]


def _header(scope: Scope, name: bytes) -> str | None:
    """A header that stands once; None if it is missing or repeated."""
    found = [value for key, value in scope["headers"] if key == name]
    return found[0].decode("latin-1") if len(found) == 1 else None


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
