"""What the owner reads."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.fakes.approvals import CLOSED, ENDS, a_list, order
from trading.approval.asked import NOBODY, Answer
from trading.approval.words import answer_words, message, order_words, title

AAPL, MSFT = order("AAPL"), order("MSFT")


def test_an_order_in_a_line() -> None:
    """Side, shares, symbol, and what it costs where that is known."""
    assert order_words(AAPL) == "buy 10 AAPL, about $1,000.00"
    assert order_words(replace(AAPL, side="sell_short", shares=1_200, about_cents=None)) == "sell short 1,200 AAPL"
    assert title(a_list("AAPL")) == "1 order of 2026-11-16 to approve, account hybrid"


def test_a_message_has_a_link_for_each_order_and_two_for_all() -> None:
    """With links when it is sent; the text on record has none."""
    told = message(a_list(), "https://x.example/{}".format, CLOSED)
    assert [line.split("/")[-1] for line in told.splitlines() if "https" in line] == ["1", "2", "yes", "no"]
    assert (
        "until 2026-11-17 14:00 UTC (09:00 in New York), once. Orders without an answer by then are not placed" in told
    )
    assert "https" not in message(a_list(), None, CLOSED)
    renewed = message(a_list(), "https://x.example/{}".format, CLOSED, renewed=True)
    assert "links of earlier messages don't work any more" in renewed
    assert "links of earlier messages" not in told


def test_no_link_goes_out_when_nothing_can_be_answered() -> None:
    """Too late, or decided already: the message says so, without a link."""
    late = message(a_list(silence="place"), "https://x.example/{}".format, ENDS)
    assert "Nobody answered in time, so they are placed" in late
    answers = {one.order_id: Answer(one.order_id, "no", "link", "", CLOSED) for one in (AAPL, MSFT)}
    done = message(replace(a_list(), answers=answers), "https://x.example/{}".format, CLOSED)
    assert "refused at 2026-11-16 21:30 UTC" in done
    assert "https" not in late + done


def test_an_answered_order_has_no_link_of_its_own() -> None:
    """The other one still has."""
    answers = {AAPL.order_id: Answer(AAPL.order_id, "no", "link", "", CLOSED)}
    told = message(replace(a_list(), answers=answers), "https://x.example/{}".format, CLOSED)
    assert "https://x.example/1" not in told
    assert "https://x.example/2" in told


def test_what_was_decided_says_who_when_and_why() -> None:
    """By a person, or by nobody."""
    at = CLOSED + timedelta(minutes=5)
    assert answer_words(AAPL, None).endswith(": no answer yet")
    refused = Answer(AAPL.order_id, "no", "command:me", "earnings", at)
    assert answer_words(AAPL, refused).endswith(
        "refused at 2026-11-16 21:35 UTC (16:35 in New York) by command:me (earnings)"
    )
    assert answer_words(AAPL, replace(refused, who=NOBODY)).endswith("no answer in time, not placed")
    assert answer_words(AAPL, replace(refused, who=NOBODY, verdict="yes")).endswith("no answer in time, placed")
