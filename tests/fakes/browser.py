"""A real browser, driven over the W3C WebDriver protocol.

Sources: https://www.w3.org/TR/webdriver2/ and, for `cdp`, https://chromedevtools.github.io/devtools-protocol/
"""

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

CHROMIUM = shutil.which("chromium")
CHROMEDRIVER = shutil.which("chromedriver")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
)


class Browser:
    """One window of a browser with a fresh profile."""

    def __init__(self, http: httpx.Client, session_url: str) -> None:
        self._http = http
        self._url = session_url

    def _command(self, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self._http.post(f"{self._url}/{path}", json=body or {})
        value = answer.json()["value"]
        assert answer.is_success, value
        return value

    def open(self, url: str) -> None:
        """The page at `url` is loaded."""
        self._command("url", {"url": url})

    def run(self, script: str, *args: object) -> Any:
        """What the JavaScript function body `script` returns."""
        return self._command("execute/sync", {"script": script, "args": list(args)})

    def text(self, selector: str) -> str:
        """The text a reader sees in the first element found; empty when there is none."""
        return str(self.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector))

    def cdp(self, command: str, **params: object) -> Any:
        """The answer of a DevTools command."""
        return self._command("goog/cdp/execute", {"cmd": command, "params": params})

    def resize(self, width: int, height: int, *, phone: bool = False) -> None:
        """The page is laid out for a screen of this size in CSS pixels."""
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)

    def colours(self, scheme: str) -> None:
        """The page believes that the system prefers `light` or `dark`."""
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self, path: Path) -> bytes:
        """A PNG of the whole page, also written to `path`."""
        answer = self.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        picture = base64.b64decode(answer["data"])
        path.write_bytes(picture)
        return picture

    def log(self, kind: str) -> list[dict[str, Any]]:
        """Entries of the log `browser` (console) or `performance` (network) since it was last read."""
        return list(self._command("se/log", {"type": kind}))

    def requests(self) -> tuple[set[str], list[str]]:
        """Addresses asked for, and those that failed or were refused, since the log was last read."""
        events = [json.loads(entry["message"])["message"] for entry in self.log("performance")]
        asked = {e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"}
        answers = [e["params"]["response"] for e in events if e["method"] == "Network.responseReceived"]
        failed = [f"{a['status']} {a['url']}" for a in answers if a["status"] >= 400]
        failed += [e["params"]["errorText"] for e in events if e["method"] == "Network.loadingFailed"]
        return asked, failed


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """A started browser whose profile lies in the empty folder `profile`."""
    assert CHROMIUM
    assert CHROMEDRIVER
    driver = subprocess.Popen(
        [CHROMEDRIVER, "--port=0", "--allowed-ips="], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        with httpx.Client(base_url=_address(driver), timeout=60, trust_env=False) as http:
            session_id = _new_session(http, profile)
            try:
                yield Browser(http, f"/session/{session_id}")
            finally:
                http.delete(f"/session/{session_id}")
    finally:
        driver.terminate()
        driver.communicate(timeout=20)


def _address(driver: "subprocess.Popen[str]") -> str:
    assert driver.stdout
    for line in driver.stdout:
        if found := re.search(r"started successfully on port (\d+)", line):
            return f"http://127.0.0.1:{found[1]}"
    raise AssertionError("chromedriver ended without saying its port")


def _new_session(http: httpx.Client, profile: Path) -> str:
    wanted = {
        "goog:chromeOptions": {"binary": CHROMIUM, "args": [*FLAGS, f"--user-data-dir={profile}"]},
        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
    }
    answer = http.post("/session", json={"capabilities": {"alwaysMatch": wanted}})
    value = answer.json()["value"]
    assert answer.is_success, value
    return str(value["sessionId"])
