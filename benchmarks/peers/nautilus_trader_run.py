"""The strategy in nautilus_trader: all symbols in one back-test engine, one strategy object a symbol."""

import sys
from decimal import Decimal
from typing import Any

import nautilus_trader
from common import CASH_USD, FAST, SHARES, SLOW, read, report
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.indicators import SimpleMovingAverage
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import Equity
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.persistence.wranglers import BarDataWrangler
from nautilus_trader.trading.strategy import Strategy

VENUE = Venue("SIM")
NOTES = [
    "it fills a market order with the bar that it was made from, so that its profit is another one",
    "it takes no bar whose open or close lies outside high and low; those few were widened for it",
]


class CrossConfig(StrategyConfig, frozen=True):  # type: ignore[call-arg, misc]
    """One symbol's."""

    instrument_id: InstrumentId
    bar_type: BarType


class Cross(Strategy):  # type: ignore[misc]
    """Buys and sells where the averages cross."""

    def __init__(self, config: CrossConfig) -> None:
        super().__init__(config)
        self.fast, self.slow = SimpleMovingAverage(FAST), SimpleMovingAverage(SLOW)
        self.was_above: bool | None = None
        self.held = False

    def on_start(self) -> None:
        """Averages follow the bars."""
        self.register_indicator_for_bars(self.config.bar_type, self.fast)
        self.register_indicator_for_bars(self.config.bar_type, self.slow)
        self.subscribe_bars(self.config.bar_type)

    def on_bar(self, bar: Bar) -> None:  # noqa: ARG002 - the averages have it
        """One bar closed."""
        if not self.slow.initialized:
            return
        above = self.fast.value > self.slow.value
        if self.was_above is not None and above not in {self.was_above, self.held}:
            side = OrderSide.BUY if above else OrderSide.SELL
            quantity = Quantity.from_int(SHARES)
            self.submit_order(self.order_factory.market(self.config.instrument_id, side, quantity))
            self.held = above
        self.was_above = above


def equity(symbol: str) -> Equity:
    """A share priced in cents."""
    return Equity(
        instrument_id=InstrumentId(Symbol(symbol), VENUE), raw_symbol=Symbol(symbol), currency=USD, price_precision=4,
        price_increment=Price.from_str("0.0001"), lot_size=Quantity.from_int(1), ts_event=0, ts_init=0,
        maker_fee=Decimal(0), taker_fee=Decimal(0),
    )  # fmt: skip


def prepared(frame: Any) -> BacktestEngine:
    """An engine with all bars and strategies; making it isn't timed."""
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(VENUE, OmsType.NETTING, AccountType.CASH, [Money(CASH_USD, USD)], base_currency=USD)
    data: list[Bar] = []
    for symbol, rows in frame.groupby("symbol"):
        instrument = equity(symbol)
        engine.add_instrument(instrument)
        kind = BarType.from_str(f"{instrument.id}-1-DAY-LAST-EXTERNAL")
        bars = rows.set_index("date")[["open", "high", "low", "close", "volume"]]
        bars = bars.assign(high=bars.drop(columns="volume").max(axis=1), low=bars.drop(columns="volume").min(axis=1))
        data.extend(BarDataWrangler(kind, instrument).process(bars.tz_localize("UTC")))
        engine.add_strategy(
            Cross(CrossConfig(instrument_id=instrument.id, bar_type=kind, strategy_id=f"CROSS-{symbol}"))
        )
    engine.add_data(sorted(data, key=lambda bar: bar.ts_init), validate=False)
    return engine


def main() -> None:
    """Its figures are printed."""
    frame = read(sys.argv[1])
    engine = prepared(frame)
    last_usd = frame.groupby("symbol")["close"].last()

    def trial() -> tuple[int, float]:
        engine.run()
        sales = [order for order in engine.cache.orders_closed() if order.side == OrderSide.SELL]
        held_usd = sum(
            float(position.quantity) * last_usd[position.instrument_id.symbol.value]
            for position in engine.cache.positions_open()
        )
        cash_usd = float(engine.portfolio.account(VENUE).balance_total(USD))
        return len(sales), cash_usd + held_usd - CASH_USD

    report(nautilus_trader.__version__, trial, repeats=1, notes=NOTES, warm=False)


if __name__ == "__main__":
    main()
