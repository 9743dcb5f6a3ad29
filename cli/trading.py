"""`inplay trading`: suspend, resume, arm live trading, reconcile with the broker, and the kill switch."""

from __future__ import annotations

import re
import time
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import UTC, timedelta
from importlib.metadata import version
from typing import Annotated

import typer

from actors.wiring import now
from adapters.postgres.broker_record import BrokerRecord, ControlRecord
from adapters.postgres.execution_record import ExecutionRecord
from adapters.postgres.risk_limits import LimitsRow, RiskLimits
from adapters.record import NO_BARS, Record, reading, writing
from adapters.settings import Settings, read_settings
from cli.output import print_json
from cli.reasons import Json, Reason
from execution.desk import PAUSE_S, look_of
from execution.kill_switch import close_everything
from execution.opening import account_of, connect
from execution.reconciling import Reconciliation
from trading.broker.controls import Action, Control, Controls, armed
from trading.broker.reconciliation import Adoption
from trading.errors import ConfigurationError
from trading.plain_text import shown
from trading.risk.decision_rules import limits_of, rules_of
from trading.risk.limits import LIMITS, changed, loosened

app = typer.Typer(help="Suspend, resume, arm and reconcile trading.", no_args_is_help=True)


UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def _lasting(text: str) -> timedelta:
    found = re.fullmatch(r"([0-9]{1,4})([mhd])", text)
    if found is None:
        raise typer.BadParameter(f"{text!r} is no time; write it like 30m, 8h or 2d")
    return int(found[1]) * UNITS[found[2]]


@app.command()
def arm(
    *,
    limit_usd: Annotated[int, typer.Option(help="What all live openings from now on may cost together.")],
    lasting: Annotated[timedelta, typer.Option("--for", parser=_lasting, metavar="TIME", help="30m, 8h, 2d.")] = (
        "8h"  # type: ignore[assignment]  # Typer parses the text
    ),
) -> None:
    """Allow live trading up to a limit, for a time. It asks for the limit to be typed again."""
    control = armed(limit_usd, lasting, "command", now())
    typed = typer.prompt(f"Live trading up to USD {limit_usd} until {control.expires_at}. Type the limit to confirm")
    if typed.strip() != str(limit_usd):
        raise ConfigurationError(f"{typed!r} is not {limit_usd}. Nothing was armed.")
    with _writing(read_settings()) as record:
        _print(ControlRecord(record.pool).give(control), as_json=False)


def _give(action: Action, reason: str) -> None:
    with _writing(read_settings()) as record:
        _print(ControlRecord(record.pool).give(Control(action, "command", reason, now())), as_json=False)


@app.command()
def disarm(*, reason: Reason = "by command") -> None:
    """End what `arm` allowed."""
    _give("disarm", reason)


@app.command()
def suspend(*, reason: Reason = "by command") -> None:
    """Open nothing new; exits go on."""
    _give("suspend", reason)


@app.command()
def resume(*, reason: Reason = "by command") -> None:
    """End a suspension. It arms nothing."""
    _give("resume", reason)


@app.command()
def status(*, as_json: Json = False) -> None:
    """Say whether new positions may be opened, and why not."""
    with _reading(read_settings()) as record:
        _print(ControlRecord(record.pool).state(), as_json=as_json)


@app.command()
def limits(
    *,
    accept: Annotated[bool, typer.Option("--accept", help="The settings' limits are in force, however loose.")] = False,
    reason: Reason = "by command",
    as_json: Json = False,
) -> None:
    """Show the limits of risk in force and how the settings differ; with --accept the settings' are from then on.

    A run that is alive goes on with what it was started with. The exit code is 1 while the settings are looser.
    """
    settings = read_settings()
    wanted = limits_of(rules_of(settings.risk))
    with _writing(settings) if accept else _reading(settings) as record:
        log = RiskLimits(record.pool)
        before = log.in_force()
        row = log.accept(wanted, reason, code_version=version("inplay"), at=now()) if accept else before
    differing = [] if before is None else changed(before.limits, wanted)
    looser = [] if before is None or accept else loosened(before.limits, wanted)
    if as_json:
        print_json({"in_force": None if row is None else asdict(row), "differing": differing, "looser": looser})
    else:
        _print_limits(row, differing, looser)
    raise typer.Exit(1 if looser else 0)


