"""What happened since a moment, as alerts: a question to the record for each kind, each event by a name of its own.

The alerts are made from what is on record already. No service tells of anything itself, so that none waits for it, and
nothing is told that isn't on record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Final

from adapters.postgres.machine_events import MachineEvents
from adapters.postgres.pool import Cursor, Pool, transaction
from adapters.spend.costs import lives, month_of, reckon
from trading.alerts.alert import Alert, Severity

MOST = 500
"""Of each kind at a look; what is beyond is found at the next one, since what was told is left out."""
FILLS_SHOWN = 12
LONGEST_PAUSE = timedelta(days=10)
"""Of the exchange; a session that is older than the events looked for by more is of a replay, and isn't looked at."""
E4 = 10_000
LASTS = timedelta(minutes=1)
"""A service is degraded for so long before anybody is told."""
LEFT = " A machine with a GPU wasn't seen gone: it may still cost money. See `inplay cluster reap`."
GOOD = frozenset({"resume", "reconciled", "check_passed", "disarm"})
URGENT = frozenset({"kill", "suspend", "check_failed", "unreconciled"})
Question = Callable[[Cursor, datetime], Iterator[Alert]]


def happened(pool: Pool, since: datetime, is_now: Callable[[date], bool], at: datetime) -> list[Alert]:
    """Every event since then that somebody may want to hear of, kind by kind, each in the order of the record.

    Args:
        pool: of the record.
        since: by the wall clock.
        is_now: whether a session is of the present; a replay of the past tells of no trade.
        at: now.
    """
    with transaction(pool) as cursor:
        found = [alert for question in QUESTIONS for alert in question(cursor, since)]
        found += _services(cursor, since, at)
        found += _sessions(cursor, since, is_now)
    return found


def budget(pool: Pool, most_usd: float, at: datetime) -> list[Alert]:
    """Whether the month's forecast of machines is within the budget; nothing while no machine is on record."""
    events = MachineEvents(pool)
    if not events.any():
        return []
    month = month_of(at)[0]
    told = reckon(lives(events.load(month)), at)
    over = told.month_forecast_usd > most_usd
    words = (
        f"Machines cost ${told.month_to_date_usd:,.2f} so far this month and ${told.month_forecast_usd:,.2f} by its "
        f"end if what runs now runs on; the budget is ${most_usd:,.2f}."
    )
    return [
        Alert(
            alert_id=f"budget:{month:%Y-%m}:{'over' if over else 'ok'}:{at:%Y-%m-%dT%H}", kind="cost",
            severity="critical" if over else "info", about="machines of the month", state="over" if over else "ok",
            title=f"The month's machines will cost {'more than' if over else 'less than'} ${most_usd:,.0f}",
            body=words + (" Nothing was stopped. See `inplay cluster cost`." if over else ""), at=at,
        )
    ]  # fmt: skip


def _sessions(cursor: Cursor, since: datetime, is_now: Callable[[date], bool]) -> Iterator[Alert]:
    cursor.execute(
        "SELECT session, completed_at, stocks_in_play FROM replay_sessions WHERE completed_at >= %s AND session >= %s "
        "AND NOT EXISTS (SELECT FROM alerts WHERE alert_id = 'session:' || session) ORDER BY session LIMIT %s",
        [since, since.date() - LONGEST_PAUSE, MOST],
    )
    for session, at, in_play in cursor.fetchall():
        if not is_now(session):
            continue
        yield Alert(
            alert_id=f"session:{session}", kind="session", severity="info", title=f"{session} is complete",
            body=f"{in_play} stocks were in play.", at=at,
        )  # fmt: skip
        cursor.execute(
            "SELECT book, side, shares, symbol, price_usd_e4 FROM fills WHERE session = %s ORDER BY book, fill_id",
            [session],
        )
        fills = cursor.fetchall()
        if fills:
            lines = [
                f"{book}: {side} {shares:,} {symbol} at ${price / E4:,.2f}"
                for book, side, shares, symbol, price in fills
            ]
            more = [f"and {len(lines) - FILLS_SHOWN} more: `inplay status`"] if len(lines) > FILLS_SHOWN else []
            yield Alert(
                alert_id=f"trades:{session}", kind="trade", severity="info", title=f"{len(lines)} fills on {session}",
                body="\n".join([*lines[:FILLS_SHOWN], *more]), at=at,
            )  # fmt: skip


def _controls(cursor: Cursor, since: datetime) -> Iterator[Alert]:
    cursor.execute(
        "SELECT seq, action, actor, reason, given_at FROM trading_controls WHERE given_at >= %s "
        "AND NOT EXISTS (SELECT FROM alerts WHERE alert_id = 'control:' || seq) ORDER BY seq LIMIT %s",
        [since, MOST],
    )
    for seq, action, actor, reason, at in cursor.fetchall():
        severity: Severity = "info" if action in GOOD else "critical" if action in URGENT else "warning"
        words = action.replace("_", " ")
        yield Alert(
            alert_id=f"control:{seq}", kind="suspension", severity=severity, title=f"Trading: {words}, by {actor}",
            body=reason, at=at,
        )  # fmt: skip


def _checks(cursor: Cursor, since: datetime) -> Iterator[Alert]:
    cursor.execute(
        "SELECT seq, session, kind, verdict, detail, checked_at FROM daily_checks WHERE checked_at >= %s "
        "AND NOT EXISTS (SELECT FROM alerts WHERE alert_id = 'check:' || seq) ORDER BY seq LIMIT %s",
        [since, MOST],
    )
    for seq, session, kind, verdict, detail, at in cursor.fetchall():
        bad = verdict in {"failed", "not done"}
        severity: Severity = "critical" if verdict == "failed" else "warning" if bad else "info"
        state = verdict if bad else "ok"
        yield Alert(
            alert_id=f"check:{seq}", kind="check", severity=severity,
            title=f"The check of {kind} on {session}: {verdict}", body=detail, at=at, about=kind, state=state,
        )  # fmt: skip


