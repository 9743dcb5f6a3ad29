"""Openings at a broker that wait for the owner's yes: nothing is sent before it, and never what was refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from adapters.alpaca.simulator.trading import TradingServer
from adapters.postgres.approvals import ApprovalStore
from adapters.postgres.pool import Pool
from execution.desk import BrokerDesk, DeskTerms
from tests.fakes.broker_desk import CLOSES, MONDAY, TUESDAY, SetClock, answers, broker_of, decided, records_of
from trading.approval.asked import ApprovalTerms, Silence, Verdict
from trading.broker.controls import Control
from trading.risk.decision_rules import DecisionRules

AAPL, MSFT = f"order:{MONDAY}:broker:AAPL", f"order:{MONDAY}:broker:MSFT"
ENDS = datetime(2026, 11, 17, 14, tzinfo=UTC)


def desk_that_asks(server: TradingServer, pool: Pool, clock: SetClock, silence: Silence | None = "hold") -> BrokerDesk:
    """A desk as after a start; None: one that no longer asks."""
    alpaca = broker_of(server, pool, clock)
    asks = None if silence is None else ApprovalTerms("broker", silence, timedelta(minutes=30), "https://x.example")
    terms = DeskTerms("alpaca-paper", "rule", DecisionRules(), live=False, approval=asks)
    return BrokerDesk(alpaca, alpaca.account_id, records_of(pool, clock), terms, clock, wait=lambda _: None)


def at_broker(server: TradingServer) -> list[str]:
    """The openings that it has."""
    return sorted(o["client_order_id"] for o in server.account.orders.values() if o["legs"])


def evening(server: TradingServer, pool: Pool, clock: SetClock, silence: Silence = "hold") -> BrokerDesk:
    """Monday's two purchases are planned and asked about."""
    desk = desk_that_asks(server, pool, clock, silence)
    desk.settle(MONDAY, CLOSES)
    assert desk.execute(MONDAY, [decided(MONDAY), decided(MONDAY, "MSFT")], CLOSES) == 0
    return desk


def answer(pool: Pool, clock: SetClock, verdict: Verdict, *ids: str) -> None:
    """The owner answers now."""
    store = ApprovalStore(pool)
    asked = store.of(MONDAY, "broker")
    assert asked is not None
    store.answer(asked.number, ids, verdict, who="link", reason="", at=clock())


def test_nothing_is_sent_before_the_answer_and_what_was_refused_never(
    alpaca: TradingServer, pool: Pool, clock: SetClock
) -> None:
    """A look, a restart and another one leave both waiting; then one goes out and one is on record as refused."""
    desk = evening(alpaca, pool, clock)
    desk.watch()
    assert (at_broker(alpaca), answers(pool, clock)) == ([], {AAPL: ("", ""), MSFT: ("", "")})
    again = desk_that_asks(alpaca, pool, clock)
    clock.later(60)
    again.watch()
    assert again.execute(MONDAY, [decided(MONDAY), decided(MONDAY, "MSFT")], CLOSES) == 0
    assert (at_broker(alpaca), again.is_due()) == ([], False)
    answer(pool, clock, "no", AAPL)
    assert again.is_due()
    again.watch()
    assert not again.is_due()
    answer(pool, clock, "yes", MSFT)
    again.watch()
    assert at_broker(alpaca) == [MSFT]
    assert answers(pool, clock)[AAPL] == ("withheld", "refused by the owner")
    assert answers(pool, clock)[MSFT][0] == "accepted"
    assert len(ApprovalStore(pool).latest(9)) == 1


@pytest.mark.parametrize(("silence", "sent"), [("hold", []), ("place", [AAPL, MSFT])])
def test_silence_decides_half_an_hour_before_the_open(
    alpaca: TradingServer, pool: Pool, clock: SetClock, silence: Silence, sent: list[str]
) -> None:
    """A second before it both wait; then they are sent or withheld, by what was set when it was asked."""
    evening(alpaca, pool, clock, silence)
    clock.at = ENDS - timedelta(seconds=1)
    desk = desk_that_asks(alpaca, pool, clock, None)  # the settings ask no more: what was asked holds
    desk.watch()
    assert at_broker(alpaca) == []
    clock.at = ENDS
    desk.watch()
    assert at_broker(alpaca) == sent
    assert {one for one, _ in answers(pool, clock).values()} == ({"accepted"} if sent else {"withheld"})
    answer(pool, clock, "no" if sent else "yes", AAPL, MSFT)
    desk.watch()
    assert at_broker(alpaca) == sent, "an answer after the end changes nothing"


def test_a_run_that_was_down_until_the_open_sends_nothing_late(
    alpaca: TradingServer, pool: Pool, clock: SetClock
) -> None:
    """Approved in the evening, killed at once, started after the open: withheld, since the open has passed."""
    evening(alpaca, pool, clock)
    answer(pool, clock, "yes", AAPL, MSFT)
    clock.opening(TUESDAY)
    desk_that_asks(alpaca, pool, clock).watch()
    assert at_broker(alpaca) == []
    assert all(one == "withheld" and "has passed" in why for one, why in answers(pool, clock).values())


def test_a_yes_opens_nothing_that_a_limit_forbids(alpaca: TradingServer, pool: Pool, clock: SetClock) -> None:
    """Trading is suspended between the question and the answer: withheld, whatever the owner says."""
    desk = evening(alpaca, pool, clock)
    records_of(pool, clock).controls.give(Control("suspend", "command", "a look", clock()))
    answer(pool, clock, "yes", AAPL, MSFT)
    desk.watch()
    assert at_broker(alpaca) == []
    assert {why for _, why in answers(pool, clock).values()} == {"trading is suspended: a look"}


def test_exits_wait_for_nobody(alpaca: TradingServer, pool: Pool, clock: SetClock) -> None:
    """A position that is due is sold while a purchase of the same evening waits for its yes."""
    before = desk_that_asks(alpaca, pool, clock, None)
    before.settle(MONDAY, CLOSES)
    assert before.execute(MONDAY, [decided(MONDAY, hold_sessions=1)], CLOSES) == 1
    clock.opening(TUESDAY)
    alpaca.account.trade("AAPL", 100, Decimal(100))
    clock.evening(TUESDAY)
    desk = desk_that_asks(alpaca, pool, clock)
    desk.settle(TUESDAY, CLOSES)
    assert desk.execute(TUESDAY, [decided(TUESDAY, "MSFT")], CLOSES) == 1
    waiting = [(o["symbol"], o["side"]) for o in alpaca.account.orders.values() if o["status"] == "new"]
    assert waiting == [("AAPL", "sell")]
    (asked,) = ApprovalStore(pool).latest(9)
    assert [one.symbol for one in asked.orders] == ["MSFT"]
