"""The server: on the loopback address, on the port that was asked for, and nothing of it stays."""

from __future__ import annotations

import socket

import pytest

from corescale.__main__ import main
from lab import server
from sim.config.errors import ConfigError


def test_it_listens_on_the_loopback_address_alone() -> None:
    with server.listening(0) as found:
        assert found.getsockname()[0] == "127.0.0.1"
        with socket.create_connection(found.getsockname()):
            pass


def test_a_port_that_is_taken_is_an_error_where_it_was_asked_for() -> None:
    with server.listening(0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"--port {port}: cannot be listened on") as raised:
            server.listening(port)
        assert "--port 0 takes any that is free" in str(raised.value)


def test_without_a_port_the_usual_one_is_taken_or_any(monkeypatch) -> None:
    with server.listening(0) as taken:
        monkeypatch.setattr(server, "PORT", taken.getsockname()[1])
        with server.listening(None) as other:
            assert other.getsockname()[1] != server.PORT
    with server.listening(None) as usual:
        assert usual.getsockname()[1] == server.PORT


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (["kernel=linux_stok"], "kernel=linux_stok: no kernel called 'linux_stok'\n  did you mean"),
        (["run=quik"], "run=quik: no run called 'quik'\n  did you mean quick?"),
        (["--port", "x"], "--port: 'x' is no whole number from 0 to 65,535"),
        (["--config-dir", "nowhere"], "--config-dir nowhere: no such folder"),
        (["cores=[49]"], "cores=[49]: 49 is more than the 48 cores of opteron_8x6"),
    ],
)
def test_what_cannot_be_used_is_said_before_anything_is_served(
    line: list[str], told: str, capsys
) -> None:
    assert main(["lab", "--no-browser", *line]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(told)


def test_a_browser_is_opened_where_there_is_a_screen_with_a_ticket_and_not_the_token(
    monkeypatch, capsys
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(server.webbrowser, "open", opened.append)
    monkeypatch.setattr(server.uvicorn.Server, "run", lambda *_, **__: None)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(server.sys, "platform", "linux")
    server.serve((), [], 0, opens=True)
    assert opened == []
    monkeypatch.setenv("DISPLAY", ":0")
    server.serve((), [], 0, opens=True)
    address = capsys.readouterr().out.splitlines()[-1]
    assert len(opened) == 1
    assert opened[0].partition("=")[0] == address.partition("=")[0]
    assert opened[0] != address
