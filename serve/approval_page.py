"""The page behind a link of an approval: plain HTML that works on any phone, without a script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Final

from trading.approval.asked import Asked, AskedOrder
from trading.approval.links import Link
from trading.approval.words import COMMAND, LATE, SILENCE, answer_words, clock, order_words, title

STYLE: Final = (
    "body{font:18px/1.5 system-ui,sans-serif;margin:1rem auto;max-width:34rem;padding:0 1rem}"
    "button{font:inherit;padding:.7rem 1.2rem;margin:.5rem .5rem 0 0;border:1px solid;border-radius:.4rem}"
    "li{margin:.4rem 0}"
)
"""Served as a file: the pages allow no style within them."""


@dataclass(frozen=True)
class ApprovalPage:
    """An answer to whoever opens a link.

    Attributes:
        status: of HTTP.
        html: the whole page.
    """

    status: int
    html: str


def unknown() -> ApprovalPage:
    """The link is none of ours; why is not told."""
    return ApprovalPage(
        404,
        _page(
            "This link isn't known",
            "<p>Nothing was changed. It may have been cut short, or the key that it was signed with is gone. "
            f"{_commanded()}</p>",
        ),
    )


def asking(asked: Asked, link: Link, orders: Sequence[AskedOrder]) -> ApprovalPage:
    """The orders of the link with what can be done about them."""
    listed = "".join(f"<li>{escape(order_words(one))}<br><small>{escape(one.reason)}</small></li>" for one in orders)
    count = "it" if len(orders) == 1 else f"all {len(orders)}"
    yes, no = f"Approve {count}", f"Refuse {count}"
    shown = {"yes": [("yes", yes)], "no": [("no", no)], None: [("yes", yes), ("no", no)]}[link.verdict]
    buttons = "".join(f'<button name="verdict" value="{value}">{words}</button>' for value, words in shown)
    return ApprovalPage(
        200,
        _page(
            title(asked),
            f'<ul>{listed}</ul><form method="post">{buttons}</form><p>An answer counts until '
            f"{escape(clock(asked.expires_at))}, once. {escape(SILENCE[asked.silence])} Opening this page changed "
            "nothing.</p>",
        ),
    )


def decided(asked: Asked, orders: Sequence[AskedOrder], at: datetime, *, new: bool) -> ApprovalPage:
    """What holds for the orders of the link: 200 when this answer made it so, else 410."""
    listed = "".join(f"<li>{escape(answer_words(one, asked.answers.get(one.order_id)))}</li>" for one in orders)
    late = asked.is_over(at) and not new
    said = f"It is too late for an answer: it counted until {clock(asked.expires_at)}. " if late else ""
    said += LATE[asked.silence] + " " if late and any(one.order_id not in asked.answers for one in orders) else ""
    head = "Done" if new else "Too late" if late else "This was answered already"
    note = "What is approved still has to pass every limit. " if new else f"{said}Nothing was changed by this. "
    return ApprovalPage(
        200 if new else 410,
        _page(head, f"<p>{escape(title(asked))}</p><ul>{listed}</ul><p>{escape(note)}{_commanded()}</p>"),
    )


def unclear() -> ApprovalPage:
    """The form came without an answer in it."""
    return ApprovalPage(
        422, _page("No answer was given", "<p>Nothing was changed. Open the link and press a button.</p>")
    )


def _commanded() -> str:
    return escape(COMMAND.replace("`", ""))


def _page(head: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f'<link rel="stylesheet" href="style.css"><title>inplay</title></head>'
        f"<body><h1>{escape(head)}</h1>{body}</body></html>"
    )
