"""A headless Chromium, driven over its own protocol: pages, keys, and all that they ask for."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_SECONDS = 60
"""How long a page is waited for, whatever else this machine does."""

KEYS = {"Tab": 9, "Enter": 13, "Escape": 27}


class Page:
    """One tab, with what it logged and asked for."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._number = 0
        self.logged: list[str] = []
        self.requests: list[str] = []
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask for something, and note what happens meanwhile."""
        self._number += 1
        request = {"id": self._number, "method": method, "params": parameters}
        self._connection.send(json.dumps(request))
        while True:
            said = json.loads(self._connection.recv(timeout=PATIENCE_SECONDS))
            if said.get("id") == self._number:
                assert "error" not in said, said
                return said["result"]
            self._note(said.get("method", ""), said.get("params", {}))

    def _note(self, event: str, given: dict[str, Any]) -> None:
        if event == "Runtime.consoleAPICalled" and given["type"] in ("error", "warning"):
            self.logged.append(" ".join(str(one.get("value")) for one in given["args"]))
        elif event == "Runtime.exceptionThrown":
            details = given["exceptionDetails"]
            self.logged.append(
                f"{details['text']} {details.get('exception', {}).get('description')}"
            )
        elif event == "Log.entryAdded" and given["entry"]["level"] in ("error", "warning"):
            self.logged.append(f"{given['entry']['text']} {given['entry'].get('url', '')}")
        elif event == "Network.requestWillBeSent":
            self.requests.append(given["request"]["url"])
        elif event == "Network.webSocketCreated":
            self.requests.append(given["url"])

    def close(self) -> None:
        """Close the tab."""
        self.call("Page.close")

    def open(self, address: str) -> None:
        """Go to an address."""
        self.call("Page.navigate", url=address)

    def ask(self, expression: str) -> Any:
        """Value of an expression on the page."""
        found = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True,
            userGesture=True,
        )  # fmt: skip
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def wait(self, expression: str) -> None:
        """Wait until an expression is true on the page."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            found = self.ask(
                f"(() => {{ try {{ return !!({expression}) }} catch {{ return null }} }})()"
            )
            if found:
                return
            time.sleep(0.05)
        raise AssertionError(f"never true: {expression}; logged: {self.logged}")

    def press(self, key: str, *, shift: bool = False) -> None:
        """Press a key and let it go."""
        code = {"windowsVirtualKeyCode": KEYS[key], "key": key, "code": key}
        text = {"text": "\r"} if key == "Enter" else {}
        held = {"modifiers": 8 if shift else 0}
        self.call("Input.dispatchKeyEvent", type="keyDown", **code, **text, **held)
        self.call("Input.dispatchKeyEvent", type="keyUp", **code, **held)

    def type(self, text: str) -> None:
        """Type a text into what has the focus."""
        self.call("Input.insertText", text=text)

    def set(self, control: str, value: str) -> None:
        """Set a control of the lab, as a user does who leaves it."""
        field = f"document.getElementById({json.dumps(f'for-{control}')})"
        change = "dispatchEvent(new Event('change', {bubbles: true}))"
        self.ask(f"{field}.value = {json.dumps(value)}, {field}.{change}")

    def size(self, width: int, height: int, *, dark: bool = False) -> None:
        """Show the page on a screen of a size, light or dark."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self, path: Path, *, whole: bool = False) -> None:
        """Write what is seen as PNG."""
        found = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(found["data"]))


class Browser:
    """A browser with tabs."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connections = ExitStack()

    def tab(self) -> Page:
        """Open an empty tab."""
        address = f"http://127.0.0.1:{self._port}/json/new?about:blank"
        with urllib.request.urlopen(urllib.request.Request(address, method="PUT")) as answer:
            found = json.load(answer)
        opened = connect(
            found["webSocketDebuggerUrl"], max_size=None, max_queue=None, close_timeout=1
        )
        return Page(self._connections.enter_context(opened))

    def close(self) -> None:
        """Leave all tabs."""
        self._connections.close()


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """Start a browser whose profile is a new folder, and end it."""
    command = next(found for name in BROWSERS if (found := shutil.which(name)))
    process = subprocess.Popen(
        [
            command, "--headless", "--disable-gpu", "--no-sandbox", "--hide-scrollbars",
            "--remote-debugging-port=0", f"--user-data-dir={profile}", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "about:blank",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        found = Browser(_port_of(profile, process))
        try:
            yield found
        finally:
            found.close()
    finally:
        process.terminate()
        process.wait()


def _port_of(profile: Path, process: subprocess.Popen[bytes]) -> int:
    """The port that a browser listens on, once it has written it down."""
    file = profile / "DevToolsActivePort"
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if file.is_file() and (lines := file.read_text().split()):
            return int(lines[0])
        time.sleep(0.05)
    raise AssertionError("the browser did not start")
