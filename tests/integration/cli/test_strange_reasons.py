"""The switches of trading at the terminal: whatever reason is typed, they work, and what comes back is readable."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.postgres.broker_record import ControlRecord
from adapters.postgres.pool import Pool
from adapters.record import alone, reading
from adapters.settings import read_settings
from tests.fakes.client import TOKEN
from trading.broker.controls import Control
from trading.errors import BadDataError

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def _inplay(home: Path, *arguments: str | bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", "from cli.main import main; main()", *arguments],
        env={**os.environ, "INPLAY_HOME": str(home), "INPLAY_API_TOKEN": TOKEN},
        capture_output=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("action", ["suspend", "kill"])
@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (b"x\n\x1b[31mred", "x\\n\\x1b[31mred"), (b"\xff\xfe", "\\udcff\\udcfe"), (b"", "no reason was given"),
        (b" \n ", "no reason was given"), ("\u202egnp".encode(), "\\u202egnp"),
    ],
)  # fmt: skip
def test_whatever_reason_is_typed_trading_is_suspended(home: Path, action: str, typed: bytes, kept: str) -> None:
    """On record as it was typed, written out; and no sequence reaches the terminal."""
    settings = read_settings(home=home)
    with alone(settings, now=NOW):
        pass
    done = _inplay(home, "trading", action, "--reason", typed)
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False), done.stderr[-1500:]
    with reading(settings, now=NOW) as record:
        assert ControlRecord(record.pool).state().suspended == kept
    told = _inplay(home, "trading", "status")
    assert f"suspended: {kept}".encode() in told.stdout
    assert b"\x1b" not in told.stdout + done.stdout


def test_a_reason_on_record_from_before_is_written_out(home: Path) -> None:
    """Earlier versions kept sequences as they came."""
    settings = read_settings(home=home)
    with alone(settings, now=NOW) as record:
        ControlRecord(record.pool).give(Control("suspend", "http", "a\x1b]0;title\x07b", NOW))
    told = _inplay(home, "trading", "status")
    assert rb"suspended: a\x1b]0;title\x07b" in told.stdout
    assert b"\x07" not in told.stdout


def test_what_postgresql_cannot_keep_is_an_error_in_words(pool: Pool) -> None:
    """NUL and halves of characters, wherever they come from."""
    for reason in ("a\x00b", "a\udcffb"):
        with pytest.raises(BadDataError, match="nothing was written"):
            ControlRecord(pool).give(Control("suspend", "http", reason, NOW))
