"""Random weeks of a small market for the tests of the engine: every order, halts, splits, dividends, silence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
from hypothesis import strategies as st

from trading.broker.orders import Bracket, OrderRequest, Replacement
from trading.engine.bars import Bars, CorporateAction, Step
from trading.engine.engine import Engine
from trading.engine.instruments import Instruments
from trading.engine.requests import OrderRequests

SYMBOLS = ("AA", "BB", "CC")
FIRST = date(2010, 1, 4)
SPLITS = ((2, 1), (3, 2), (1, 10), (7, 3))
KINDS = ("market", "limit", "stop", "stop_limit", "trailing_stop", "on_open", "on_close")
SIDES = ("buy", "sell", "sell_short", "buy_to_cover")
HAPPENS = {0: "split", 1: "split", 2: "break", 3: "lost", 4: "dividend", 5: "dividend"}
"""Of thirty mornings of a symbol, and on each of the others nothing."""
ACTIONS = tuple(dict.fromkeys(HAPPENS.values()))
Prices = tuple[int, int, int, int, int]


@dataclass(frozen=True)
class Moment:
    """One bar time, and what its owner does after it."""

    step: Step
    prices: dict[str, Prices]
    halted: frozenset[str] = frozenset()
    actions: tuple[CorporateAction, ...] = ()
    orders: tuple[OrderRequest, ...] = ()
    cancels: tuple[str, ...] = ()
    changes: tuple[Replacement, ...] = ()


def bars_of(moment: Moment, instruments: Instruments) -> Bars:
    """The bars as columns, halted ones told."""
    columns = np.array(list(moment.prices.values()), np.int64).reshape(-1, 5).T
    halted = np.array([symbol in moment.halted for symbol in moment.prices], np.bool_)
    return Bars.of(moment.step, instruments, list(moment.prices), columns[:4], columns[4], halted=halted)


def live(engine: Engine, moment: Moment) -> None:
    """The engine has lived through the moment; prices known for orders are those of its bars."""
    bars = bars_of(moment, engine.account.instruments)
    engine.step(bars, moment.actions)
    engine.cancel(moment.cancels, moment.step)
    engine.replace(moment.changes, moment.step)
    requests = OrderRequests.of(moment.orders, engine.account.instruments.numbers)
    engine.submit(requests, moment.step, bars.close_usd_e4)


@st.composite
def prices(draw: st.DrawFn, price_usd_e4: int) -> Prices | None:
    """A bar around a price; None where the symbol is silent. One in ten has no volume, some have little."""
    if draw(st.integers(0, 9)) == 0:
        return None
    open_, close = (max(1, price_usd_e4 * (100 + draw(st.integers(-6, 6))) // 100) for _ in range(2))
    high = max(open_, close) * (100 + draw(st.integers(0, 4))) // 100
    low = max(1, min(open_, close) * (100 - draw(st.integers(0, 4))) // 100)
    return open_, high, low, close, draw(st.sampled_from([0, 3_000, 1_000_000, 1_000_000, 1_000_000]))


@st.composite
def orders(draw: st.DrawFn, name: str, symbol: str, price: int, *, may_close: bool) -> OrderRequest:
    """An order of any kind, most of them sensible."""
    kind = draw(st.sampled_from(("market", *KINDS)))
    side = draw(st.sampled_from(SIDES if may_close else ("buy", "buy", "sell_short")))
    sizes = (1, 7, 50) if side in {"sell", "buy_to_cover"} else (7, 100, 100, 100, 3_000, 10_000_000)

    def near() -> int:
        return max(1, price * (100 + draw(st.integers(-5, 5))) // 100)

    legs = None
    if side in {"buy", "sell_short"} and draw(st.booleans()):
        far = [max(1, price * draw(st.sampled_from([2, 5, 60])) // 100) for _ in range(2)]
        legs = Bracket(far[0], draw(st.sampled_from([0, far[1]])), hold_sessions=draw(st.integers(0, 3)))
    return OrderRequest(
        name, symbol, side, draw(st.sampled_from(sizes)), kind,
        draw(st.sampled_from(["day", "gtc", "gtd", "ioc"])),
        limit_usd_e4=near() if kind in {"limit", "stop_limit"} else 0,
        stop_usd_e4=near() if kind in {"stop", "stop_limit"} else 0,
        trail_bp=300 if kind == "trailing_stop" else 0,
        good_till=FIRST + timedelta(days=draw(st.integers(0, 12))),
        bracket=legs, reason='a "test" ä',
    )  # fmt: skip


@st.composite
def scripts(
    draw: st.DrawFn, max_sessions: int = 8, bars_per_session: int = 1, actions: tuple[str, ...] = ACTIONS
) -> list[Moment]:  # fmt: skip
    """Moments in order, with halts, silent sessions and what companies do: those of `ACTIONS` that are asked for."""
    level = {symbol: draw(st.sampled_from([30_000, 250_000, 6_000_000])) for symbol in SYMBOLS}
    lost: set[str] = set()
    out: list[Moment] = []
    placed: list[str] = []
    for number in range(draw(st.integers(1, max_sessions))):
        session = FIRST + timedelta(days=number)
        for part in range(bars_per_session):
            at = datetime.combine(session, time(15 + part), UTC)
            step = Step(at, session, first=part == 0, last=part == bars_per_session - 1)
            happened = draw(_actions(level, lost, actions)) if part == 0 else ()
            made = {symbol: draw(prices(level[symbol])) for symbol in SYMBOLS if symbol not in lost}
            tape = {symbol: bar for symbol, bar in made.items() if bar}
            level |= {symbol: bar[3] for symbol, bar in tape.items()}
            halted = frozenset(symbol for symbol in SYMBOLS if draw(st.integers(0, 14)) == 0)
            names = [f"{at:%m%d%H}:{symbol}" for symbol in SYMBOLS if draw(st.booleans())]
            before = {name[-2:] for name in placed}
            wanted = tuple(
                draw(orders(name, name[-2:], level[name[-2:]], may_close=name[-2:] in before)) for name in names
            )
            placed += names
            out.append(Moment(step, tape, halted, tuple(happened), wanted, *draw(_changes(placed, f"{at:%m%d%H}"))))
    return out


@st.composite
def _actions(draw: st.DrawFn, level: dict[str, int], lost: set[str], kinds: tuple[str, ...]) -> list[CorporateAction]:
    out = []
    for symbol in SYMBOLS:
        happens = HAPPENS.get(draw(st.integers(0, 29)), "")
        if happens not in kinds:
            continue
        if happens == "split":
            up, down = draw(st.sampled_from(SPLITS))
            level[symbol] = max(1, level[symbol] * down // up)
            out.append(CorporateAction(symbol, "split", up, down))
        elif happens == "break":
            level[symbol] = max(1, level[symbol] * draw(st.sampled_from([100, 70, 130])) // 100)
            out.append(CorporateAction(symbol, "break", reason="spin-off", explained=draw(st.booleans())))
        elif happens == "lost":
            lost.add(symbol)
        else:
            out.append(CorporateAction(symbol, "dividend", amount_usd_e4=level[symbol] // 100))
    return out


@st.composite
def _changes(draw: st.DrawFn, placed: list[str], mark: str) -> tuple[tuple[str, ...], tuple[Replacement, ...]]:
    """Sometimes an order is cancelled, sometimes made smaller; most of them are not open any more."""
    if not placed or draw(st.integers(0, 3)):
        return (), ()
    chosen = draw(st.sampled_from(placed))
    if draw(st.booleans()):
        return (chosen,), ()
    return (), (Replacement(f"change:{mark}", chosen, shares=draw(st.sampled_from([1, 50]))),)


def without_orders(moment: Moment) -> Moment:
    """The same market with nobody trading in it."""
    return replace(moment, orders=(), cancels=(), changes=())
