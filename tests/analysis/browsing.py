"""A browser that tests drive: what it shows, what it says, and what it asks for."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

Browser = webdriver.Chrome
Visit = Callable[..., None]

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LOCAL = ("file:", "data:", "about:", "blob:")


@contextmanager
def started(driver: str) -> Iterator[Browser]:
    """A browser as large as a desktop's window, which notes what it says and asks for."""
    options = Options()
    options.binary_location = next(found for name in BROWSERS if (found := shutil.which(name)))
    for argument in ("headless=new", "no-sandbox", "disable-gpu", "window-size=1400,900"):
        options.add_argument(f"--{argument}")
    options.add_argument("--hide-scrollbars")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    opened = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield opened
    finally:
        opened.quit()


def said(browser: Browser) -> list[str]:
    """What pages have written to the console since this was asked last."""
    return [entry["message"] for entry in browser.get_log("browser")]


def asked_elsewhere(browser: Browser) -> list[str]:
    """Addresses that pages have asked for since this was asked last, those of files left out."""
    found = []
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            address = message["params"]["request"]["url"]
            if not address.startswith(LOCAL):
                found.append(address)
    return found


def open_page(browser: Browser, page: Path, place: str = "") -> None:
    """Open a page anew, at a place behind its #, and wait until its script is done."""
    browser.get("about:blank")
    browser.get(page.as_uri() + place)
    settle(browser)


def settle(browser: Browser) -> None:
    wait(lambda: browser.execute_script("return 'ready' in document.documentElement.dataset"))


def wait(true: Callable[[], object]) -> None:
    """Wait until something is true; what takes a minute never comes true."""
    for _ in range(1200):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come true")


def screen(browser: Browser, width: int, height: int, phone: bool = False) -> None:
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def media(browser: Browser, kind: str = "", theme: str = "light") -> None:
    """Show pages as on a screen or on paper, light or dark."""
    features = [{"name": "prefers-color-scheme", "value": theme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": kind, "features": features})


def find(browser: Browser, selector: str) -> WebElement:
    return browser.find_element(By.CSS_SELECTOR, selector)


def find_all(browser: Browser, selector: str) -> list[WebElement]:
    return browser.find_elements(By.CSS_SELECTOR, selector)


def texts(browser: Browser, selector: str) -> list[str]:
    """Texts of all elements that are shown, in one question."""
    found: list[str] = browser.execute_script(
        "return [...document.querySelectorAll(arguments[0])]"
        ".filter(e => e.checkVisibility()).map(e => e.innerText)",
        selector,
    )
    return found


def address(browser: Browser) -> str:
    return str(browser.execute_script("return decodeURIComponent(location.hash)"))


def in_sight(browser: Browser, element: WebElement) -> bool:
    """Whether the whole element is in the window, without scrolling any further."""
    return bool(
        browser.execute_script(
            "const b = arguments[0].getBoundingClientRect();"
            "return b.height > 0 && b.top >= 0 && b.bottom <= innerHeight",
            element,
        )
    )


def ask(browser: Browser, script: str) -> Any:
    """Value of an expression on the page."""
    return browser.execute_script(f"return {script}")
