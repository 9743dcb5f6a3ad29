"""What models said of setups, as known before a session: no later outcome reaches the weights learned of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from adapters.calendar import sessions_between
from adapters.postgres.pool import Pool, transaction
from adapters.postgres.scored_views import ScoredViews, scored_before
from tests.integration.one_process import Platform
from trading.bars.panel import as_date
from trading.evidence.pool_weights import PoolRules
from trading.views.members.registry import MEMBERS
from tune.judgement.regime_factors import factors_of

SESSIONS = [as_date(day) for day in sessions_between(date(2010, 3, 8), date(2010, 3, 24))]
FEW = PoolRules(least_sessions=1)


def _factors(scored: ScoredViews) -> dict[str, list[float]]:
    return factors_of(scored, np.array(MEMBERS.weights), rules=FEW)


def test_a_later_outcome_changes_nothing(home: Path, empty_url: str, pool: Pool) -> None:
    """Sessions that follow, and planted outcomes that turn out the other way from then on, leave the weights alone."""
    platform = Platform(home, empty_url, pool)
    platform.import_until(None)
    platform.replay(SESSIONS[:9])
    before = SESSIONS[9]
    scored = scored_before(pool, before, MEMBERS.names, 504)
    assert len(scored.won) > 20
    assert (scored.known_session < np.datetime64(before)).all()
    assert set(_factors(scored)) == {"low volatility", "driven by technical trading"}
    platform.replay(SESSIONS[9:])
    later = scored_before(pool, SESSIONS[-1], MEMBERS.names, 504)
    assert len(later.won) > len(scored.won), "nothing followed"
    with transaction(pool) as cursor:
        cursor.execute("ALTER TABLE pattern_training_data DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE pattern_training_data SET pattern_success = NOT pattern_success WHERE outcome_known_session >= %s",
            [before],
        )
        assert cursor.rowcount > 0
    again = scored_before(pool, before, MEMBERS.names, 504)
    assert again.probabilities.tobytes() == scored.probabilities.tobytes()
    assert again.won.tolist() == scored.won.tolist()
    assert _factors(again) == _factors(scored)
    assert _factors(scored_before(pool, SESSIONS[-1], MEMBERS.names, 504)) != _factors(later), "the plant took"
    assert len(scored_before(pool, before, ("pattern", "outcome"), 504).won) == 0, "versions of other members"
    assert len(np.unique(scored_before(pool, SESSIONS[-1], MEMBERS.names, 5).session)) <= 5
