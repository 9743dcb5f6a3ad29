"""`inplay status`: whether a run is alive, what it is at, and how its services and accounts do."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from adapters.settings import read_settings
from cli.cluster.busy import busy_words
from cli.output import print_json
from serve.answers.costs import Costs
from serve.answers.health import Health
from serve.answers.storage import Storage
from serve.answers.trading import BrokerAccountState, Trading
from serve.status import Status, Verdict, status_of
from trading.cycle.summary import CYCLE
from trading.plain_text import shown

EXIT_CODES: dict[Verdict, int] = {"well": 0, "troubled": 1, "stopped": 3}
STYLES: dict[Verdict, str] = {"well": "green", "troubled": "red", "stopped": "yellow"}
MIB = 1024**2
GB = 10**9


def status(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False
) -> None:
    """Say whether a run is alive, what it is at, and how its services and accounts do.

    The exit code is 0 when a run is alive and well, 3 when nothing runs, 1 when something is wrong.
    """
    found = status_of(read_settings())
    if as_json:
        print_json(_facts(found))
    else:
        _print(found, Console(highlight=False, soft_wrap=True))
    raise typer.Exit(EXIT_CODES[found.verdict])


def _facts(found: Status) -> dict[str, Any]:
    return {
        "home": str(found.home),
        "verdict": found.verdict,
        "said": found.said,
        "phase": found.phase,
        "session": found.session,
        "regime": found.regime or None,
        "sessions_done": found.sessions_done,
        "sessions_total": found.sessions_total,
        "url": found.url,
        "ray_dashboard": found.ray_dashboard,
        "services": {service.service: service.state for service in found.services},
        "uptime_24h": {service.service: service.uptime_24h for service in found.services},
        "watched_h": {service.service: service.watched_h for service in found.services},
        "score": found.health and found.health.score,
        "scores": {service.service: service.score for service in found.services},
        "answer_ms_24h": {service.service: service.answer_ms_24h for service in found.services},
        "http_24h": found.health and found.health.http_24h and found.health.http_24h.model_dump(mode="json"),
        "latest_session": found.health
        and found.health.latest_session
        and found.health.latest_session.model_dump(mode="json"),
        "restarts": [one.model_dump(mode="json") for one in found.restarts],
        "equity_usd": {account.book: account.equity_usd for account in found.accounts},
        "storage": None if found.storage is None else found.storage.model_dump(mode="json"),
        "costs": None if found.costs is None else found.costs.model_dump(mode="json"),
        "trading": None if found.trading is None else found.trading.model_dump(mode="json"),
        "disk_bytes": found.disk_bytes,
    }


def _print(found: Status, console: Console) -> None:
    console.print(Text(shown(f"{found.verdict}: {found.said}"), style=STYLES[found.verdict]))
    for label, value in _lines(found):
        console.print(Text(shown(f"  {label:<21}{value}")))


def _lines(found: Status) -> list[tuple[str, str]]:
    """What is known, in words; what isn't known is left out."""
    lines = [("data folder", str(found.home))]
    if found.phase:
        lines.append(("phase", found.phase.replace("_", " ")))
    if found.sessions_done is not None:
        total = "" if found.sessions_total is None else f" of {found.sessions_total}"
        last = f", the latest {found.session}" if found.session else ""
        lines.append(("sessions", f"{found.sessions_done}{total}{last}"))
    if found.regime:
        lines.append(("market", found.regime))
    if found.url:
        lines += [("dashboard", f"{found.url}/"), ("API docs", f"{found.url}/docs")]
    if found.ray_dashboard:
        lines.append(("Ray", found.ray_dashboard))
    lines += [
        (account.book, f"${account.equity_usd:,.2f}, {account.open_positions} positions, {account.state}")
        for account in found.accounts
    ]
    lines += [(service.service, f"{service.state}  {service.detail}".rstrip()) for service in found.services]
    lines += _history(found) + _speed(found.health)
    lines += _trading(found.trading)
    lines += _storage(found.storage) + _costs(found.costs)
    lines.append(("on disk", ", ".join(f"{name} {_size(size)}" for name, size in found.disk_bytes.items())))
    return lines


def _history(found: Status) -> list[tuple[str, str]]:
    """The lowest uptime of the last 24 h, and the last restart; nothing where neither is known."""
    known = [(one.uptime_24h, one.service) for one in found.services if one.uptime_24h is not None]
    lines = []
    if known:
        share, service = min(known)
        watched_h = max(one.watched_h for one in found.services)
        lines.append(("uptime", f"{share:.2%} of {watched_h:.1f} h watched in the last 24 h, the least of {service}"))
    for one in found.restarts[:1]:
        count = len(found.restarts)
        lines.append(
            ("restarts", f"{count} in 24 h, the last {one.at:%Y-%m-%d %H:%M:%S} UTC {one.service}: {one.detail}")
        )
    return lines


