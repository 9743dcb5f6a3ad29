"""`regimes`: the market's regime at each close, as it was seen then."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from adapters.postgres.bulk import insert_missing
from adapters.postgres.pool import Pool, transaction
from trading.market.regimes import Regime

_COLUMNS = (
    "session", "trend", "volatility", "volatility_source", "volatility_points", "driver", "catalyst_share", "leaders",
    "laggards", "sector_dispersion", "words",
)  # fmt: skip


class RegimeStore:
    """Writer and reader of `regimes`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def record(self, regimes: Iterable[Regime]) -> int:
        """Each regime is on record unless its session has one already; returns how many are new.

        The first stays: it is what the decisions of that session were made in, whatever was imported since.
        """
        rows = [
            tuple(list(value) if isinstance(value := getattr(one, name), tuple) else value for name in _COLUMNS)
            for one in regimes
        ]
        with transaction(self._pool) as cursor:
            return insert_missing(cursor, "regimes", _COLUMNS, rows)

    def load(self, session: date | None = None) -> Regime | None:
        """The regime of the session, of the latest one if None; None where there is none on record."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                f"SELECT {', '.join(_COLUMNS)} FROM regimes "  # noqa: S608 - constants
                "WHERE session = coalesce(%s, session) ORDER BY session DESC LIMIT 1",
                [session],
            )
            row = cursor.fetchone()
        if row is None:
            return None
        found = dict(zip(_COLUMNS, row, strict=True))
        found |= {name: tuple(found[name]) for name in ("leaders", "laggards")}
        return Regime(**found)
