"""The account at a broker, for `inplay doctor`: keys, account, paper or live, armed until, reconciled when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from adapters.postgres.broker_record import ControlRecord
from adapters.postgres.execution_record import ExecutionRecord, Look
from adapters.record import reading
from adapters.settings import Settings
from cli.doctor.finding import Finding
from execution.opening import BROKERS, account_of, connect
from trading.broker.controls import Controls
from trading.broker.events import EventsInMemory
from trading.errors import InplayError

ACCOUNT, BOOK = "broker account", "broker book"
TIMEOUT_S = 5.0
OPENS = "new positions at the broker; exits go on"
TIMES = "%Y-%m-%d %H:%M UTC"


def broker_findings(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Whether the account can be asked and may trade, and whether our book of it would open anything."""
    if settings.broker == "simulated":
        yield Finding(ACCOUNT, "ok", "none is set (INPLAY_BROKER): simulated accounts only", needed=False)
        return
    yield _account(settings, now)
    yield _book(settings, now)


def _account(settings: Settings, now: datetime) -> Finding:
    off = "orders at the broker"
    money = "real money" if BROKERS[settings.broker].live else "paper"
    try:
        account = account_of(settings)
    except InplayError as error:
        return Finding(ACCOUNT, "missing", str(error), False, off, f"set the keys of your {money} account")
    where = f"{settings.broker} ({money}) at {account.url}"
    try:
        broker = connect(account, EventsInMemory(), lambda: now, TIMEOUT_S)
        cash, barred = broker.cash(), broker.barred()
    except InplayError as error:
        fix = f"see that the keys are those of the {money} account, and that {account.url} can be reached from here"
        return Finding(ACCOUNT, "broken", f"{where}: {error}", False, off, fix)
    if barred:
        return Finding(ACCOUNT, "broken", f"{where}: {barred}", False, off, "ask Alpaca, or its web page, why")
    worth = f"USD {cash.equity_cents / 100:,.2f}, {cash.cash_cents / 100:,.2f} of it cash"
    return Finding(ACCOUNT, "ok", f"{where} may trade, {worth}", needed=False)


def _book(settings: Settings, now: datetime) -> Finding:
    try:
        with reading(settings, now=now) as record:
            controls = ControlRecord(record.pool).state()
            look = ExecutionRecord(record.pool, clock=lambda: now).last_look()
    except InplayError as error:
        fix = "start a run that follows the market; it makes the record"
        return Finding(BOOK, "missing", f"nothing is known of it: {error}", False, OPENS, fix)
    live = BROKERS[settings.broker].live
    said = f"{_reconciled(look)}; {_armed(controls, now)}" if live else _reconciled(look)
    refused = controls.opening_refused(live=live, cost_cents=0, at=now)
    if refused:
        fix = "inplay trading status says more; inplay trading resume, reconcile or arm ends it"
        return Finding(BOOK, "broken", f"{refused}; {said}", False, OPENS, fix)
    if look is None or look.reconciled_at is None:
        return Finding(BOOK, "missing", said, False, OPENS, "start a run, or inplay trading reconcile")
    return Finding(BOOK, "ok", said, needed=False)


def _reconciled(look: Look | None) -> str:
    if look is None or look.reconciled_at is None:
        return "never reconciled"
    waiting = "unknown" if look.open_orders is None else str(look.open_orders)
    return f"{look.broker} reconciled {look.reconciled_at.strftime(TIMES)}, {waiting} open orders then"


def _armed(controls: Controls, now: datetime) -> str:
    if controls.expires_at is None or controls.expires_at <= now:
        return "not armed"
    return f"armed until {controls.expires_at.strftime(TIMES)} up to USD {controls.limit_cents / 100:,.2f}"
