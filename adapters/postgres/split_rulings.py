"""What a person said that a jump of a price was: a split of some ratio, or none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from adapters.postgres.pool import Pool, transaction
from trading.bars.actions import Split

LATEST = "SELECT DISTINCT ON (symbol, session) * FROM split_rulings {} ORDER BY symbol, session, ruling_id DESC"
_BY = "coalesce(%(by)s::timestamptz, 'infinity')"
_RULED = f"WITH ruled AS ({LATEST.format(f'WHERE ruled_at <= {_BY}')}) "
_IN_TIME = f"coalesce(imported_at, '-infinity') <= {_BY} AND "
SPLITS = (
    f"{_RULED}SELECT symbol, session, numerator, denominator, guessed FROM splits "  # noqa: S608
    f"LEFT JOIN bar_imports USING (import_id) WHERE {_IN_TIME}NOT EXISTS "
    "(SELECT FROM ruled WHERE (ruled.symbol, ruled.session) = (splits.symbol, splits.session)) "
    "UNION ALL SELECT symbol, session, numerator, denominator, false FROM ruled WHERE numerator IS NOT NULL "
    "ORDER BY session, symbol"
)
BREAKS = (
    f"{_RULED}SELECT symbol, session, reason, explained FROM bar_breaks "  # noqa: S608
    f"LEFT JOIN bar_imports USING (import_id) WHERE {_IN_TIME}NOT EXISTS "
    "(SELECT FROM ruled WHERE (ruled.symbol, ruled.session) = (bar_breaks.symbol, bar_breaks.session)) "
    "ORDER BY session, symbol"
)


@dataclass(frozen=True)
class Questionable:
    """A jump that nobody but the gates has explained, or one that a person has ruled on.

    Attributes:
        gate: `split_guessed` or `unexplained_jump`.
        seen: what the gate saw, in words.
        guess: the split that the gate took it for; None for a break.
        ruled_at: when a person said what it was; None while nobody did.
        ruling: the split that it was; None where there was none, or nobody said.
    """

    symbol: str
    session: date
    gate: str
    seen: str
    guess: Split | None
    ruled_at: datetime | None
    ruling: Split | None


class SplitRulings:
    """Reader and writer of the rulings."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def questionable(self) -> list[Questionable]:
        """Guessed splits and unexplained breaks on record, by session, then symbol."""
        query = (
            f"WITH ruled AS ({LATEST.format('')}) SELECT found.*, ruled_at, ruled.numerator, ruled.denominator FROM ("  # noqa: S608
            "SELECT s.symbol, s.session, 'split_guessed' AS gate, coalesce((SELECT detail FROM bar_findings AS f "
            "WHERE f.gate = 'split_guessed' AND (f.symbol, f.session) = (s.symbol, s.session) LIMIT 1), '') AS seen, "
            "s.numerator AS up, s.denominator AS down FROM splits AS s WHERE guessed UNION ALL "
            "SELECT symbol, session, 'unexplained_jump', reason, NULL, NULL FROM bar_breaks WHERE NOT explained"
            ") AS found LEFT JOIN ruled USING (symbol, session) ORDER BY session, symbol"
        )
        with transaction(self._pool) as cursor:
            cursor.execute(query.encode())
            rows = cursor.fetchall()
        return [
            Questionable(
                symbol=symbol,
                session=session,
                gate=gate,
                seen=seen,
                guess=Split(symbol, session, up, down, guessed=True) if up else None,
                ruled_at=at,
                ruling=Split(symbol, session, numerator, denominator) if numerator else None,
            )
            for symbol, session, gate, seen, up, down, at, numerator, denominator in rows
        ]

    def rule(self, symbol: str, session: date, split: Split | None, *, at: datetime) -> None:
        """From now on the jump was that split, or none."""
        terms = [None, None] if split is None else [split.numerator, split.denominator]
        with transaction(self._pool) as cursor:
            cursor.execute(
                "INSERT INTO split_rulings (symbol, session, numerator, denominator, ruled_at) "
                "VALUES (%s, %s, %s, %s, %s)",
                [symbol, session, *terms, at],
            )