def _speed(health: Health | None) -> list[tuple[str, str]]:
    """The score, how long the latest session took, and how quickly the interface answers."""
    if health is None:
        return []
    lines = []
    if health.score is not None:
        lowest = min((one.score, one.service) for one in health.services if one.score is not None)
        lines.append(("health score", f"{health.score:.2f} of 1, the least of {lowest[1]}; below 0.90 is unwell"))
    if health.latest_session is not None:
        took = health.latest_session
        longest = max((seconds, name) for name, seconds in took.stages_s.items() if name != CYCLE)
        lines.append(
            ("latest session", f"{took.total_s:,.1f} s of at most 300, {longest[0]:,.1f} s of it {longest[1]}")
        )
    if health.http_24h is not None and health.http_24h.mean_ms is not None:
        http = health.http_24h
        words = f"{http.mean_ms:,.0f} ms on average of {http.answers:,} answers in 24 h"
        lines.append(("response time", f"{words}, {http.slow_share or 0:.1%} above 500 ms"))
    return lines


def _trading(trading: Trading | None) -> list[tuple[str, str]]:
    """Whether positions may be opened, the account at the broker, and what the daily checks said."""
    if trading is None:
        return []
    lines = [("trading", "may open positions" if trading.may_open else f"BLOCKED, {trading.blocked}; exits go on")]
    if trading.limits is not None:
        limits = trading.limits
        lines.append(("limits", f"{limits.sha256[:12]}, {limits.action} on {limits.set_at:%Y-%m-%d %H:%M} UTC"))
    if trading.broker is not None:
        live = trading.broker.broker.endswith("-live")
        lines.append(("broker", f"{_account(trading.broker)}{_arming(trading) if live else ''}"))
    return lines + [(one.kind, f"{one.session} {one.verdict}: {one.detail}") for one in trading.checks]


def _account(found: BrokerAccountState) -> str:
    when = "never" if found.reconciled_at is None else f"{found.reconciled_at:%Y-%m-%d %H:%M} UTC"
    orders = "unknown" if found.open_orders is None else str(found.open_orders)
    equity = "" if found.equity_usd is None else f", ${found.equity_usd:,.2f} at {found.session}"
    stream = "" if found.listening else ", its stream is not heard"
    state = f"connected{stream}" if found.connected else f"NOT CONNECTED: {found.detail}"
    waiting = f"{orders} open orders, {found.unknown_orders} without an answer"
    return f"{found.broker} {state}; reconciled {when}, {waiting}{equity}"


def _arming(trading: Trading) -> str:
    if trading.armed_until is None:
        return "; not armed, so nothing is opened"
    limit = f"${trading.spent_usd or 0:,.2f} of ${trading.limit_usd or 0:,.2f}"
    return f"; armed until {trading.armed_until:%Y-%m-%d %H:%M} UTC, {limit} spent"


def _storage(storage: Storage | None) -> list[tuple[str, str]]:
    """The disk, what to buy, and the last backup."""
    if storage is None or storage.used_bytes is None or storage.capacity_bytes is None:
        return []
    filled = "" if storage.fills_on is None else f", full on {storage.fills_on} at this pace"
    lines = [("disk", f"{storage.used_bytes / GB:,.1f} of {storage.capacity_bytes / GB:,.1f} GB used{filled}")]
    if storage.purchase is not None:
        lines.append(("to buy", storage.purchase))
    for label, event in (("archive", storage.last_archive), ("backup", storage.last_backup)):
        if event is not None:
            lines.append((label, f"{event.at:%Y-%m-%d %H:%M} UTC {'' if event.ok else 'FAILED: '}{event.detail}"))
    return lines


def _costs(costs: Costs | None) -> list[tuple[str, str]]:
    """What machines cost, the plan for the GPU and the last session; nothing where neither was ever used."""
    if costs is None:
        return []
    lines = []
    if costs.month_to_date_usd is not None and costs.month_forecast_usd is not None:
        month = f"${costs.month_to_date_usd:.2f} this month, ${costs.month_forecast_usd:.2f} by its end"
        lines.append(("machines", f"{len(costs.machines)} running, {month}, {costs.gpu_hours or 0:.1f} GPU hours"))
    lines += [(f"{p.kind} training", p.reason) for p in costs.plans if p.code != "off"]
    for session in costs.sessions[:1]:
        paid = "" if session.cost_usd is None else f", ${session.cost_usd:.2f}"
        busy = busy_words(session.model_dump())
        detail = f": {session.detail}" if session.detail else ""
        lines.append(("last session", f"{session.opened_at:%Y-%m-%d %H:%M} UTC {session.state}{paid}{busy}{detail}"))
    return lines


def _size(size_bytes: int | None) -> str:
    return "elsewhere or not readable" if size_bytes is None else f"{size_bytes / MIB:,.1f} MiB"
