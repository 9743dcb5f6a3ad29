"""Messages as services take them: plain text, in parts that are short enough."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from pydantic import SecretStr

from adapters.alerts.targets import AppriseTarget
from trading.alerts.policy import Message

TELEGRAM = "tgram://123456789:AAF8Zfhfhfhfhfhfhfhfhfhfhfhfhfhfhfh/-12345"
DISCORD = "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"
LONG = "\n".join(f"2026-11-28 14:{minute:02} UTC, critical: {'x' * 200}" for minute in range(40))
"""As long as a digest may be."""


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What would have gone over the network."""
    found: list[dict[str, Any]] = []

    def post(_url: str, **given: Any) -> requests.Response:
        found.append(json.loads(given["data"]))
        answer = requests.Response()
        answer.status_code, answer._content = 200, b'{"ok": true}'
        return answer

    monkeypatch.setattr(requests, "post", post)
    return found


def test_signs_of_html_reach_telegram_as_text(posted: list[dict[str, Any]]) -> None:
    """Telegram refuses a message with an unknown tag, such as an exception that names `<Task>`."""
    AppriseTarget(SecretStr(TELEGRAM)).send(Message("a < b & c", "no <Task> & no_mark *here*", "critical", ()))
    (told,) = posted
    assert told["parse_mode"] == "HTML"
    assert "a &lt; b &amp; c" in told["text"]
    assert "no &lt;Task&gt; &amp; no_mark *here*" in told["text"]


@pytest.mark.parametrize(("url", "field", "most"), [(TELEGRAM, "text", 4_096), (DISCORD, "content", 2_000)])
def test_a_long_digest_goes_out_in_parts(posted: list[dict[str, Any]], url: str, field: str, most: int) -> None:
    """No part is longer than the service takes, and every line arrives."""
    AppriseTarget(SecretStr(url)).send(Message("40 alerts", LONG, "critical", ()))
    assert all(len(told[field]) <= most for told in posted)
    whole = "".join(told[field] for told in posted)
    assert all(f"14:{minute:02} UTC" in whole for minute in range(40))


def test_what_the_url_says_stays(posted: list[dict[str, Any]]) -> None:
    """Who wants long messages cut gets one."""
    AppriseTarget(SecretStr(f"{DISCORD}?overflow=truncate")).send(Message("t", LONG, "info", ()))
    assert len(posted) == 1
