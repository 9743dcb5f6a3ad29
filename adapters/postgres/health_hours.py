"""`health_hours` and `http_hours`: how quickly services and the HTTP interface answer, hour by hour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from adapters.postgres.pool import Pool, transaction

SLOW_S: Final = 0.5
"""An answer that takes longer is slow. Source: the strategy, section 8.1, response time below 500 ms."""


@dataclass(frozen=True)
class Look:
    """What was seen of a service once.

    Attributes:
        score: from 0 to 1.
        answer_s: that its last answer took; None before the first one.
        answered: now.
    """

    service: str
    score: float
    answer_s: float | None
    answered: bool


@dataclass(frozen=True)
class ServiceHour:
    """Looks at a service within an hour, or a part of it that is to be added.

    Attributes:
        hour: its beginning.
        slow: answers that took more than 0.5 s.
        seconds: that all answers took together.
        score_sum: of all looks.
    """

    service: str
    hour: datetime
    looks: int = 0
    answers: int = 0
    slow: int = 0
    seconds: float = 0.0
    longest_s: float = 0.0
    score_sum: float = 0.0
    least_score: float = 1.0

    def seen(self, look: Look) -> ServiceHour:
        """With one look more."""
        took = look.answer_s if look.answered and look.answer_s is not None else None
        one = replace(
            ServiceHour(self.service, self.hour), looks=1, answers=int(took is not None),
            slow=int((took or 0.0) > SLOW_S), seconds=took or 0.0, longest_s=took or 0.0, score_sum=look.score,
            least_score=look.score,
        )  # fmt: skip
        return self.plus(one)

    def plus(self, other: ServiceHour) -> ServiceHour:
        """Both parts of the same hour together."""
        return replace(
            self, looks=self.looks + other.looks, answers=self.answers + other.answers, slow=self.slow + other.slow,
            seconds=self.seconds + other.seconds, longest_s=max(self.longest_s, other.longest_s),
            score_sum=self.score_sum + other.score_sum, least_score=min(self.least_score, other.least_score),
        )  # fmt: skip


@dataclass(frozen=True)
class HttpHour:
    """Answers of the HTTP interface within an hour, or a part of it that is to be added.

    Attributes:
        failed: with a status of 500 and above.
        slow: that began after more than 0.5 s.
        seconds: until they began, all together.
    """

    hour: datetime
    answers: int = 0
    failed: int = 0
    slow: int = 0
    seconds: float = 0.0
    longest_s: float = 0.0

    def answered(self, status: int, took_s: float) -> HttpHour:
        """With one answer more."""
        failed, slow = int(status >= 500), int(took_s > SLOW_S)  # noqa: PLR2004 - HTTP's
        one = replace(HttpHour(self.hour), answers=1, failed=failed, slow=slow, seconds=took_s, longest_s=took_s)
        return self.plus(one)

    def plus(self, other: HttpHour) -> HttpHour:
        """Both parts of the same hour together."""
        return replace(
            self, answers=self.answers + other.answers, failed=self.failed + other.failed,
            slow=self.slow + other.slow, seconds=self.seconds + other.seconds,
            longest_s=max(self.longest_s, other.longest_s),
        )  # fmt: skip


@dataclass(frozen=True)
class Answers:
    """How quickly something answered over a time.

    Attributes:
        mean_s: None where there was no answer.
        slow_share: of answers that took more than 0.5 s; likewise.
        least_score: of a service; None of the HTTP interface.
    """

    answers: int
    mean_s: float | None
    slow_share: float | None
    longest_s: float
    failed: int = 0
    least_score: float | None = None
    mean_score: float | None = None


def hour_of(at: datetime) -> datetime:
    """The hour that the instant is in."""
    return at.replace(minute=0, second=0, microsecond=0)


class HealthHours:
    """Writer and reader of both tables."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def add(self, parts: Iterable[ServiceHour]) -> None:
        """They are added to their hours, all or none."""
        rows = [
            (p.service, p.hour, p.looks, p.answers, p.slow, p.seconds, p.longest_s, p.score_sum, p.least_score)
            for p in parts if p.looks
        ]  # fmt: skip
        if not rows:
            return
        with transaction(self._pool) as cursor:
            cursor.executemany(
                "INSERT INTO health_hours AS h (service, hour, looks, answers, slow, seconds, longest_s, score_sum, "
                "least_score) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (service, hour) DO UPDATE SET "
                "looks = h.looks + excluded.looks, answers = h.answers + excluded.answers, "
                "slow = h.slow + excluded.slow, seconds = h.seconds + excluded.seconds, "
                "longest_s = GREATEST(h.longest_s, excluded.longest_s), score_sum = h.score_sum + excluded.score_sum, "
                "least_score = LEAST(h.least_score, excluded.least_score)",
                rows,
            )

    def add_http(self, parts: Iterable[HttpHour]) -> None:
        """Likewise."""
        rows = [(p.hour, p.answers, p.failed, p.slow, p.seconds, p.longest_s) for p in parts if p.answers]
        if not rows:
            return
        with transaction(self._pool) as cursor:
            cursor.executemany(
                "INSERT INTO http_hours AS h (hour, answers, failed, slow, seconds, longest_s) "
                "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (hour) DO UPDATE SET "
                "answers = h.answers + excluded.answers, failed = h.failed + excluded.failed, "
                "slow = h.slow + excluded.slow, seconds = h.seconds + excluded.seconds, "
                "longest_s = GREATEST(h.longest_s, excluded.longest_s)",
                rows,
            )

    def services(self, now: datetime, window: timedelta) -> Mapping[str, Answers]:
        """How quickly each service answered in the hours that begin in the window."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT service, sum(answers)::bigint, sum(seconds), sum(slow)::bigint, max(longest_s), "
                "min(least_score), sum(score_sum) / sum(looks) FROM health_hours "
                "WHERE hour > %s AND hour <= %s GROUP BY service",
                [now - window, now],
            )
            return {
                service: _answers(count, seconds, slow, longest, least=least, mean=mean)
                for service, count, seconds, slow, longest, least, mean in cursor.fetchall()
            }

    def http(self, now: datetime, window: timedelta) -> Answers:
        """How quickly the HTTP interface answered in the hours that begin in the window."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT coalesce(sum(answers), 0)::bigint, coalesce(sum(seconds), 0), coalesce(sum(slow), 0)::bigint, "
                "coalesce(max(longest_s), 0), coalesce(sum(failed), 0)::bigint FROM http_hours "
                "WHERE hour > %s AND hour <= %s",
                [now - window, now],
            )
            ((count, seconds, slow, longest, failed),) = cursor.fetchall()
            return _answers(count, seconds, slow, longest, failed=failed)


def _answers(
    count: int, seconds: float, slow: int, longest: float, *,
    failed: int = 0, least: float | None = None, mean: float | None = None,
) -> Answers:  # fmt: skip
    return Answers(
        answers=count, mean_s=seconds / count if count else None, slow_share=slow / count if count else None,
        longest_s=longest, failed=failed, least_score=least, mean_score=mean,
    )  # fmt: skip
