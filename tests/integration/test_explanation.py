"""`inplay explain` tells from the record what was decided of a stock and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest

from adapters.explanation import explain
from adapters.postgres.decisions import DecisionStore, ScanStore
from adapters.postgres.pool import Pool
from trading.decide import BookView, Candidate, DecisionRules, decide
from trading.errors import BadDataError
from trading.risk.drawdown import DrawdownState

DAY = date(2010, 1, 4)


@dataclass(frozen=True)
class Scanned:
    """A stock in play."""

    symbol: str
    rank: int
    score: float = 0.5
    parts: dict[str, float] = field(default_factory=dict)
    reason: str = "volume"


def test_views_veto_and_action_come_back(pool: Pool) -> None:
    """AA is wanted by the rules and vetoed by a suspended account; BB had no setup; CC was not in play."""
    nan = float("nan")
    aa = Candidate("AA", 0.5, 20.0, 0.4, 1e6, ("engulfing",), 0.9, ("pattern",), nan, nan, nan, nan, nan, nan, nan)
    book = BookView("rule", "rule", 10_000_000, frozenset(), DrawdownState(0.0, "suspended: it lost"))
    decisions, _ = decide(DAY, book, [aa], DecisionRules())
    ScanStore(pool).record(DAY, [Scanned("AA", 1), Scanned("BB", 2)])
    DecisionStore(pool).record(decisions, ensemble_id=None)
    found = explain(pool, "AA", DAY + timedelta(days=2))
    (told,) = found.decisions
    assert (found.session, found.in_play and found.in_play["rank"], found.said) == (DAY, 1, "")
    assert (told["action"], told["veto"], told["source"]) == ("none", "suspended: it lost", "rule")
    assert (told["patterns"], told["rule_reasons"], told["p_pattern"]) == (["engulfing"], ["pattern"], None)
    assert "without a bullish setup" in explain(pool, "BB", DAY).said
    assert "not in play" in explain(pool, "CC", DAY).said
    with pytest.raises(BadDataError, match="no session up to"):
        explain(pool, "AA", DAY - timedelta(days=1))
