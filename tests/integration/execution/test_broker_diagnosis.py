"""What `inplay doctor` says of the account at a broker and of our book of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from adapters.alpaca.simulator.trading import TradingServer
from adapters.postgres.pool import Pool
from adapters.settings import Settings, read_settings
from cli.doctor.broker import ACCOUNT, BOOK, broker_findings
from cli.doctor.finding import Finding
from tests.fakes.broker_desk import SetClock, desk_of, records_of
from trading.broker.controls import Control, armed


def settings_of(alpaca: TradingServer, home: Path, url: str, **other: object) -> Settings:
    """Of a live account there and a record in that database."""
    keys = {"apca_api_key_id": alpaca.keys.key_id, "apca_api_secret_key": alpaca.keys.secret_key}
    facts = {"broker": "alpaca-live", "alpaca_trading_url": alpaca.url, "database_url": SecretStr(url), **keys, **other}
    return read_settings(home=home, **facts)


def found(settings: Settings, clock: SetClock) -> dict[str, Finding]:
    """By check; one that isn't well says what it disables and what to do."""
    findings = list(broker_findings(settings, clock.at))
    assert [f for f in findings if f.result != "ok" and not (f.disables and f.fix)] == []
    return {one.check: one for one in findings}


def test_account_and_book_are_told_from_the_broker_and_the_record(
    alpaca: TradingServer, pool: Pool, empty_url: str, home: Path, clock: SetClock
) -> None:
    """Never reconciled, then not armed, then well with both times, then suspended; keys and bars in Alpaca's words."""
    settings, controls = settings_of(alpaca, home, empty_url), records_of(pool, clock).controls
    first = found(settings, clock)
    assert first[ACCOUNT].detail == (
        f"alpaca-live (real money) at {alpaca.url} may trade, USD 100,000.00, 100,000.00 of it cash"
    )
    assert first[BOOK].detail == "live trading is not armed; `inplay trading arm` does it; never reconciled; not armed"
    desk_of(alpaca, pool, clock, "alpaca-live").reconcile()
    assert found(settings, clock)[BOOK].result == "broken", "still not armed"
    controls.give(armed(2_000, timedelta(hours=8), "command", clock.at))
    well, said = found(settings, clock)[BOOK], "alpaca-live reconciled 2026-11-16 21:30 UTC, 0 open orders then"
    assert (well.result, well.detail) == ("ok", f"{said}; armed until 2026-11-17 05:30 UTC up to USD 2,000.00")
    controls.give(Control("suspend", "command", "a look", clock.at))
    assert found(settings, clock)[BOOK].detail.startswith("trading is suspended: a look; alpaca-live reconciled")

    wrong = found(settings_of(alpaca, home, empty_url, apca_api_key_id=SecretStr("wrong")), clock)[ACCOUNT]
    assert (wrong.result, "401" in wrong.detail, "wrong" in wrong.detail) == ("broken", True, False)
    missing = found(settings_of(alpaca, home, empty_url, apca_api_key_id=None), clock)[ACCOUNT]
    assert (missing.result, "without keys" in missing.detail) == ("missing", True)
    tell = alpaca.account.account
    alpaca.account.account = lambda: tell() | {"trading_blocked": True, "status": "ACCOUNT_CLOSED"}  # type: ignore[method-assign]
    assert found(settings, clock)[ACCOUNT].detail.endswith("trading_blocked, status ACCOUNT_CLOSED")


def test_a_record_that_is_not_there_leaves_the_book_unknown(alpaca: TradingServer, home: Path, clock: SetClock) -> None:
    """Nothing is made by looking; the simulated accounts need neither."""
    settings = settings_of(alpaca, home, "", database_url=None)
    assert found(settings, clock)[BOOK].result == "missing"
    assert not home.exists()
    alone = found(read_settings(home=home, broker="simulated"), clock)
    assert [(name, one.result) for name, one in alone.items()] == [(ACCOUNT, "ok")]
