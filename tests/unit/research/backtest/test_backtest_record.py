"""The record handed to the report says what the journal says."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from research.backtest.recording import account_record
from research.backtest.running import run_backtest
from research.backtest.served import Models, ServedVersions
from tests.unit.research.checks.test_look_ahead import DAYS, TERMS, random_record
from trading.performance.figures import figures_of
from trading.views.lifecycle import Event, Lifecycle

NOON = datetime(2010, 1, 1, 12, tzinfo=UTC)


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
    assert figures_of(record, seed=7, attempts=None).account["trades"] == len(closing)


def test_versions_are_asked_at_the_sessions_that_they_have_a_role_at() -> None:
    """Before the first event there is none; a promotion holds from its session on; a name is noted at its first."""
    early, late = date(2010, 2, 1), date(2010, 3, 1)
    events = (
        Event(1, "early", "champion", early, "test", "first", NOON),
        Event(2, "early", "retired", late, "test", "late took over", NOON),
        Event(3, "late", "champion", late, "test", "better", NOON),
    )
    served = ServedVersions(Models(Lifecycle(events, {"early": early, "late": early})))
    days = (date(2010, 1, 29), early, date(2010, 2, 26), late)
    assert [served.begin(day).champion for day in days] == [None, "early", "early", "late"]
    assert served.decided_from == {"early": early, "late": late}
    (views,) = served.score(np.zeros((2, 1), dtype=np.float32), ["late"]).values()
    assert (views.ensemble_id, views.trouble) == ("late", "the models of late can't be used: nothing loads them")
    assert np.isnan(views.strength).all()
