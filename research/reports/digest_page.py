"""A digest as a page that reads and prints well: every figure in it is one of the digest's JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from research.page import page, table
from research.reports.charts import curves, intervals
from research.reports.claims import CLAIM, claim_words, meta_of
from research.reports.digest_tables import (
    Told,
    account_title,
    activity,
    closed_trades,
    money,
    opened_positions,
    span,
    usd,
    what_else,
)
from trading.accounting.headline import dollars
from trading.decisions.arms import ARMS
from trading.decisions.refusals import REFUSALS
from trading.performance.metrics.registry import in_every_report

OF_LIMITS = (
    "What became of candidates that weren't bought, by the first rule or limit that refused them: the net return of "
    "the trade that wasn't made, with the other sign. Open outcomes count nowhere. Intervals know that a session's "
    "candidates share its market, and are corrected for all limits of an account."
)
MILESTONES, AGAIN = "Milestones of the strategy", "How to run it again"
CLASS = {"met": "met", "not met": "missed", "not enough data": "note"}


def digest_page(told: Told) -> str:
    """The whole file."""
    title = f"inplay: {told['title']}"
    parts = [
        f"<h1>{escape(told['title'])}</h1>",
        f'<p class="headline">{escape(told["headline"]["words"])}</p>',
        *(f'<p class="note">{escape(note)}</p>' for note in told["notes"]),
        "<h2>Accounts</h2>",
        _accounts(told),
        curves(told["curves"]["sessions"], _named(told["curves"]["equity_usd"]), "Equity in dollars"),
        "<h2>After all costs</h2>",
        _headlines(told),
        _costs(told),
        "<h2>In this period</h2>",
        activity(told["period"]),
        "<h3>Trades closed</h3>",
        closed_trades(told["period"]["closed"]),
        "<h3>Positions opened</h3>",
        opened_positions(told["period"]["opened"]),
        what_else(told["period"]),
        "<h2>Models</h2>",
        _models(told["models"]),
        _return_on_ml(told["return_on_ml"]),
        "<h2>What each limit saved or cost</h2>",
        _limits(told["limits"]),
        f"<h2>{MILESTONES}</h2>",
        _criteria(told["milestones"]),
        "<h2>Targets of the strategy</h2>",
        _criteria(told["targets"]),
        f"<h2>{AGAIN}</h2>",
        claim_words(told[CLAIM]),
    ]
    return page(title, parts, meta_of(told[CLAIM]))


def without_live(page: str) -> str:
    """The page without milestones and targets, which are of the moment that it was written at."""
    before, _, rest = page.partition(f"<h2>{MILESTONES}</h2>")
    return before + rest.partition(f"<h2>{AGAIN}</h2>")[2]


def _named(values: Mapping[str, Sequence[float]]) -> dict[str, Sequence[float]]:
    titles = {str(name): facts.title for name, facts in ARMS.items()}
    return {titles.get(name, name): curve for name, curve in values.items()}


def _accounts(told: Told) -> str:
    metrics = [metric for metric in in_every_report() if metric.name != "trades"]
    headings = ("", "equity", "this period", "open", "trades", *(metric.short or metric.title for metric in metrics))
    rows = [
        (
            one["title"], dollars(one["equity_usd"]),
            f"{dollars(one['period_profit_usd'])} ({one['period_return']:+.2%})",
            f"{one['open_positions']}", f"{one['trades']}",
            *(span(one["figures"][metric.name], metric.form) for metric in metrics),
        )
        for one in told["accounts"]
    ]  # fmt: skip
    held = told["benchmark"]
    rows.append(
        (
            held["name"], "", f"{held['period_return']:+.2%}", "", "",
            *(span(held["figures"][m.name], m.form) if m.name in held["figures"] and m.of_benchmark else ""
              for m in metrics),
        )
    )  # fmt: skip
    days = f"{told['first_session']} to {told['last_session']}, {told['sessions']} sessions"
    return f'<p class="note">{escape(days)}. In brackets the 95 % interval.</p>' + table(headings, rows)


def _headlines(told: Told) -> str:
    headings = ("", "profit", "costs", "after all costs", "over T-bills", "over buy-and-hold", "costs eat it below")
    rows = [
        (
            one["account"], money(one["profit_usd"]), usd(one["costs_usd"]),
            money(one["after_costs_usd"]), money(one["over_tbills_usd"]),
            money(one["over_hold_usd"]), money(one["breakeven_usd"]),
        )
        for one in told["headlines"].values()
    ]  # fmt: skip
    rate = told["headline"]["tbill_percent"]
    note = "" if rate is None else f'<p class="note">T-bills at {rate:g} % a year, as INPLAY_TBILL_PERCENT says.</p>'
    return table(headings, rows) + note


def _costs(told: Told) -> str:
    costs = told["costs"]
    if not costs["to_date_usd"]:
        return "<p>No cost of these days is on record.</p>"
    rows = [
        (kind, dollars(amount), dollars(costs["period_usd"].get(kind, 0.0)))
        for kind, amount in costs["to_date_usd"].items()
    ]
    return table(("costs", f"since {told['first_session']}", "this period"), rows)


def _models(models: Sequence[Told]) -> str:
    if not models:
        return "<p>No model has scored a candidate.</p>"
    headings = (
        "version",
        "role",
        "candidates",
        "calls",
        "judged right",
        "rules",
        "better by",
        "trades",
        "won",
        "profit",
    )
    return table(
        headings,
        [
            (
                one["ensemble_id"], one["role"], f"{one['candidates']:,}", f"{one['calls']['calls']:,}",
                span(one["calls"]["accuracy"], "{:.1%}"), span(one["rules"]["accuracy"], "{:.1%}"),
                span(one["less_rules"]["accuracy"], "{:+.1%}"), f"{one['trades']:,}", f"{one['won']:,}",
                dollars(one["profit_usd"]),
            )
            for one in models
        ],
    )  # fmt: skip


def _return_on_ml(told: Told | None) -> str:
    if told is None:
        return "<p>There is no account of models beside one of the rules, so no return on models.</p>"
    rows = [
        (
            one["name"].replace("_", " "),
            money(one["value"]) if one["unit"] == "usd" else span(one["value"], "{:+.1%}"),
            one["says"],
        )
        for one in told["components"]
    ]
    rows.append(("more than the rules' account", money(told["benefit_usd"]), "measured, all in all"))
    rows.append(("return on ML", span(told["roi"], "{:+.0%}"), "(benefit - costs) / costs; needs costs on record"))
    missing = f'<p class="note">{escape(told["missing"])}</p>' if told["missing"] else ""
    few = (
        f"<h3>Return on ML</h3><p>On {told['candidates']:,} candidates with a known outcome, beside the rules: every "
        "call counts, whether size and risk left room for it or not, so these are no profits of an account.</p>"
    )
    return few + missing + table(("", "figure", "how"), rows, "left")


def _limit(name: str) -> str:
    return REFUSALS.get(name) or name


def _limits(limits: Mapping[str, Sequence[Told]]) -> str:
    parts = [f'<p class="note">{escape(OF_LIMITS)}</p>']
    for account, rows in limits.items():
        if not rows:
            continue
        told = [
            (
                _limit(one["limit"]), f"{one['refused']:,}", f"{one['open']:,}",
                span(one["saved"], "{:+.2%}"), one["verdict"] if not one["missing"] else one["missing"],
            )
            for one in rows
        ]  # fmt: skip
        parts.append(
            f"<h3>{escape(account_title(account))}</h3>"
            + table(("refused by", "refused", "open", "saved a trade", ""), told)
        )
        drawn = [
            (_limit(one["limit"]), one["saved"]["value"], one["saved"]["low"], one["saved"]["high"])
            for one in rows
            if one["saved"]["low"] is not None
        ]
        parts.append(intervals(drawn, f"What each limit of {account_title(account)} saved a trade", "{x:+.1%}"))
    return "".join(parts) if len(parts) > 1 else "<p>No candidate was refused.</p>"


def _criteria(rows: Sequence[Told]) -> str:
    met = sum(one["state"] == "met" for one in rows)
    few = sum(one["state"] == "not enough data" for one in rows)
    not_met = len(rows) - met - few
    told = f"{met} of {len(rows)} met, {not_met} not met, {few} without enough data, as of when this was written."
    body = "".join(
        f"<tr><td>{escape(one['section'])}</td><td>{escape(one['name'])}</td><td>{escape(one['target'])}</td>"
        f'<td class="{CLASS[one["state"]]}">{escape(one["state"])}</td><td>{escape(one["words"])}</td></tr>'
        for one in rows
    )
    head = "".join(f"<th>{name}</th>" for name in ("", "criterion", "target", "state", "what the record says"))
    return f'<p class="note">{escape(told)}</p><table class="left"><tr>{head}</tr>{body}</table>'
