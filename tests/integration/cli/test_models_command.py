"""`inplay models` as it is typed, beside no run: on a record with a champion, a challenger and what they said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.postgres.pool import Cursor, Pool, transaction
from adapters.record import Record, alone, reading
from adapters.settings import Settings, read_settings
from tests.fakes.client import TOKEN
from tests.fakes.ensembles import NOON, registered

A, B = "ensemble-aa11", "ensemble-bb22"
DAYS = [date(2010, 4, 1) + (date(2010, 4, 2) - date(2010, 4, 1)) * k for k in range(30)]
PER_SESSION = 4


def said(home: Path, *words: str, code: int = 0) -> str:
    """What the command prints."""
    done = subprocess.run(
        [sys.executable, "-c", "from cli.main import main; main()", "models", *words],
        env={**os.environ, "INPLAY_HOME": str(home), "INPLAY_API_TOKEN": TOKEN, "INPLAY_BROKER": "simulated"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stdout + done.stderr
    return done.stdout + done.stderr


def told(home: Path, *words: str, code: int = 0) -> dict[str, Any]:
    """The JSON object that it prints."""
    found: dict[str, Any] = json.loads(said(home, *words, "--json", code=code).splitlines()[0])
    return found


def planted_signals(pool: Pool) -> None:
    """Thirty sessions of four candidates: A ranks two of four high, of which one makes money; rules want all four."""
    with transaction(pool) as cursor:
        for day in DAYS:
            for k in range(PER_SESSION):
                _candidate(cursor, day, f"S{k}", rank=0.95 if k < 2 else 0.5, won=k % 2 == 0)


def _candidate(cursor: Cursor, day: date, symbol: str, *, rank: float, won: bool) -> None:
    cursor.execute(
        "INSERT INTO signals (session, ensemble_id, symbol, direction, in_play, probabilities, rank) "
        "VALUES (%s, %s, %s, 1, true, '{}', %s)",
        [day, A, symbol, rank],
    )
    cursor.execute(
        'INSERT INTO pattern_training_data (symbol, "timestamp", session, pattern_type, family, direction, '
        "pattern_success, outcome_return, outcome_exit, outcome_known_session) "
        "VALUES (%s, %s, %s, 'hammer', 'candlestick', 1, %s, %s, 'time', %s)",
        [symbol, datetime.combine(day, NOON.timetz()), day, won, 0.03 if won else -0.01, day.replace(year=2011)],
    )
    for account, rules, source in (("rule", [], "rule"), ("hybrid", ["unsure"] if rank < 0.8 else [], "ensemble")):
        cursor.execute(
            "INSERT INTO decisions (session, account, symbol, source, action, shares, patterns, reason, ensemble_id, "
            "rule_confidence, model_rules, probabilities) "
            "VALUES (%s, %s, %s, %s, 'none', 0, '{}', 'r', %s, 0.7, %s, '{}')",
            [day, account, symbol, source, A if account == "hybrid" else None, rules],
        )


@pytest.fixture
def settings(home: Path) -> Settings:
    """Of a folder with the record."""
    settings = read_settings(home=home)
    with alone(settings, now=NOON) as record:
        registered(record.pool, home, A, "champion", known_before=DAYS[0])
        registered(record.pool, home, B, "challenger", known_before=DAYS[0])
        planted_signals(record.pool)
        record.lifecycle.begin(DAYS[-1], NOON)
    return settings


def roles(settings: Settings) -> dict[str, str]:
    """On record."""
    with reading(settings, now=NOON) as record:
        return _latest(record)


def _latest(record: Record) -> dict[str, str]:
    return dict(record.lifecycle.life().latest())


def test_a_version_is_listed_shown_compared_promoted_and_taken_back(settings: Settings) -> None:
    """Every command, in words and as JSON, with figures that can be counted by hand."""
    home = settings.home
    first, second = told(home, "list")["ensembles"]
    assert (first["ensemble_id"], first["role"], first["scored"]["signals"]) == (A, "champion", 120)
    assert (first["scored"]["with_outcome"], second["scored"]["signals"]) == (120, 0)
    assert "53.0% (48.0% to 58.0%)" in said(home, "list")

    shown = told(home, "show", "aa")
    assert {file["state"] for file in shown["files"]} == {"whole"}
    (acted,) = shown["acted"]
    assert (acted["account"], acted["candidates"], acted["rules"]["unsure"]) == ("hybrid", 120, 60)
    words = said(home, "show", "aa")
    for part in ("as registered", "unsure             60    50.0%", "trained for ensemble-aa11", "audit: passed"):
        assert part in words

    (compared,) = told(home, "compare")["versions"]
    assert (compared["calls"]["calls"], compared["rules"]["calls"], compared["candidates"]) == (60, 120, 120)
    assert compared["calls"]["made_money"]["value"] == pytest.approx(0.5)
    assert compared["calls"]["accuracy"]["value"] == pytest.approx(0.5), "one of two calls, one of two others"
    assert compared["rules"]["net_return"]["value"] == pytest.approx(0.01)
    assert compared["less_rules"]["net_return"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    nothing = told(home, "compare", "bb")["versions"][0]["calls"]
    assert nothing["missing"].startswith("not enough data yet: 0 of at least 20 sessions")
    assert "not enough data yet" in said(home, "compare", B)

    done = told(home, "promote", "bb", "--reason", "it \x1b is better")
    assert [(one["ensemble_id"], one["role"]) for one in done["events"]] == [(A, "retired"), (B, "champion")]
    assert done["events"][1]["why"] == "it \\x1b is better"
    assert done["from_session"] == "2010-05-01"
    assert "nothing was changed" in said(home, "promote", B)
    assert f"{A} is champion from the first session on or after 2010-05-01" in said(home, "rollback")
    assert told(home, "rollback", B)["events"] == []
    assert told(home, "promote", B, "--as", "shadow")["role"] == "shadow"
    assert told(home, "retire", "bb")["role"] == "retired"
    assert roles(settings) == {A: "champion", B: "retired"}

    out = home.parent / "out"
    assert len(told(home, "export", "aa", "--out", str(out))["files"]) == 5
    assert (out / "card.json").is_file()


def test_what_is_refused_changes_nothing_and_says_what_to_do(settings: Settings) -> None:
    """Exit code 1, one sentence; a file that is gone is found by `show` too."""
    home, before = settings.home, roles(settings)
    (home / "models" / B / "pattern.ubj").unlink()
    assert "can't be read. Nothing was changed. Restore it" in told(home, "promote", "bb", code=1)["error"]
    assert "FILE GONE" in said(home, "show", "bb", code=1)
    assert "no champion before" in said(home, "rollback", code=1)
    assert told(home, "promote", "ensemble-", code=1)["kind"] == "UnknownModelError"
    assert "can't become 'shadow'" in said(home, "promote", "aa", "--as", "shadow", code=1)
    assert roles(settings) == before


def test_a_record_of_an_earlier_version_is_left_as_it_is(settings: Settings) -> None:
    """The command says how it is brought up to date, to read and to write."""
    with alone(settings, now=NOON) as record, transaction(record.pool) as cursor:
        cursor.execute("DELETE FROM schema_migrations WHERE version = (SELECT max(version) FROM schema_migrations)")
    for words in (("list",), ("promote", "bb"), ("retire", "bb")):
        assert "inplay data migrate" in said(settings.home, *words, code=1)


def test_without_a_record_there_is_nothing_to_say(home: Path) -> None:
    """No folder is made by asking."""
    for words in (("list",), ("promote", "bb"), ("compare",)):
        assert "There are no bars on record" in said(home, *words, code=1)
    assert not home.exists()
