"""What an account's past forbids: the strictest rule counts, and every book is judged by the same ones."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from trading.decisions.book_view import BookView
from trading.decisions.restrictions import restricting, restriction, standing
from trading.risk.decision_rules import DecisionRules
from trading.risk.past import DrawdownState, Past, Restricting
from trading.risk.trade_history import Close, TradeHistory

DAYS = [date(2026, 11, 2) + timedelta(days=number) for number in range(10)]
RULES = DecisionRules()


def past(losses: int, equity_cents: list[int], *, stopped: bool = False) -> Past:
    """An account with so many closing fills in a row that lost, all in the last session."""
    closes = [Close(DAYS[-1], "AA", f"o{n}", "rule", -1, stopped) for n in range(losses)]
    days = DAYS[-len(equity_cents) :]
    return Past(days, dict(zip(days, equity_cents, strict=True)), TradeHistory(closes=closes))


def test_the_strictest_restriction_counts() -> None:
    """Eight losses in a row halve by themselves and pause as a streak: the pause, which leaves nothing, is told."""
    found = restriction(past(8, [100, 100]), RULES)
    assert found.scale == 0.0
    assert found.reason.startswith("paused for 3 sessions")


def test_of_two_that_are_as_strict_the_first_in_the_table_is_told() -> None:
    """A session that lost a tenth suspends; the pause, as strict, stands behind it."""
    account = past(8, [100, 90])
    assert [limits.restrict(account).scale for limits in restricting(RULES)] == [0.0, 0.0]
    assert restriction(account, RULES).reason.startswith("suspended: the session lost 10.0%")


def test_a_restriction_on_record_is_not_reckoned_anew() -> None:
    """A repeat of a session answers what was decided by, whatever the record says by now."""
    said = DrawdownState(0.5, "as it was")
    found = standing(past(8, [100, 90], stopped=True), RULES, said)
    assert found.drawdown == said
    assert found.resting == {"AA": f"rests 5 sessions: it was stopped out on {DAYS[-1]}"}


def test_a_book_has_all_that_its_past_forbids() -> None:
    """Drawdown and resting symbols come from one place for every desk."""
    found = standing(past(8, [100, 90], stopped=True), RULES)
    view = BookView.of(
        found, name="b", decides_by="rule", equity_cents=90, symbols=frozenset({"AA"}), exposure_cents={"AA": 9}
    )
    assert view == BookView("b", "rule", 90, frozenset({"AA"}), found.drawdown, {"AA": 9}, found.resting)


def test_a_limit_whose_method_is_misspelt_can_not_be_made() -> None:
    """It would restrict nothing without a word."""

    class Misspelt(Restricting):
        def restricts(self, past: Past) -> DrawdownState:
            raise AssertionError(past)

    with pytest.raises(TypeError, match="restrict"):
        Misspelt()  # type: ignore[abstract]
