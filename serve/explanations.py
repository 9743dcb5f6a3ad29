"""Why a stock was or was not traded, as the HTTP interface answers it."""

from __future__ import annotations

from datetime import date, datetime

from adapters.postgres.pool import Pool
from research.explanation import explain
from serve.schemas import AccountDecision, Explanation, ScanPlace
from trading.errors import BadDataError


def explanation_answer(pool: Pool, symbol: str, at: date | datetime) -> Explanation:
    """The answer, from the record alone; without a session where none had closed by then."""
    try:
        found = explain(pool, symbol, at)
    except BadDataError as error:
        return Explanation(
            symbol=symbol, session=None, known_at=None, sector=None, regime=None, in_play=None, decisions=[],
            said=str(error),
        )  # fmt: skip
    return Explanation(
        symbol=symbol,
        session=found.session,
        known_at=found.known_at,
        sector=found.sector,
        regime=found.regime,
        in_play=None if found.in_play is None else ScanPlace.model_validate(found.in_play),
        decisions=[AccountDecision.model_validate(row) for row in found.decisions],
        withheld=found.withheld,
        said=found.said,
    )
