"""How the services do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

from fastapi import APIRouter

from adapters.machine.health_score import of_platform
from adapters.postgres.health import HealthEvent, HealthStore, ServiceState, Uptime
from adapters.postgres.health_hours import Answers, HealthHours
from adapters.postgres.session_times import AFTER, SessionTimes
from serve.answers.health import Health, HttpAnswers, Restart, ServiceHealth, SessionStages, State
from serve.desk import Desk
from serve.sources import Sources
from trading.cycle.summary import CYCLE

router = APIRouter()

STALE_AFTER: Final = timedelta(seconds=60)
WINDOW: Final = timedelta(hours=24)
STATES: Final[dict[str, State]] = {
    "starting": "degraded",
    "ok": "ok",
    "degraded": "degraded",
    "failed": "down",
    "stopped": "down",
}
SEVERITY: Final[tuple[State, ...]] = ("ok", "unknown", "degraded", "down")


def read(sources: Sources) -> Health:
    """All services, their last 24 hours, and who was restarted in them."""
    now_at, store = datetime.now(UTC), HealthStore(sources.pool)
    uptimes = store.uptimes(now_at, WINDOW)
    hours = HealthHours(sources.pool)
    quick = hours.services(now_at, WINDOW)
    services = [
        _service(row, now_at, uptimes.get(row.service, Uptime(0.0, 0.0)), quick.get(row.service))
        for row in store.load()
    ]
    worst = max((SEVERITY.index(service.state) for service in services), default=SEVERITY.index("unknown"))
    restarts = [_restart(event) for event in store.restarts(now_at - WINDOW)]
    return Health(
        state=SEVERITY[worst],
        score=of_platform(one.score for one in services if one.score is not None),
        services=services,
        restarts=restarts,
        http_24h=_http(hours.http(now_at, WINDOW)),
        latest_session=_stages(SessionTimes(sources.pool).latest()),
    )


def _http(found: Answers) -> HttpAnswers | None:
    if not found.answers:
        return None
    return HttpAnswers(
        answers=found.answers,
        failed=found.failed,
        mean_ms=_ms(found.mean_s),
        slow_share=None if found.slow_share is None else round(found.slow_share, 6),
        longest_ms=_ms(found.longest_s),
    )


def _stages(found: tuple[date, dict[str, float]] | None) -> SessionStages | None:
    if found is None:
        return None
    session, stages = found
    total = sum(stages[name] for name in (CYCLE, *AFTER) if name in stages)
    rounded = {name: round(seconds, 3) for name, seconds in stages.items()}
    return SessionStages(session=session, total_s=round(total, 3), stages_s=rounded)


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)


def _service(row: ServiceState, now_at: datetime, uptime: Uptime, quick: Answers | None) -> ServiceHealth:
    return ServiceHealth(
        service=row.service,
        state="unknown" if now_at - row.at > STALE_AFTER else STATES[row.state],
        detail=row.detail,
        at=row.at,
        uptime_24h=None if uptime.share is None else round(uptime.share, 6),
        watched_h=round(uptime.watched_s / 3600, 3),
        score=None if row.score is None or now_at - row.at > STALE_AFTER else round(row.score, 3),
        answer_ms_24h=None if quick is None else _ms(quick.mean_s),
    )


def _restart(event: HealthEvent) -> Restart:
    return Restart(at=event.at, service=event.service, detail=event.detail)


@router.get("/health", tags=["platform"], summary="All services")
async def get_health(desk: Desk) -> Health:
    """State, score and uptime of each service, the last restarts, and how quickly sessions and requests were done.

    `state` is the worst one and `score` the lowest.
    """
    return await desk.ask(read)