def _models(cursor: Cursor, since: datetime) -> Iterator[Alert]:
    cursor.execute(
        "SELECT event_id, ensemble_id, role, from_session, who, why, at FROM model_events "
        "WHERE at >= %s AND role <> 'registered' "
        "AND NOT EXISTS (SELECT FROM alerts WHERE alert_id = 'model:' || event_id) ORDER BY event_id LIMIT %s",
        [since, MOST],
    )
    for event, name, role, session, who, why, at in cursor.fetchall():
        yield Alert(
            alert_id=f"model:{event}", kind="promotion", severity="warning" if role == "champion" else "info",
            title=f"{name} is {role} from {session} on", body=f"{who}: {why}", at=at,
        )  # fmt: skip


def _turns(cursor: Cursor, since: datetime) -> Iterator[Alert]:
    cursor.execute(
        "SELECT turn_id, ensemble_id, stage, from_session, why, at FROM watch_turns WHERE at >= %s "
        "AND NOT EXISTS (SELECT FROM alerts WHERE alert_id = 'drift:' || turn_id) ORDER BY turn_id LIMIT %s",
        [since, MOST],
    )
    for turn, name, stage, session, why, at in cursor.fetchall():
        yield Alert(
            alert_id=f"drift:{turn}", kind="drift", severity="info" if stage == "full" else "warning",
            title=f"{name} is in stage {stage} from {session} on",
            body=f"{why}. Nothing was lost. See `inplay models watch`.", at=at, about=name, state=stage,
        )  # fmt: skip


def _services(cursor: Cursor, since: datetime, now: datetime) -> Iterator[Alert]:
    """A service that failed, at once; one that is degraded when it has been for `LASTS`, which a start isn't."""
    cursor.execute(
        "SELECT number, service, state, detail, at FROM health_events AS e WHERE at >= %s "
        "AND state IN ('ok', 'degraded', 'failed') AND (state <> 'degraded' OR at <= %s AND NOT EXISTS ("
        "SELECT FROM health_events AS later WHERE later.service = e.service AND later.number > e.number "
        "AND later.state IN ('ok', 'failed') AND later.at < e.at + %s)) "
        "AND NOT EXISTS (SELECT FROM alerts WHERE alert_id = 'health:' || e.number) ORDER BY number LIMIT %s",
        [since, now - LASTS, LASTS, MOST],
    )
    severities: dict[str, Severity] = {"ok": "info", "degraded": "warning", "failed": "critical"}
    for number, service, state, detail, at in cursor.fetchall():
        title = f"{service} is {'well again' if state == 'ok' else state}"
        yield Alert(
            alert_id=f"health:{number}", kind="service", severity=severities[state], title=title, body=detail, at=at,
            about=service, state=state,
        )  # fmt: skip


def _storage(cursor: Cursor, since: datetime) -> Iterator[Alert]:
    cursor.execute(
        "SELECT event_id, kind, ok, detail, at FROM storage_events WHERE at >= %s "
        "AND NOT EXISTS (SELECT FROM alerts WHERE alert_id = 'storage:' || event_id) ORDER BY event_id LIMIT %s",
        [since, MOST],
    )
    for event, kind, ok, detail, at in cursor.fetchall():
        title = f"The {kind} {'works' if ok else 'failed'}"
        told: Severity = "info" if ok else "critical" if kind == "backup" else "warning"
        state = "ok" if ok else "failed"
        yield Alert(
            alert_id=f"storage:{event}", kind="backup" if kind == "backup" else "disk", severity=told, title=title,
            body=detail, at=at, about=kind, state=state,
        )  # fmt: skip


def _imports(cursor: Cursor, since: datetime) -> Iterator[Alert]:
    cursor.execute(
        "SELECT import_id, source, rows_in, rows_quarantined, imported_at FROM bar_imports "
        "WHERE imported_at >= %s AND rows_quarantined > 0 "
        "AND NOT EXISTS (SELECT FROM alerts WHERE alert_id = 'quarantine:' || import_id) ORDER BY import_id LIMIT %s",
        [since, MOST],
    )
    for number, source, rows, set_aside, at in cursor.fetchall():
        yield Alert(
            alert_id=f"quarantine:{number}", kind="data", severity="warning",
            title=f"{set_aside:,} of {rows:,} rows are in quarantine",
            body=f"From {source}. Nothing is lost: `inplay data quarantine` shows and releases them.", at=at,
        )  # fmt: skip


def _trainings(cursor: Cursor, since: datetime) -> Iterator[Alert]:
    cursor.execute(
        "SELECT session_id, kind, state, detail, ensemble_id, machines_gone, ended_at FROM training_sessions "
        "WHERE ended_at >= %s AND NOT EXISTS (SELECT FROM alerts WHERE alert_id = 'training:' || session_id) "
        "ORDER BY ended_at, session_id LIMIT %s",
        [since, MOST],
    )
    for name, kind, state, detail, ensemble, gone, at in cursor.fetchall():
        left = gone is False
        severity: Severity = "critical" if left else "info" if state == "trained" else "warning"
        ended = state.replace("_", " ")
        words = f"{ensemble} was trained" if state == "trained" else f"A {kind} training ended: {ended}"
        body = (detail or words) + (LEFT if left else "")
        yield Alert(alert_id=f"training:{name}", kind="training", severity=severity, title=words, body=body, at=at)


QUESTIONS: Final[tuple[Question, ...]] = (
    _controls, _checks, _models, _turns, _storage, _imports, _trainings,
)  # fmt: skip
