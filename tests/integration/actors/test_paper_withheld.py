"""While trading is suspended the simulated accounts open nothing either, and what was withheld is on record."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from pydantic import SecretStr

from actors.paper_trading import PaperTrading
from actors.wiring import Wiring
from adapters.postgres.broker_record import ControlRecord
from adapters.postgres.pool import Pool
from trading.bars.panel import BARS_SCHEMA
from trading.broker.controls import Action, Control
from trading.broker.orders import OrderRequest

SESSION = date(2010, 3, 1)
AT = datetime.fromisoformat("2010-03-01T21:30:00+00:00")


@pytest.fixture
def paper(pool: Pool, empty_url: str, home: Path) -> PaperTrading:  # noqa: ARG001 - it makes the tables
    """The service, with one session settled."""
    service = PaperTrading(Wiring(home, SecretStr(empty_url), 10_000_000))
    bar = [["AAPL"], [SESSION], [29.0], [30.0], [28.0], [29.5], [1_000_000]]
    service.settle(SESSION, pa.table(bar, schema=BARS_SCHEMA), [])
    return service


def told(pool: Pool, action: Action, reason: str) -> None:
    """A control is given."""
    ControlRecord(pool).give(Control(action, "command", reason, AT))


def placed(paper: PaperTrading) -> int:
    """How many of two purchases were placed."""
    orders = {name: [OrderRequest(f"o:{name}", "AAPL", "buy", 10, "on_open")] for name in ("rule", "hybrid")}
    return paper.place(SESSION, orders, 1)


def withheld(pool: Pool) -> list[str]:
    """What is on record about that."""
    with pool.connection() as connection:
        rows = connection.execute("SELECT reason FROM trading_controls WHERE action = 'withheld'").fetchall()
    return [reason for (reason,) in rows]


def test_suspended_accounts_buy_nothing_and_the_record_says_what_and_why(paper: PaperTrading, pool: Pool) -> None:
    """Suspended accounts buy nothing and the record says what and why, once."""
    told(pool, "suspend", "a look at the fills")
    assert placed(paper) == 0
    assert placed(paper) == 0
    assert withheld(pool) == [
        "2 orders of 2010-03-01 (AAPL, AAPL) withheld: trading is suspended: a look at the fills"
    ]  # fmt: skip


def test_a_broker_that_is_away_keeps_no_simulated_account_from_buying(paper: PaperTrading, pool: Pool) -> None:
    """A broker that is away keeps no simulated account from buying."""
    told(pool, "unreconciled", "nobody answered")
    assert placed(paper) == 2
    assert withheld(pool) == []