def _print_limits(row: LimitsRow | None, differing: list[str], looser: list[str]) -> None:
    if row is None:
        print("no limits are in force yet; the first start puts those of the settings on record")
        return
    print(f"in force {row.sha256[:12]}, {row.action} on {row.set_at:%Y-%m-%d %H:%M} UTC: {shown(row.reason)}")
    for name in sorted(row.limits, key=[*LIMITS, *row.limits].index):
        print(f"  {name:<26}{row.limits[name]:g}")
    for words in differing:
        print(f"settings: {words}")
    if looser:
        print("the settings are looser: a run won't start with them unless you --accept them")


@app.command()
def reconcile(*, as_json: Json = False) -> None:
    """Compare the broker's account with the books and adopt what no event explains."""
    settings = read_settings()
    with _writing(settings) as record:
        events = BrokerRecord(record.pool, clock=now)
        broker = connect(account_of(settings), events, now)
        orders = ExecutionRecord(record.pool, clock=now)
        found = Reconciliation(
            broker, events, ControlRecord(record.pool), now,
            first=lambda: orders.claim(settings.broker, broker.account_id()),
            pause=lambda: time.sleep(PAUSE_S),
        ).run()  # fmt: skip
        before = orders.last_look()
        listening = before is not None and before.listening  # which only the service knows
        orders.looked(look_of(found, settings.broker, listening=listening, at=now()))
    if as_json:
        print_json(
            {"refused": found.refused, "adopted": [asdict(one) for one in found.adopted],
             "made_elsewhere": [event.event_id for event in found.made_elsewhere]}
        )  # fmt: skip
    else:
        for one in found.adopted:
            print(shown(_adopted(one)))
        print(found.refused or f"reconciled; {len(found.adopted)} differences adopted")
    raise typer.Exit(1 if found.refused else 0)


def _adopted(one: Adoption) -> str:
    if one.subject == "cash":
        return f"adopted cash {'-' if one.change < 0 else '+'}${abs(one.change) / 100:,.2f}: {one.reason}"
    return f"adopted {one.subject} {one.symbol} {one.change:+,} shares: {one.reason}"


@app.command()
def kill(*, reason: Reason = "kill switch") -> None:
    """Suspend and disarm, then cancel all open orders at the broker and close its positions at the market."""
    settings = read_settings()
    with _writing(settings) as record:
        _print(ControlRecord(record.pool).give(Control("kill", "command", reason, now())), as_json=False)
        if settings.broker == "simulated":
            print("the simulated accounts keep their positions: their brackets go on and nothing new is opened")
            return
        broker = connect(account_of(settings), BrokerRecord(record.pool, clock=now), now)
        outcomes = close_everything(broker, f"kill-{now():%Y%m%dT%H%M%S}")
    for one in outcomes:
        print(shown(f"{one.answer}: {one.order_id} {one.reason}".rstrip()))
    raise typer.Exit(0 if all(one.answer == "accepted" for one in outcomes) else 1)


def _reading(settings: Settings) -> AbstractContextManager[Record]:
    return reading(settings, now=now(), missing=NO_BARS)


def _writing(settings: Settings) -> AbstractContextManager[Record]:
    """A record that is there: nobody trades, or stops trading, with one that a command has just made."""
    return writing(settings, now=now(), make=False)


def _print(state: Controls, *, as_json: bool) -> None:
    at = now()
    is_armed = state.expires_at is not None and at < state.expires_at
    if as_json:
        print_json({
            "suspended": state.suspended, "failed_check": state.failed_check, "unreconciled": state.unreconciled,
            "armed": is_armed,
            "limit_usd": state.limit_cents / 100 if is_armed else None,
            "expires_at": state.expires_at.isoformat() if is_armed and state.expires_at else None,
        })  # fmt: skip
        return
    print(f"simulated accounts: {shown(state.paused) or 'may open positions'}")
    print(f"paper account at a broker: {shown(state.blocked) or 'may open positions'}")
    print(f"live: {shown(state.opening_refused(live=True, cost_cents=0, at=at)) or 'armed'}")
    if is_armed and state.expires_at is not None:
        until = state.expires_at.astimezone(UTC)
        print(f"armed up to USD {state.limit_cents / 100:,.2f} until {until:%Y-%m-%d %H:%M} UTC")
