"""Who is let in: only whoever knows the token, from the lab's own page, by its own name."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lab.guard import Guard

PORT = 8765
HOST = f"127.0.0.1:{PORT}"
ORIGIN = f"http://{HOST}"
INSIDE = "the page"


async def page(scope: Any, receive: Any, send: Any) -> None:
    """What is behind the guard."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": INSIDE.encode()})


def ask(
    guard: Guard, query: str = "", headers: dict[str, str] | None = None, *, socket: bool = False
) -> tuple[int, dict[str, str], str]:
    """Status, headers and content of an answer; 101 for a socket that is accepted."""
    given = {"host": HOST} | (headers or {})
    scope = {
        "type": "websocket" if socket else "http",
        "path": "/",
        "query_string": query.encode(),
        "headers": [(key.encode(), value.encode()) for key, value in given.items()],
        "extensions": {"websocket.http.response": {}},
        "method": "GET",
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect" if socket else "http.request"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(guard(scope, receive, send))
    if sent[0]["type"] == "websocket.accept":
        return 101, {}, ""
    found = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
    content = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], found, content.decode()


@pytest.fixture
def guard() -> Guard:
    return Guard(page, PORT, 2)


def cookie(guard: Guard) -> dict[str, str]:
    """The cookie that a browser has after it opened the address."""
    status, headers, _ = ask(guard, f"token={guard.token}")
    assert status == 303
    return {"cookie": headers["set-cookie"].partition(";")[0]}


def test_the_token_becomes_a_cookie_and_leaves_the_address(guard: Guard) -> None:
    status, headers, _ = ask(guard, f"curve=a%3D1&token={guard.token}&at=4")
    assert status == 303
    assert headers["location"] == "/?curve=a%3D1&at=4"
    assert guard.token in headers["set-cookie"]
    assert "HttpOnly" in headers["set-cookie"] and "SameSite=lax" in headers["set-cookie"]
    assert ask(guard, "", cookie(guard))[::2] == (200, INSIDE)


@pytest.mark.parametrize("token", ["", "wrong", "é"])
def test_a_wrong_token_is_refused(guard: Guard, token: str) -> None:
    assert ask(guard, f"token={token}" if token else "")[0] == 403
    wrong = {"cookie": f"corescale-lab-{PORT}={token}"}
    assert ask(guard, "", wrong)[0] == 403
    assert ask(guard, "", {**wrong, "origin": ORIGIN}, socket=True)[0] == 403


def test_without_the_cookie_nothing_is_shown_and_the_token_is_not_told(guard: Guard) -> None:
    status, headers, content = ask(guard)
    assert status == 403
    assert INSIDE not in content
    assert guard.token not in content + str(headers)


def test_a_ticket_opens_once(guard: Guard) -> None:
    ticket = guard.ticket()
    assert ticket != guard.token
    assert ask(guard, f"token={ticket}")[0] == 303
    assert ask(guard, f"token={ticket}")[0] == 403


@pytest.mark.parametrize(
    "host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:80", ""]
)
def test_another_hosts_name_is_refused_even_with_the_cookie(guard: Guard, host: str) -> None:
    """A name that was made to point here (DNS rebinding) is not ours."""
    known = cookie(guard)
    assert ask(guard, "", {**known, "host": host})[0] == 421
    assert ask(guard, f"token={guard.token}", {"host": host})[0] == 421
    assert (
        ask(guard, "", {**known, "host": host, "origin": f"http://{host}"}, socket=True)[0] == 421
    )


@pytest.mark.parametrize(
    "origin", ["http://evil.example", f"https://{HOST}", "http://127.0.0.1:1", "null"]
)
def test_another_origin_is_refused_even_with_the_cookie(guard: Guard, origin: str) -> None:
    known = cookie(guard)
    assert ask(guard, "", {**known, "origin": origin})[0] == 403
    assert ask(guard, "", {**known, "origin": origin}, socket=True)[0] == 403


def test_a_socket_needs_an_origin_and_the_cookie(guard: Guard) -> None:
    known = cookie(guard)
    assert ask(guard, "", known, socket=True)[0] == 403
    assert ask(guard, "", {"origin": ORIGIN}, socket=True)[0] == 403
    assert ask(guard, "", {**known, "origin": ORIGIN}, socket=True)[0] == 101
    local = {"host": f"localhost:{PORT}", "origin": f"http://localhost:{PORT}"}
    assert ask(guard, "", {**known, **local}, socket=True)[0] == 101


def test_the_browser_is_told_to_load_nothing_from_elsewhere(guard: Guard) -> None:
    _, headers, _ = ask(guard, "", cookie(guard))
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert "http:" not in policy and "https:" not in policy and "*" not in policy
    assert f"ws://{HOST}" in policy


def test_a_page_beyond_the_bound_is_refused_until_another_is_closed() -> None:
    async def test() -> list[str]:
        gates = [asyncio.Event(), asyncio.Event()]
        waiting = iter(gates)
        said: list[str] = []

        async def slow(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "websocket.accept"})
            gate = next(waiting, None)
            if gate is not None:
                await gate.wait()

        guard = Guard(slow, PORT, 2)
        scope = {
            "type": "websocket",
            "query_string": b"",
            "headers": [
                (b"host", HOST.encode()),
                (b"origin", ORIGIN.encode()),
                (b"cookie", f"corescale-lab-{PORT}={guard.token}".encode()),
            ],
            "extensions": {"websocket.http.response": {}},
        }

        async def receive() -> dict[str, Any]:
            return {"type": "websocket.connect"}

        async def send(message: dict[str, Any]) -> None:
            said.append(f"{message['type']} {message.get('status', '')}".strip())

        open_tabs = [asyncio.create_task(guard(scope, receive, send)) for _ in gates]
        await asyncio.sleep(0)
        await guard(scope, receive, send)
        gates[0].set()
        await open_tabs[0]
        await guard(scope, receive, send)
        gates[1].set()
        await open_tabs[1]
        return said

    said = asyncio.run(test())
    accepted = "websocket.accept"
    refused = ["websocket.http.response.start 503", "websocket.http.response.body"]
    assert said == [accepted, accepted, *refused, accepted]
