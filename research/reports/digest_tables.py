"""The tables of a digest's page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from research.page import table
from trading.accounting.headline import dollars
from trading.decisions.arms import ARMS

Told = Mapping[str, Any]
UNKNOWN = "not known"


def span(figure: Told, form: str) -> str:
    """A figure of the JSON with its interval, where it has one."""
    if figure["value"] is None:
        return UNKNOWN
    if figure["low"] is None and figure["high"] is None:
        return form.format(figure["value"])
    low, high = ("…" if end is None else form.format(end) for end in (figure["low"], figure["high"]))
    return f"{form.format(figure['value'])} [{low}, {high}]"


def money(figure: Told) -> str:
    """A figure in whole dollars with its interval, where it has one."""
    if figure["value"] is None:
        return UNKNOWN
    if figure["low"] is None and figure["high"] is None:
        return whole_dollars(figure["value"])
    low, high = ("…" if end is None else whole_dollars(end) for end in (figure["low"], figure["high"]))
    return f"{whole_dollars(figure['value'])} [{low}, {high}]"


def whole_dollars(value: float) -> str:
    """For example -$1,234."""
    return dollars(round(value)).removesuffix(".00")


def activity(period: Told) -> str:
    """Stocks in play, and how many candidates each account decided on."""
    in_play = {row["session"]: f"{row['stocks_in_play']}" for row in period["in_play"]}
    words = ", ".join(f"{day}: {count}" for day, count in in_play.items())
    told = f"<p>Stocks in play: {escape(words)}.</p>"
    if not period["decided"]:
        return told + "<p>No candidate was decided on.</p>"
    rows = [
        (account_title(row["account"]), f"{row['candidates']}", f"{row['bought']}", f"{row['smaller']}")
        for row in period["decided"]
    ]
    return told + table(("decisions", "candidates", "bought", "of them smaller"), rows)


def closed_trades(trades: Sequence[Told]) -> str:
    """Trades that were closed, with who opened each."""
    if not trades:
        return "<p>None.</p>"
    headings = ("account", "symbol", "shares", "bought", "sold", "profit", "return", "exit", "decided by", "setup")
    rows = [
        (
            account_title(one["account"]), one["symbol"], f"{one['shares']:,}",
            f"{one['entry_session']} at {one['entry_price_usd']:,.2f}",
            f"{one['exit_session']} at {one['exit_price_usd']:,.2f}", dollars(one["profit_usd"]),
            f"{one['return']:+.2%}", one["exit"], _decider(one), _setup(one["patterns"]),
        )
        for one in trades
    ]  # fmt: skip
    return table(headings, rows)


def opened_positions(rows: Sequence[Told]) -> str:
    """Fills that opened positions, with who decided each."""
    if not rows:
        return "<p>None.</p>"
    headings = ("account", "symbol", "session", "shares", "price", "decided by", "setup")
    return table(
        headings,
        [
            (
                account_title(one["account"]), one["symbol"], one["session"], f"{one['shares']:,}",
                f"{one['price_usd']:,.2f}", _decider(one), _setup(one["patterns"] or ()),
            )
            for one in rows
        ],
    )  # fmt: skip


def _decider(one: Told) -> str:
    if one["source" if "source" in one else "decided_by"] == "ensemble":
        return str(one["ensemble_id"])
    return "rules" if (one.get("source") or one.get("decided_by")) else UNKNOWN


def _setup(patterns: Sequence[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in patterns) or "none"


def what_else(period: Told) -> str:
    """What else happened; nothing where nothing did."""
    orders = [(account_title(r["account"]), r["symbol"], r["status"], r["reason"]) for r in period["not_filled"]]
    roles = [(r["from_session"], r["ensemble_id"], r["role"], r["who"], r["why"]) for r in period["model_events"]]
    checks = [(r["session"], r["kind"], r["verdict"], r["detail"]) for r in period["checks"]]
    told: list[tuple[str, tuple[str, ...], Sequence[Sequence[str]]]] = [
        ("Orders that did nothing", ("account", "symbol", "end", "why"), orders),
        ("Models that changed their role", ("from", "version", "role", "who", "why"), roles),
        ("Daily checks", ("session", "check", "verdict", "detail"), checks),
    ]
    return "".join(f"<h3>{title}</h3>" + table(names, rows, "left") for title, names, rows in told if rows)


def usd(value: float | None) -> str:
    """Dollars, or that nobody knows."""
    return UNKNOWN if value is None else dollars(value)


def account_title(account: str) -> str:
    """The account in words."""
    return next((facts.title for name, facts in ARMS.items() if name == account), account)
