"""The models learn from outcomes, the account lives through trades: both must mean the same trade."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.trading.made_bars import random_panel
from trading.bars.panel import Panel, as_date
from trading.broker.orders import Bracket, OrderRequest
from trading.engine.account import Account
from trading.engine.bars import Quotes, Step
from trading.engine.engine import Engine
from trading.engine.fees import FREE
from trading.engine.fills import FillModel
from trading.engine.requests import OrderRequests
from trading.engine.rules import AccountRules, EngineRules
from trading.ledger.double_entry import Draft
from trading.money import usd_e4
from trading.outcomes.barriers import OutcomeRules, label

NO_COSTS = EngineRules(
    AccountRules(when_short="reduce"),
    FillModel(half_spread_tiers=(), impact_bp=0, volume_share_bp=10_000, max_jump=10**6, fees=FREE),
)
SHARES = 1600
"""Prices are sixteenths of a dollar, so that neither floats nor cents round."""


def on_sixteenths(panel: Panel) -> Panel:
    """The panel with prices that floats, 1/10,000 USD and cents of 1,600 shares hold exactly."""
    low, high = np.floor(panel.low * 16), np.ceil(panel.high * 16)
    inside = {name: np.round(getattr(panel, name) * 16) / 16 for name in ("open", "close")}
    return replace(panel, low=low / 16, high=high / 16, **inside)


def live_through(panel: Panel, row: int, atr: float, rules: OutcomeRules) -> list[Draft]:
    """The entries of an account that orders at the close of `row` and sees every later session."""
    symbol = str(panel.row_symbols[row])
    far = (usd_e4(atr * rules.stop_atr), usd_e4(atr * rules.target_atr))
    bracket = Bracket(*far, hold_sessions=rules.horizon_sessions)
    order = OrderRequest("o", symbol, "buy", SHARES, "on_open", bracket=bracket)
    engine = Engine(Account("rule"), NO_COSTS)
    engine.account.instruments.add([symbol])
    first = Step.daily(as_date(panel.sessions[row]))
    engine.deposit(first, 10**12)
    engine.submit(OrderRequests.of([order], engine.account.instruments.numbers), first)
    bars = {panel.sessions[at]: at for at in np.flatnonzero(panel.row_symbols == symbol).tolist()}
    for day in np.unique(panel.sessions[panel.sessions > panel.sessions[row]]):
        at = bars.get(day)
        prices = [usd_e4(float(getattr(panel, n)[at])) for n in ("open", "high", "low", "close")] if at else []
        columns = np.array(prices, np.int64).reshape(4, -1)
        quotes = Quotes([symbol] if at else [], columns, np.full(columns.shape[1], 10_000))
        engine.step(quotes.at(Step.daily(as_date(day)), engine.account.instruments))
    return engine.log.drafts()


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    stop=st.sampled_from([0.5, 1.0, 1.5]),
    target=st.sampled_from([0.5, 1.0, 2.5]),
    horizon=st.integers(1, 8),
)
def test_a_trade_without_costs_ends_as_its_outcome_says(seed: int, stop: float, target: float, horizon: int) -> None:
    """Same exit, same session, same return before costs; open in one is open in the other."""
    panel, rng = on_sixteenths(random_panel(seed, (40, 30))), np.random.default_rng(seed)
    rules = OutcomeRules(stop, target, horizon, cost_bp_per_side=10)
    rows = rng.choice(len(panel), 6, replace=False)
    atr = np.maximum(1, np.round(panel.close[rows] * rng.uniform(0.01, 0.04, 6) * 2)) / 2
    outcome = label(panel, rows, np.ones(6, dtype=np.int8), atr, rules)
    every = np.unique(panel.sessions)
    for at, row in enumerate(rows.tolist()):
        where = f"seed {seed}, row {row}"
        fills = [d for d in live_through(panel, row, float(atr[at]), rules) if d.kind == "fill"]
        next_session = every[every > panel.sessions[row]][:1]
        if outcome.entry_session[at : at + 1].tolist() != next_session.tolist():
            assert fills == [], f"{where}: an order that finds no bar in the next session is cancelled"
            continue
        sold = next((d for d in fills if d.payload["side"] == "sell"), None)
        kind = {"time": "horizon"}.get(sold.payload["reason"], sold.payload["reason"]) if sold else "open"
        assert kind == outcome.exit_kind[at], where
        if sold is not None:
            assert np.datetime64(sold.session) == outcome.known_session[at], where
            cost_cents = fills[0].payload["price_usd_e4"] * SHARES // 100
            gross = outcome.net_return[at] + 2 * rules.cost_bp_per_side / 10_000
            assert sold.payload["profit_cents"] / cost_cents == pytest.approx(gross, abs=1e-12), where
