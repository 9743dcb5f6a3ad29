"""The kill switch from the command line to the journal: nothing is opened in the sessions after it, exits go on."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from adapters.calendar import sessions_between
from adapters.postgres.broker_record import ControlRecord
from adapters.postgres.decisions import DECISION_COLUMNS
from adapters.postgres.journal import JournalStore
from adapters.postgres.pool import Pool
from adapters.record import Record
from research.backtest.running import Terms
from research.checks.daily import daily_parity
from research.explanation import explain
from tests.integration.one_process import NOON, Platform, momentum_of
from trading.bars.panel import as_date
from trading.decisions.arms import ACCOUNTS
from trading.ledger.double_entry import Entry

SESSIONS = [as_date(day) for day in sessions_between(date(2010, 6, 2), date(2010, 6, 11))]
BEFORE, AFTER, RESUMED = SESSIONS[:3], SESSIONS[3:7], SESSIONS[7]
ROOT = Path(__file__).parents[3]
ACTION = DECISION_COLUMNS.index("action")


def _command(url: str, home: Path, *words: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", "cli.main", "trading", *words], capture_output=True, text=True, timeout=120, cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, "INPLAY_HOME": str(home)}, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def _of(entries: list[Entry], session: date, kind: str) -> list[dict[str, object]]:
    return [e.draft.payload for e in entries if e.draft.session == session and e.draft.kind == kind]


def test_after_the_kill_switch_no_order_is_placed_until_somebody_resumes(
    pool: Pool, empty_url: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three sessions trade; killed, what waits is withdrawn, four only close positions; resumed, the last one trades.

    A restart in between forgets no suspension. What was decided all the
    same is on record as withheld, and parity knows it as the cause.
    """
    platform = Platform(home, empty_url, pool)
    platform.import_until(None)
    platform.replay(BEFORE)
    store = JournalStore(pool, clock=lambda: NOON)
    assert any(_of(store.load(), day, "order") for day in BEFORE), "nothing would be proven"
    waiting = {str(told["order_id"]) for told in _of(store.load(), BEFORE[-1], "order")}
    assert waiting, "nothing would wait for the next open"

    said = _command(empty_url, home, "kill", "--reason", "a drill")
    assert "simulated accounts: trading is suspended: a drill" in said
    platform.replay(AFTER[:1])
    platform.replay(AFTER)  # the services are constructed anew
    entries = store.load()
    for day in AFTER:
        assert _of(entries, day, "order") == []
        assert {told["side"] for told in _of(entries, day, "fill")} <= {"sell"}, "nothing is opened"
        assert _of(entries, day, "mark"), "the accounts are still marked"
    assert any(_of(entries, day, "fill") for day in AFTER), "nothing shows that exits go on"

    withdrawn = {told["order_id"]: str(told["reason"]) for told in _of(entries, BEFORE[-1], "cancel")}
    assert {order for order, reason in withdrawn.items() if "a drill" in reason} == waiting
    monkeypatch.setattr("research.checks.daily.models_of", momentum_of)
    terms = Terms(ACCOUNTS, 10_000_000)
    for day in (BEFORE[-1], *AFTER):
        check = daily_parity(Record(pool, home), day, terms, clock=lambda: NOON)
        assert check.verdict in {"passed", "explained"}, check
        assert ("a drill" in " ".join(check.findings)) == (check.verdict == "explained"), check

    killed = next(day for day in AFTER if ControlRecord(pool).withheld(day))
    assert "withheld: trading is suspended: a drill" in ControlRecord(pool).withheld(killed)
    symbol = next(row[2] for row in platform.replay([killed]).decisions if row[0] == killed and row[ACTION] == "buy")
    assert "a drill" in explain(pool, symbol, killed).withheld
    assert "may open positions" in _command(empty_url, home, "resume")
    decided = platform.replay([RESUMED]).decisions
    bought = {row[2] for row in decided if row[0] == RESUMED and row[ACTION] == "buy"}
    assert bought, "nothing would be proven"
    assert {told["symbol"] for told in _of(store.load(), RESUMED, "order")} == bought
