"""`risk_limits`: the limits that runs went by, and which are in force. A start may tighten them; people loosen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from psycopg.types.json import Jsonb

from adapters.postgres.pool import Cursor, Pool, transaction
from trading.errors import ConfigurationError
from trading.risk.limits import Limits, loosened, sha256_of

LOCK = 7_230_018
"""Number of the advisory lock that makes writers take turns."""
COLUMNS = "limits, sha256, action, reason, code_version, set_at"
Action = Literal["first", "tightened", "accepted"]


@dataclass(frozen=True)
class LimitsRow:
    """A set of limits and since when it is in force.

    Attributes:
        action: `first` of the record; `tightened` by a start; `accepted` by a person.
    """

    limits: dict[str, float]
    sha256: str
    action: Action
    reason: str
    code_version: str
    set_at: datetime


class RiskLimits:
    """Writer and reader of `risk_limits`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def begin(self, wanted: Limits, *, code_version: str, at: datetime) -> LimitsRow:
        """A run may start with these limits: they are in force, and on record since when.

        Raises:
            ConfigurationError: when any is looser than what is in force. Nothing was changed.
        """
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            before = _last(cursor)
            if before is None:
                return _insert(cursor, wanted, "first", "the first start", code_version=code_version, at=at)
            if before.sha256 == sha256_of(wanted):
                return before
            looser = loosened(before.limits, wanted)
            if looser:
                raise ConfigurationError(
                    f"The settings loosen the limits of risk that are in force since {before.set_at:%Y-%m-%d}: "
                    f"{'; '.join(looser)}. Nothing was started or changed. Restore them, or run "
                    "`inplay trading limits --accept --reason WHY` if that is meant."
                )
            reason = "a start with tighter settings"
            return _insert(cursor, wanted, "tightened", reason, code_version=code_version, at=at)

    def accept(self, wanted: Limits, reason: str, *, code_version: str, at: datetime) -> LimitsRow:
        """These limits are in force from the next start on, however loose; those before stay on record."""
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            before = _last(cursor)
            if before is not None and before.sha256 == sha256_of(wanted):
                return before
            return _insert(cursor, wanted, "accepted", reason, code_version=code_version, at=at)

    def in_force(self, at: datetime | None = None) -> LimitsRow | None:
        """The limits in force at a time, now if None; None before the first start."""
        with transaction(self._pool) as cursor:
            return _last(cursor, at)


def _last(cursor: Cursor, at: datetime | None = None) -> LimitsRow | None:
    cursor.execute(
        f"SELECT {COLUMNS} FROM risk_limits WHERE set_at <= coalesce(%s, 'infinity'::timestamptz) "  # noqa: S608
        "ORDER BY seq DESC LIMIT 1",
        [at],
    )
    row = cursor.fetchone()
    return None if row is None else LimitsRow(*row)


def _insert(
    cursor: Cursor, limits: Limits, action: Action, reason: str, *, code_version: str, at: datetime
) -> LimitsRow:  # fmt: skip
    row = LimitsRow(
        limits=dict(limits),
        sha256=sha256_of(limits),
        action=action,
        reason=reason,
        code_version=code_version,
        set_at=at,
    )
    cursor.execute(
        f"INSERT INTO risk_limits ({COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s)",  # noqa: S608 - a constant
        [Jsonb(row.limits), row.sha256, action, reason, code_version, at],
    )
    return row
