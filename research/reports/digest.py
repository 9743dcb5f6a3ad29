"""The digest of a day or a week: everything a report says, as JSON; the page shows nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from adapters.postgres.accounts import TradeView
from adapters.postgres.calls import CallStore
from adapters.postgres.costs import CostLedger
from adapters.postgres.refusals import owner_was_asked, refused_of
from research.reports.gathering import Gathered
from research.reports.terms import ReportTerms, plain
from trading.accounting.costs import E6
from trading.accounting.refused import limits_saved
from trading.accounting.return_on_ml import Sides, return_on_ml
from trading.broker.book import BOOK
from trading.decisions.arms import ARMS, Arm
from trading.market.benchmark import BENCHMARK
from trading.money import E4
from trading.performance.measuring import targets_met
from trading.performance.metric import estimate


def figures_of(found: Gathered) -> dict[str, Any]:
    """Every figure of the digest that the record up to its last session, the costs and the settings make."""
    period, sessions = found.period, found.to_date.sessions
    made = {
        "kind": period.kind,
        "name": period.name,
        "title": period.title,
        "first_session": sessions[0],
        "last_session": period.last_day,
        "sessions": len(sessions),
        "period_sessions": period.sessions,
        "headline": {"leading": found.leading, **plain(found.headlines[found.leading])},
        "headlines": found.headlines,
        "accounts": [_account(found, name, arm) for name, arm in found.arms.items()],
        "benchmark": _benchmark(found),
        "costs": _costs(found),
        "return_on_ml": _return_on_ml(found),
        "models": _models(found),
        "period": _period(found),
        "limits": {
            name: limits_saved(
                refused_of(found.record.pool, name, found.until), np.array(sessions, dtype="datetime64[D]")
            )
            for name in (*found.arms, *([BOOK] if owner_was_asked(found.record.pool, BOOK) else []))
        },
        "curves": {
            "sessions": sessions,
            "equity_usd": {name: values[1:] for name, values in found.to_date.equity_usd.items()},
        },
    }
    whole: dict[str, Any] = plain(made)
    whole["notes"] = _notes(whole, found.terms)
    return whole


def _account(found: Gathered, name: str, arm: Arm) -> dict[str, Any]:
    equity, figures = found.to_date.equity_usd[name], found.figures[name]
    before = equity[-len(found.period.sessions) - 1]
    closed = [trade for trade in found.trades if trade.book == name]
    return {
        "account": name,
        "title": ARMS[arm].title,
        "equity_usd": equity[-1],
        "period_profit_usd": round(equity[-1] - before, 2),
        "period_return": equity[-1] / before - 1.0,
        "profit_usd": round(equity[-1] - equity[0], 2),
        "open_positions": len(found.to_date.books[name].held()),
        "trades": len(closed),
        "figures": {metric: estimate(value) for metric, value in figures.items()},
        "targets_met": targets_met(figures),
    }


def _benchmark(found: Gathered) -> dict[str, Any]:
    equity = found.to_date.equity_usd[BENCHMARK]
    before = equity[-len(found.period.sessions) - 1]
    return {
        "name": BENCHMARK,
        "period_return": equity[-1] / before - 1.0,
        "profit_usd": equity[-1] - equity[0],
        "figures": {metric: estimate(value) for metric, value in found.figures[BENCHMARK].items()},
    }


def _costs(found: Gathered) -> dict[str, Any]:
    """Dollars by kind of all days and of the period's, and what is on record of other days."""
    first, last = found.to_date.sessions[0], found.until
    entered = [one for one in CostLedger(found.record.pool).all() if one.counts]
    elsewhere = sum(one.amount_usd_e6 - one.within(first, last) for one in entered)
    return {
        "to_date_usd": {kind: amount / E6 for kind, amount in found.costs.items()},
        "period_usd": {kind: amount / E6 for kind, amount in found.costs_of(found.period.first_day, last).items()},
        "other_days_usd": elsewhere / E6,
    }


