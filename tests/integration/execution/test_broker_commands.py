"""`inplay trading reconcile` and `kill` as a user types them, against a rehearsal of Alpaca."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from actors.wiring import now
from adapters.alpaca.simulator.trading import TradingServer
from adapters.postgres.execution_record import ExecutionRecord
from adapters.postgres.pool import Pool
from cli.trading import app


@pytest.fixture
def now_alpaca() -> Iterator[TradingServer]:
    """A rehearsal on the clock of the machine, which the command reads too."""
    with TradingServer() as running:
        yield running


def test_reconcile_says_dollars_and_shares_and_is_on_record_and_kill_sells_what_there_is(
    now_alpaca: TradingServer, pool: Pool, empty_url: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was bought by hand is known by its fill, so the cash adopted is that of before; then all of it is sold."""
    monkeypatch.setattr("cli.trading.PAUSE_S", 0.0)
    keys = {"APCA_API_KEY_ID": "rehearsal-key", "APCA_API_SECRET_KEY": "rehearsal-secret"}
    account = {"INPLAY_BROKER": "alpaca-paper", "INPLAY_ALPACA_TRADING_URL": now_alpaca.url}
    environ = {**keys, **account, "DATABASE_URL": empty_url, "INPLAY_HOME": str(home)}

    def typed(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, words, env=environ)
        return done.exit_code, done.output

    now_alpaca.account.by_hand("MSFT", "buy", 5, Decimal(300))
    now_alpaca.account.held["IBM"] = (2, Decimal(600))  # as by a transfer: no fill tells of it
    code, said = typed("reconcile")
    assert code == 0, said
    assert "adopted cash +$100,000.00: the account as it was when it was first seen" in said
    assert "adopted position IBM +2 shares" in said
    look = ExecutionRecord(pool, clock=now).last_look()
    assert look is not None
    assert (look.connected, look.reconciled_at is not None, look.detail) == (True, True, "2 differences adopted")
    code, said = typed("kill")
    assert code == 0, said
    assert "trading is suspended: kill switch" in said
    sales = [o for o in now_alpaca.account.orders.values() if o["status"] == "new"]
    assert {(o["symbol"], o["side"], o["type"], o["qty"]) for o in sales} == {
        ("MSFT", "sell", "market", "5"), ("IBM", "sell", "market", "2"),
    }  # fmt: skip
