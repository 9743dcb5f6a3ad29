"""The dashboard in a real browser, served by a real HTTP server over the fake platform.

`INPLAY_SCREENSHOT_DIR` keeps the pictures; otherwise they go with the test's temporary folder.
"""

import os
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from serve.api import create_app
from serve.resources import equity, models, performance, portfolio, progress, scanner, trades
from serve.resources.scanner import InPlay, Scan
from tests.fakes.answering import FakePlatform
from tests.fakes.browser import CHROMEDRIVER, CHROMIUM, Browser, browser
from tests.fakes.client import TOKEN
from tests.fakes.eventually import eventually
from tests.fakes.replay import Replay, sessions
from tests.fakes.server import served
from tests.fakes.ulcer import ULCER
from trading.errors import UnavailableError
from trading.performance.metrics.registry import METRICS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and CHROMEDRIVER), reason="needs Debian's packages chromium and chromium-driver"),
]
DESK = (1280, 900)
PHONE = (390, 844)
PANELS = ("equity", "accounts", "scan", "positions", "models", "trades", "orders", "health", "trading", "costs")


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests of this file; its start takes longer than they do."""
    with browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where the pictures go."""
    folder = Path(os.environ.get("INPLAY_SCREENSHOT_DIR", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def platform() -> FakePlatform:
    """A platform in the middle of its replay."""
    return FakePlatform(done=64)


@pytest.fixture
def url(platform: FakePlatform, window: Browser) -> Iterator[str]:
    """The address of the API over `platform`; the window is empty and has forgotten what was before."""
    window.open("about:blank")
    window.resize(*DESK)
    window.colours("light")
    window.log("browser")
    window.requests()
    with served(create_app(platform, TOKEN)) as found:
        yield found
        window.open("about:blank")  # ends the page's requests before the server goes


def sign_in(window: Browser, url: str) -> None:
    """The board is there with every panel filled."""
    window.open(f"{url}/#token={TOKEN}")
    script = "return arguments[0].every((id) => document.getElementById(id).childElementCount > 0)"
    eventually(lambda: window.run(script, list(PANELS)), what="all panels")


def assert_a_picture(png: bytes, width: int) -> None:
    """The PNG is as wide as the screen and has many different rows: a blank page's rows are all alike."""
    assert struct.unpack(">I", png[16:20])[0] == width
    at, data = 8, b""
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        data += png[at + 8 : at + 8 + length] if png[at + 4 : at + 8] == b"IDAT" else b""
        at += length + 12
    pixels = zlib.decompress(data)
    channels = {2: 3, 6: 4}[png[25]]
    stride = 1 + width * channels
    assert len({pixels[k : k + stride] for k in range(0, len(pixels), stride)}) > 300


def assert_clean(window: Browser, url: str) -> None:
    """The console is silent, every request went to this host and none failed."""
    assert window.log("browser") == []
    asked, failed = window.requests()
    assert asked
    assert [address for address in asked if not address.startswith((f"{url}/", "about:", "data:"))] == []
    assert failed == []


def test_the_board_shows_the_run(window: Browser, url: str, platform: FakePlatform, pictures: Path) -> None:
    """With the token in the address the board shows the run, and the token leaves the address bar."""
    sign_in(window, url)
    assert TOKEN not in window.run("return location.href")
    assert window.text("#phase") == f"Replaying session 64 of 100 · {sessions(64)[-1]}"
    for account in platform.answer(portfolio.read).accounts:
        assert f"${account.equity_usd:,.2f}" in window.text(f".account.{account.book}")
        assert account.title in window.text(f".account.{account.book} h2")
        assert account.title in window.text("#equity .legend")
        assert f"${account.equity_usd:,.2f}" in window.text("#equity .legend")
    said = [target.met for target in platform.answer(performance.read).targets if target.book == "hybrid"]
    assert window.text(".account.hybrid").count("not met") == said.count(False)
    for stock in platform.answer(scanner.read, 25).in_play:
        assert stock.symbol in window.text("#scan")
        assert stock.reason in window.text("#scan")
    assert "54.1\u00a0%" in window.text("#models")
    assert "majority 53.4\u00a0%" in window.text("#models")
    assert "decided by ens-2010-03-01-7f3a9c" in window.text("#models-note")
    for ensemble in platform.answer(models.read).ensembles:
        assert ensemble.role in window.text("#models")
        assert ensemble.ensemble_id in window.text("#models")
    assert "Decision of the hybrid account" in window.text("#scan")
    assert "paper trading" in window.text("#health")
    eventually(lambda: window.text("#connection") == "live", what="the live mark")
    for scheme in ("light", "dark"):
        window.colours(scheme)
        assert_a_picture(window.screenshot(pictures / f"dashboard-{scheme}.png"), DESK[0])
    assert_clean(window, url)


def test_the_board_fits_a_phone(window: Browser, url: str, pictures: Path) -> None:
    """At phone width nothing is cut off or scrolls sideways."""
    window.resize(*PHONE, phone=True)
    sign_in(window, url)
    assert window.run("return document.documentElement.scrollWidth") == PHONE[0]
    wide = (
        "return [...document.querySelectorAll('main *')]"
        ".filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.unseen'))"
        ".map((e) => e.tagName + '.' + e.className)"
    )
    assert window.run(wide) == []
    assert_a_picture(window.screenshot(pictures / "dashboard-phone.png"), PHONE[0])
    assert_clean(window, url)


def test_the_chart_tells_values_to_pointer_and_keys(window: Browser, url: str, platform: FakePlatform) -> None:
    """The chart has titled axes, and the arrow keys read the equity of single sessions as the API says it."""
    sign_in(window, url)
    drawn = window.run("return document.querySelector('.chart').textContent")
    assert "Equity at the close, US dollars" in drawn
    assert "Session" in drawn
    assert window.run("return [...document.querySelectorAll('.line')].length") == 5
    press = "const c = document.querySelector('.chart'); c.focus(); "
    press += "c.dispatchEvent(new KeyboardEvent('keydown', { key: arguments[0], bubbles: true }))"
    curves = {curve.name: curve.equity_usd for curve in platform.answer(equity.read).curves}
    window.run(press, "Home")
    assert str(sessions(1)[0]) in window.text(".reading")
    assert f"${curves['rule'][0]:,.2f}" in window.text(".legend")
    window.run(press, "ArrowRight")
    assert f"${curves['hybrid'][1]:,.2f}" in window.text(".legend")


def test_the_board_follows_the_run(window: Browser, url: str, platform: FakePlatform) -> None:
    """When a session is complete the page shows it by itself: header, equity and the end of the replay."""
    sign_in(window, url)
    platform.done = 65
    eventually(lambda: "session 65 of 100" in window.text("#phase"), what="session 65")
    equity = f"${platform.answer(portfolio.read).accounts[0].equity_usd:,.2f}"
    eventually(lambda: equity in window.text(".account.rule"), what="the equity of session 65")
    platform.done = 100
    eventually(lambda: "Replay complete · 100 sessions" in window.text("#phase"), what="the end")


def test_a_platform_that_just_started_says_so(
    window: Browser, url: str, platform: FakePlatform, pictures: Path
) -> None:
    """Before the first session every panel says what is missing; no number is made up."""
    platform.done = 0
    sign_in(window, url)
    assert "Training · training the outcome model" in window.text("#phase")
    said = {
        "equity": "No session is complete yet",
        "scan": "No session was scanned yet",
        "positions": "No positions yet",
        "models": "No ensemble is trained yet",
        "trades": "No trade is closed yet",
        "orders": "No order was given yet",
        "accounts": "no return yet",
    }
    for panel, text in said.items():
        assert text in window.text(f"#{panel}"), panel
    assert "NaN" not in window.text("body")
    assert "null" not in window.text("body")
    assert_a_picture(window.screenshot(pictures / "dashboard-empty.png"), DESK[0])
    assert_clean(window, url)


def test_without_a_token_there_is_a_form_and_no_data(window: Browser, url: str, platform: FakePlatform) -> None:
    """The form is all a stranger sees; a wrong token is refused in words, the right one opens the board."""
    window.open(f"{url}/")
    assert "Paste the token" in window.text("#sign-in")
    assert platform.asked == []
    submit = "document.getElementById('token').value = arguments[0]; document.getElementById('login').requestSubmit()"
    window.run(submit, "x" * 20)
    eventually(lambda: "not accepted" in window.text("#login-error"), what="the refusal")
    assert platform.asked == []
    window.run(submit, TOKEN)
    eventually(lambda: "AMZN" in window.text("#positions"), what="the board")
    window.run("document.getElementById('sign-out').click()")
    assert "Paste the token" in window.text("#sign-in")
    assert "AMZN" not in window.run("return document.body.textContent")
    assert window.run("return sessionStorage.length") == 0


def test_trading_is_suspended_and_resumed_by_the_button(window: Browser, url: str, platform: FakePlatform) -> None:
    """The button suspends, says so, and is the way back."""
    sign_in(window, url)
    assert "alpaca-paper: connected" in window.text("#trading")
    assert "4 open orders, 0 without an answer" in window.text("#trading")
    press = "document.querySelector('#trading button').click()"
    window.run(press)
    eventually(lambda: "by the dashboard" in window.text("#trading-note"), what="the suspension")
    assert platform.suspended == "by the dashboard"
    window.run(press)
    eventually(lambda: window.text("#trading-note") == "not suspended", what="the end of it")
    assert platform.suspended is None


def test_one_broken_answer_is_said_in_its_panel_only(window: Browser, url: str, platform: FakePlatform) -> None:
    """A panel whose question fails says why; the others go on."""
    platform.failing[trades.read] = UnavailableError("The trades are being counted.")
    sign_in(window, url)
    assert "The trades are being counted." in window.text("#trades")
    assert "AMZN" in window.text("#positions")


def test_a_lost_platform_is_said_and_found_again(window: Browser, url: str, platform: FakePlatform) -> None:
    """While the platform can't be asked a banner says so and the last values stay; then the banner goes."""
    sign_in(window, url)
    eventually(lambda: window.text("#connection") == "live", what="the live mark")
    platform.failing[progress.read] = UnavailableError("away")
    eventually(lambda: window.text("#connection") == "platform unavailable", what="the mark of the loss")
    assert "Trying again. What you see is of" in window.text("#banner")
    assert "AMZN" in window.text("#positions")
    platform.failing.clear()
    eventually(lambda: window.text("#connection") == "live" and window.text("#banner") == "", what="the recovery")


def hostile_scan(_replay: Replay, limit: int) -> Scan:
    """One stock in play whose reason tries to become an element and a script."""
    reason = "<img src=/nope onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    stock = InPlay(symbol="AAPL", rank=1, score=0.5, parts={}, reason=reason)
    found = FakePlatform().answer(scanner.read, limit)
    return found.model_copy(update={"in_play": [stock], "excluded": {"<b>bold</b>": 1}})


def test_markup_from_the_market_stays_text(window: Browser, url: str) -> None:
    """Text of the outside world is shown as it is and never becomes part of the page."""
    assert url  # empties the window
    platform = FakePlatform(answers={scanner.read: hostile_scan})
    with served(create_app(platform, TOKEN)) as hostile:
        sign_in(window, hostile)
        assert "<img src=/nope" in window.text("#scan")
        assert "<b>bold</b>" in window.text("#scan-note")
        assert window.run("return document.querySelectorAll('main img, main script, main b > b').length") == 0
        assert window.run("return document.title") != "owned"
        assert_clean(window, hostile)
        window.open("about:blank")


def test_the_reference_opens_in_the_browser(window: Browser, url: str, pictures: Path) -> None:
    """/docs lists the routes and offers the field for the token, from this host alone."""
    window.open(f"{url}/docs")
    eventually(lambda: "/v1/portfolio" in window.text("#reference"), what="the routes")
    assert "Authorize" in window.text("#reference")
    assert_a_picture(window.screenshot(pictures / "api-reference.png"), DESK[0])
    assert_clean(window, url)


def test_a_metric_of_the_registry_has_a_row_in_the_accounts(
    url: str, window: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page has nothing of its own for it, yet shows its title and its figure, after the four it ships with."""
    monkeypatch.setattr("trading.performance.metrics.registry.METRICS", (*METRICS, ULCER))
    sign_in(window, url)
    rows = window.text(".account.rule .measures tbody").splitlines()
    titles = [row.split("\t")[0] for row in rows]
    assert titles == ["Sharpe ratio", "Max. drawdown", "Win rate", "Profit factor", "Ulcer index"]
    assert re.match(r"Ulcer index\t\d+\.\d\s%\t", rows[-1])