def _return_on_ml(found: Gathered) -> dict[str, Any] | None:
    """Of the leading account beside the rules'; None where they are the same, or the rules have none."""
    base = next((name for name, arm in found.arms.items() if arm == "rule"), None)
    if base is None or base == found.leading:
        return None
    candidates = CallStore(found.record.pool, found.until).of_accounts(list(found.arms))
    sizes = [trade.cost_cents / 100 for trade in found.trades if trade.book == base]
    equity = found.to_date.equity_usd
    sides = Sides(
        account=found.leading, base=base, equity_usd=equity[found.leading], base_equity_usd=equity[base],
        position_usd=float(np.mean(sizes)) if sizes else None,
        costs_usd=sum(found.costs.values()) / E6 if found.costs else None,
    )  # fmt: skip
    told: dict[str, Any] = plain(return_on_ml(candidates, sides, found.terms.seed))
    return {**told, "candidates": len(candidates)}


def _models(found: Gathered) -> list[dict[str, Any]]:
    """Each version that scored candidates, with the trades that it opened, the first one first."""
    opened = _opened_by(found.rows.opened)
    by: dict[str, list[TradeView]] = {}
    for trade in found.trades:
        view = opened.get((trade.book, trade.symbol, trade.entry_session), {})
        if view.get("source") == "ensemble":
            by.setdefault(str(view["ensemble_id"]), []).append(trade)
    return [
        {
            **plain(one),
            "role": found.rows.roles.get(one.ensemble_id, one.role),
            "trades": len(trades := by.get(one.ensemble_id, [])),
            "won": sum(trade.profit_cents > 0 for trade in trades),
            "profit_usd": sum(trade.profit_cents for trade in trades) / 100,
        }
        for one in found.comparison.versions
    ]


def _opened_by(opened: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str, date], Mapping[str, Any]]:
    """The decision behind each opening fill, by account, symbol and session of the fill."""
    return {(row["account"], row["symbol"], row["session"]): row for row in opened}


def _period(found: Gathered) -> dict[str, Any]:
    rows, first = found.rows, found.period.sessions[0]
    opened = _opened_by(rows.opened)
    closed = [trade for trade in found.trades if trade.exit_session >= first]
    return {
        "in_play": rows.in_play,
        "decided": rows.decided,
        "opened": [
            {**row, "price_usd": row["price_usd_e4"] / E4} for row in rows.opened if row["session"] >= first
        ],
        "closed": [_trade(trade, opened.get((trade.book, trade.symbol, trade.entry_session), {})) for trade in closed],
        "not_filled": rows.not_filled,
        "model_events": rows.model_events,
        "checks": rows.checks,
    }  # fmt: skip


def _trade(trade: TradeView, decision: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "account": trade.book,
        "symbol": trade.symbol,
        "direction": trade.direction,
        "shares": trade.shares,
        "entry_session": trade.entry_session,
        "entry_price_usd": trade.cost_cents / 100 / trade.shares,
        "exit_session": trade.exit_session,
        "exit_price_usd": trade.exit_price_usd_e4 / E4,
        "profit_usd": trade.profit_cents / 100,
        "return": trade.profit_cents / trade.cost_cents,
        "held_sessions": trade.held_sessions,
        "exit": trade.exit_reason,
        "decided_by": decision.get("source"),
        "ensemble_id": decision.get("ensemble_id") if decision.get("source") == "ensemble" else None,
        "patterns": decision.get("patterns", []),
        "reason": trade.entry_reason,
    }


def _notes(told: Mapping[str, Any], terms: ReportTerms) -> list[str]:
    """What a reader must know first: what is missing, in plain words."""
    period, costs = told["period"], told["costs"]
    notes = []
    if not any(row["stocks_in_play"] for row in period["in_play"]):
        notes.append("No stock was in play in this period, so nothing was to decide.")
    if not period["closed"]:
        notes.append("No trade was closed in this period.")
    if not period["opened"]:
        notes.append("No position was opened in this period.")
    if not told["models"]:
        notes.append("No model has scored a candidate; the rules decide alone.")
    if not costs["to_date_usd"]:
        notes.append("No cost is on record for these days, so nothing is said of profit after all costs.")
    if costs["other_days_usd"]:
        notes.append(f"Costs of ${costs['other_days_usd']:,.2f} on record are of other days and aren't counted here.")
    if terms.tbill_percent is None:
        notes.append("No rate of T-bills is set (INPLAY_TBILL_PERCENT), so nothing is compared with them.")
    failed = [
        f"{one['kind']} of {one['session']}" for one in period["checks"] if one["verdict"] in {"failed", "not done"}
    ]
    if failed:
        notes.append(f"Daily checks that did not pass: {', '.join(failed)}.")
    return notes
