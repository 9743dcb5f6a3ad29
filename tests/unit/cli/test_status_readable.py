"""`inplay status` on a terminal."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from cli.status import _print
from serve.resources import trading
from serve.status import Status
from tests.fakes.answering import FakePlatform


def test_no_sequence_of_a_reason_reaches_the_terminal() -> None:
    """It is written out; the colours are our own."""
    found = FakePlatform().answer(trading.read).model_copy(update={"may_open": False, "blocked": "x\x1b[2J\ny\u202e"})
    out = io.StringIO()
    _print(Status(Path("/srv/i\x1bplay"), "well", "so", trading=found), Console(file=out, soft_wrap=True))
    assert "BLOCKED, x\\x1b[2J\\ny\\u202e; exits go on" in out.getvalue()
    assert "\x1b" not in out.getvalue()
