"""The record handed to the report says what the journal says."""

from __future__ import annotations

from datetime import date

import pytest

from research.backtest.recording import account_record
from research.backtest.running import Dated, WalkForward, run_backtest
from research.backtest.services import NoModels
from tests.unit.research.checks.test_look_ahead import DAYS, TERMS, random_record
from trading.performance.figures import figures_of


def test_profits_positions_and_equity_of_the_record_are_those_of_the_journal() -> None:
    """Equity gained is the profit of closed trades plus what open ones are worth above their entry, fees included."""
    recorded = random_record()
    done = run_backtest(recorded, DAYS[40:], TERMS)
    record = account_record(done, recorded, "rule", "rule")
    fills = [entry.draft for entry in done.entries if entry.draft.kind == "fill"]
    closing = [draft for draft in fills if draft.payload["side"] == "sell"]
    assert len(record.trades) == len(closing) > 0
    cash_usd = sum(p.amount_cents for e in done.entries for p in e.draft.postings if p.account == "rule:cash") / 100
    assert record.equity_usd[-1] == pytest.approx(cash_usd + record.long_usd[-1] - record.short_usd[-1])
    assert record.equity_usd[0] == 100_000
    assert set(record.trades.decided_by.tolist()) == {"rule"}
    assert (record.trades.decided < record.trades.opened).all(), "a decision fills on a later bar"
    assert record.models == {}
    assert figures_of(record, seed=7).account["trades"] == len(closing)


def test_models_are_used_from_the_session_on_before_which_they_learned_nothing() -> None:
    """Before the first there is none; later ones take over; a name is noted at its first session."""
    early, late = date(2010, 2, 1), date(2010, 3, 1)
    forward = WalkForward([Dated("late", late, NoModels), Dated("early", early, NoModels)])
    for session in (date(2010, 1, 29), early, date(2010, 2, 2), late):
        forward.begin(session)
    assert forward.decided_from == {"early": early, "late": late}
