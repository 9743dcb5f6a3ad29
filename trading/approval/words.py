"""A list of orders and its answers in words, for messages, the page and the command line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from trading.approval.asked import NOBODY, Answer, Asked, AskedOrder
from trading.approval.links import ALL_NO, ALL_YES

NEW_YORK: Final = ZoneInfo("America/New_York")
SILENCE: Final = {
    "place": "Orders without an answer by then are placed.",
    "hold": "Orders without an answer by then are not placed.",
}
LATE: Final = {
    "place": "Nobody answered in time, so they are placed, as INPLAY_APPROVE_SILENCE says.",
    "hold": "Nobody answered in time, so they are not placed, as INPLAY_APPROVE_SILENCE says.",
}
COMMAND: Final = "`inplay approve list` shows the list on the machine."


def order_words(one: AskedOrder) -> str:
    """The order in a line, such as `buy 120 AAPL, about $3,480.00`."""
    side = one.side.replace("_", " ")
    about = "" if one.about_cents is None else f", about ${one.about_cents / 100:,.2f}"
    return f"{side} {one.shares:,} {one.symbol}{about}"


def answer_words(one: AskedOrder, answer: Answer | None) -> str:
    """What was decided of the order, when and by whom."""
    if answer is None:
        return f"{order_words(one)}: no answer yet"
    decided = "approved" if answer.verdict == "yes" else "refused"
    if answer.who == NOBODY:
        decided = "no answer in time, placed" if answer.verdict == "yes" else "no answer in time, not placed"
        return f"{order_words(one)}: {decided}"
    said = f" ({answer.reason})" if answer.reason else ""
    return f"{order_words(one)}: {decided} at {clock(answer.at)} by {answer.who}{said}"


def clock(at: datetime) -> str:
    """The minute in UTC and in New York."""
    return f"{at:%Y-%m-%d %H:%M} UTC ({at.astimezone(NEW_YORK):%H:%M} in New York)"


def title(asked: Asked) -> str:
    """One line; also what a digest tells."""
    count = len(asked.orders)
    state = "to approve" if asked.undecided else "with an answer"
    return f"{count} order{'' if count == 1 else 's'} of {asked.session} {state}, account {asked.account}"


def message(asked: Asked, link: Callable[[str], str] | None, at: datetime, *, renewed: bool = False) -> str:
    """The body of the message.

    Args:
        asked: the list.
        link: the URL for a scope; None where the text holds no links, as on record.
        at: now.
        renewed: an earlier message had links of a key that is gone.
    """
    if asked.is_over(at):
        return "\n".join(
            [*(order_words(one) for one in asked.orders), f"It is too late: {LATE[asked.silence]}", COMMAND]
        )
    if not asked.undecided:
        return "\n".join([*(answer_words(one, asked.answers.get(one.order_id)) for one in asked.orders), COMMAND])
    lines = ["The key of the links was made anew: links of earlier messages don't work any more."] if renewed else []
    for place, one in enumerate(asked.orders, 1):
        lines.append(
            f"{place}. {answer_words(one, asked.answers[one.order_id])}"
            if one.order_id in asked.answers
            else f"{place}. {order_words(one)}"
        )
        if link is not None and one.order_id not in asked.answers:
            lines.append(f"   approve or refuse it: {link(str(place))}")
    if link is not None:
        lines += [f"Approve all: {link(ALL_YES)}", f"Refuse all: {link(ALL_NO)}"]
    return "\n".join(
        [*lines, f"An answer counts until {clock(asked.expires_at)}, once. {SILENCE[asked.silence]}", COMMAND]
    )
