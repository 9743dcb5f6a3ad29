"""A small market and its owner's orders from one number each, fast enough for a million steps of the ledger's tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from tests.fakes.engine_script import KINDS, SIDES, SPLITS, SYMBOLS
from tests.fakes.paper_script import Prices, quotes_of
from trading.broker.orders import Bracket, OrderRequest, Replacement
from trading.engine.account import Account
from trading.engine.bars import CorporateAction, Quotes


@dataclass
class Market:
    """Prices of three symbols, session by session."""

    level: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SYMBOLS, 250_000))
    lost: set[str] = field(default_factory=set)

    def next_session(self, seed: int) -> tuple[Quotes, list[CorporateAction]]:
        """Bars and what companies did before them: one symbol in ten silent, now and then without volume."""
        draw = Random(seed)
        actions = [action for symbol in SYMBOLS for action in self._act(symbol, draw)]
        tape = {
            symbol: self._bar(symbol, draw) for symbol in SYMBOLS if symbol not in self.lost and draw.random() < 0.9
        }
        return quotes_of(tape), actions

    def _bar(self, symbol: str, draw: Random) -> Prices:
        open_, close = (max(1, self.level[symbol] * draw.randrange(94, 107) // 100) for _ in range(2))
        self.level[symbol] = close
        high, low = max(open_, close) * draw.randrange(100, 105) // 100, min(open_, close) * draw.randrange(96, 101)
        return open_, high, max(1, low // 100), close, draw.choice([0, 3_000, 1_000_000, 1_000_000, 1_000_000])

    def _act(self, symbol: str, draw: Random) -> list[CorporateAction]:
        happens = draw.randrange(40)
        if happens <= 2:
            up, down = draw.choice(SPLITS)
            self.level[symbol] = max(1, self.level[symbol] * down // up)
            return [CorporateAction(symbol, "split", up, down, reason="split")]
        if happens == 3:
            return [CorporateAction(symbol, "break", reason="spin-off")]
        if happens <= 6:
            return [CorporateAction(symbol, "dividend", amount_usd_e4=self.level[symbol] // 100)]
        if happens == 7 and draw.random() < 0.1:
            self.lost.add(symbol)
        return []

    def orders(self, seed: int, session: date, account: Account) -> list[OrderRequest]:
        """Orders of all kinds, sizes and times in force, nine in ten sensible, none to several."""
        draw = Random(f"{seed}:{account.name}")
        symbols = account.instruments.symbols
        held = {symbols[i]: int(account.shares[i]) for i in account.held().tolist()}
        count = draw.choice([0, 1, 2, 4])
        return [self._order(f"{session}:{account.name}:{number}", draw, held) for number in range(count)]

    def _order(self, name: str, draw: Random, held: dict[str, int]) -> OrderRequest:
        symbol, kind, side = draw.choice(SYMBOLS), draw.choice(("market", "market", *KINDS)), draw.choice(SIDES)
        price, there = self.level[symbol], held.get(symbol, 0)
        shares = draw.choice([1, 7, 50, 100, 100])
        if draw.random() < 0.1:
            shares = draw.choice([-5, 0, 3_000, 10_000_000])
        else:
            side = (
                draw.choice(("buy", "sell") if there > 0 else ("sell_short", "buy_to_cover"))
                if there
                else (draw.choice(("buy", "buy", "sell_short")))
            )
            shares = min(shares, abs(there)) if side in {"sell", "buy_to_cover"} else shares

        def near() -> int:
            return max(1, price * draw.randrange(95, 106) // 100)

        legs = None
        if side in {"buy", "sell_short"} and draw.random() < 0.5:
            stop, target = (max(1, price * draw.choice([2, 5, 60]) // 100) for _ in range(2))
            legs = Bracket(stop, draw.choice([0, target]), hold_sessions=draw.randrange(4))
        return OrderRequest(
            name, symbol, side, draw.choice([1, 7, 50, 100, 100, 3_000, 10_000_000, -5]), kind,
            draw.choice(["day", "gtc", "gtd", "ioc"]),
            limit_usd_e4=near() if kind in {"limit", "stop_limit"} else 0,
            stop_usd_e4=near() if kind in {"stop", "stop_limit"} else 0,
            trail_bp=300 if kind == "trailing_stop" else 0,
            good_till=date(2010, 1, 4) + timedelta(days=draw.randrange(60)), bracket=legs, reason="a test",
        )  # fmt: skip


def changes_of(seed: int, open_ids: list[str]) -> tuple[list[str], list[Replacement]]:
    """A cancel, a replacement, both, or neither, of orders that are open or were never placed."""
    draw = Random(seed)
    chosen = [*open_ids, "nobody's"]
    cancels = [draw.choice(chosen)] if draw.random() < 0.6 else []
    if draw.random() < 0.4:
        return cancels, []
    return cancels, [Replacement(f"change:{seed}", draw.choice(chosen), shares=draw.choice([1, 5, 50, 0]))]
