"""How a list of orders stands: by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.approvals import CLOSED, ENDS, a_list
from trading.approval.asked import NOBODY, REFUSED, UNANSWERED, Answer, Asked, Silence, Verdict

AAPL, MSFT = "order:2026-11-16:hybrid:AAPL", "order:2026-11-16:hybrid:MSFT"
NIGHT = CLOSED + timedelta(hours=3)


def said(order_id: str, verdict: Verdict) -> Answer:
    """An answer in the evening."""
    return Answer(order_id, verdict, "link", "", NIGHT)


def with_answers(asked: Asked, *answers: Answer) -> Asked:
    """The list with these answers."""
    return replace(asked, answers={one.order_id: one for one in answers})


def test_an_answer_is_for_those_that_have_none() -> None:
    """Refuse AAPL, then approve all: MSFT alone is approved, and nothing is left to say."""
    first = a_list().answered([AAPL], "no", "link", "", NIGHT)
    assert first == [said(AAPL, "no")]
    then = with_answers(a_list(), *first)
    second = then.answered([AAPL, MSFT], "yes", "link", "", NIGHT)
    assert second == [said(MSFT, "yes")]
    assert with_answers(then, *first, *second).answered([AAPL, MSFT], "no", "link", "", NIGHT) == []


def test_an_answer_for_no_order_of_the_list_adds_nothing() -> None:
    """An order of another day isn't answered by this list."""
    assert a_list().answered(["order:2026-11-13:hybrid:AAPL"], "yes", "link", "", NIGHT) == []


@pytest.mark.parametrize(("silence", "verdict", "refusal"), [("place", "yes", ""), ("hold", "no", UNANSWERED)])
def test_silence_means_what_was_said_when_it_was_asked(silence: Silence, verdict: Verdict, refusal: str) -> None:
    """At the end, to the microsecond, what is without an answer is placed or held; what was answered stays."""
    asked = with_answers(a_list(silence=silence), said(AAPL, "no"))
    assert not asked.is_over(ENDS - timedelta(microseconds=1))
    assert asked.is_over(ENDS)
    late = asked.answered([AAPL, MSFT], "yes", "link", "", ENDS)
    assert late == [Answer(MSFT, verdict, NOBODY, "", ENDS)]
    assert late[0].refusal == refusal
    assert asked.answered([MSFT], "yes", "link", "", ENDS - timedelta(microseconds=1)) == [
        Answer(MSFT, "yes", "link", "", ENDS - timedelta(microseconds=1))
    ]


def test_a_refusal_says_who_and_why() -> None:
    """The reason on record of an order that isn't placed."""
    assert said(AAPL, "no").refusal == REFUSED
    assert replace(said(AAPL, "no"), reason="earnings tonight").refusal == f"{REFUSED}: earnings tonight"
    assert replace(said(AAPL, "yes"), reason="why not").refusal == ""
