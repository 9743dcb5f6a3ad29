"""What comes in wrong is refused by name, and leaves things as they were."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from tests.fakes.one_account import MARGIN, OneAccount, quiet
from trading.engine.account import Account
from trading.engine.bars import Bars, Step
from trading.engine.bookkeeper import deposit
from trading.engine.engine import Engine
from trading.engine.fold import fold, take
from trading.engine.instruments import Instruments
from trading.engine.requests import OrderRequests
from trading.engine.rules import PAPER_RULES
from trading.engine.run import BarHistory, run
from trading.errors import BadDataError, ConfigurationError, LedgerError
from trading.ledger.double_entry import Draft

DAY = date(2010, 1, 4)
AT = datetime(2010, 1, 4, 21, tzinfo=UTC).isoformat()


@pytest.mark.parametrize(
    "draft",
    [
        Draft("x:fill:1", DAY, "fill", {"book": "rule", "order_id": "x", "symbol": "AA", "reason": "exit"}),
        Draft("x", DAY, "cancel", {"book": "rule", "order_id": "x"}),
        Draft("x", DAY, "bonus", {"book": "rule"}),
        Draft("x", DAY, "mark", {"book": "rule", "closes_usd_e4": {}, "trails_usd_e4": {}, "ends_session": True,
                                 "equity_cents": 1}),
        Draft("x", DAY, "order", {"book": "rule", "order_id": "x", "symbol": "AA", "side": "buy"}),
    ],
    ids=["a fill of an unknown order", "cancels an unknown order", "unknown kind", "wrong equity", "earlier version"],
)  # fmt: skip
def test_an_entry_that_contradicts_the_account_is_refused(draft: Draft) -> None:
    """A fold that goes on after that would report money that isn't there."""
    with pytest.raises(LedgerError, match="x"):
        take(Account("rule"), draft)


def test_entries_of_another_account_change_nothing() -> None:
    """Two accounts live in one journal."""
    account = fold("rule", [deposit("rule", DAY, 100)])
    before = account.snapshot()
    take(account, deposit("ensemble", DAY, 5))
    assert account.snapshot() == before


def test_a_session_is_lived_once() -> None:
    """A bar of a session that is closed would be marked twice."""
    account = OneAccount()
    account.bar(quiet(20))
    account.at -= 1
    with pytest.raises(LedgerError, match="2010-01-04 is closed"):
        account.bar(quiet(20))


def test_two_bars_of_a_symbol_at_one_time_are_refused() -> None:
    """Nobody knows which is right."""
    two = np.full((4, 2), 200_000)
    with pytest.raises(BadDataError, match="two bars of AA"):
        Bars.of(Step.daily(DAY), Instruments(), ["AA", "AA"], two, np.array([5, 5]))


def test_a_strategy_needs_the_universe_of_its_bars() -> None:
    """Otherwise orders for one stock would buy another."""
    nothing = np.zeros((1, 1), np.int64)
    history = BarHistory([Step.daily(DAY)], Instruments(["AA"]), nothing, nothing, nothing, nothing, nothing)
    with pytest.raises(BadDataError, match="numbers its instruments in another way"):
        run(Engine(Account("rule", Instruments(["AA"])), PAPER_RULES), None, history)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", 'a"b', "a:b"])
def test_a_name_that_would_break_the_journal_is_refused(name: str) -> None:
    """It stands in each entry and divides the names of ledger accounts."""
    with pytest.raises(ConfigurationError, match="can't name an account"):
        Engine(Account(name), PAPER_RULES)


def test_the_largest_order_does_not_wrap_around() -> None:
    """100 million shares at a million dollars are refused for money, and not taken for a negative sum."""
    account = OneAccount(MARGIN)
    account.bar((999_999, 999_999, 999_998, 999_999))
    reason = account.order("o", "buy", 100_000_000)
    assert reason == "insufficient buying power: needs 4999995000000000 cents, 10000000 are free"


@pytest.mark.parametrize(("side", "kind", "in_force"), [(9, 0, 0), (0, 9, 0), (0, 0, 9), (-1, 0, 0)])
def test_a_code_that_means_nothing_is_refused(side: int, kind: int, in_force: int) -> None:
    """Columnar strategies hand numbers; one that no kind, side or time stands for is no order."""
    account = OneAccount()
    account.bar(quiet(20))
    requests = OrderRequests.plain(["o"], np.array([0]), np.array([side]), np.array([1]), kind)
    requests.columns[3] = in_force
    refused = account.engine.submit(requests, account.now, account.last)
    assert refused["o"].startswith("there is no such")


def test_an_order_of_an_account_that_never_saw_a_bar_waits_or_ends() -> None:
    """No bar at all: a day order ends with the session, unharmed."""
    account = OneAccount(PAPER_RULES)
    account.engine.submit(OrderRequests.plain(["o"], np.array([1]), np.array([0]), np.array([5])), account.now, None)
    (ended,) = account.bar(None)
    assert (ended.kind, ended.payload["reason"]) == ("cancel", "it did not fill in its time")
