"""Each answer of the HTTP interface is counted once, and none is lost while the record is away."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI

from adapters.postgres.health_hours import HttpHour
from serve.answer_times import AnswerTimes, Timed
from tests.fakes.server import served
from trading.errors import UnavailableError

HOUR = datetime(2026, 6, 3, 14, tzinfo=UTC)


def _told(times: AnswerTimes) -> list[HttpHour]:
    told: list[HttpHour] = []
    times.tell(told.extend)
    return told


def test_answers_are_counted_by_their_hour() -> None:
    """What was told isn't told again."""
    times = AnswerTimes()
    times.add(200, 0.25, HOUR.replace(minute=5))
    times.add(500, 0.75, HOUR.replace(minute=55))
    assert _told(times) == [HttpHour(HOUR, 2, 1, 1, 1.0, 0.75)]
    assert _told(times) == []


def test_a_record_that_is_away_loses_no_count() -> None:
    """They are told with those that came meanwhile."""
    times = AnswerTimes()
    times.add(200, 0.25, HOUR)

    def away(parts: Iterable[HttpHour]) -> None:
        assert list(parts)
        times.add(200, 0.5, HOUR)
        raise UnavailableError("away")

    with pytest.raises(UnavailableError):
        times.tell(away)
    assert _told(times) == [HttpHour(HOUR, 2, 0, 0, 0.75, 0.5)]


def test_the_middleware_counts_what_is_answered() -> None:
    """An answer of 200 and one of 404."""
    app, times = FastAPI(), AnswerTimes()

    @app.get("/there")
    def there() -> str:
        return "yes"

    app.add_middleware(Timed, times=times)
    with served(app) as url:
        assert httpx.get(f"{url}/there", trust_env=False).is_success
        assert httpx.get(f"{url}/elsewhere", trust_env=False).status_code == 404
    told = _told(times)
    assert sum(part.answers for part in told) == 2
    assert sum(part.failed for part in told) == 0
    assert all(0 < part.longest_s < 5 for part in told)
