"""A strategy over recorded bars: what a backtest is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from trading.arrays import Ints
from trading.bars.panel import Panel, as_date
from trading.engine.admission import open_by_instrument
from trading.engine.bars import Bars, CorporateAction, Step
from trading.engine.engine import Engine
from trading.engine.instruments import Instruments
from trading.engine.strategy import Strategy, View
from trading.errors import BadDataError
from trading.money import E4


@dataclass(frozen=True)
class BarHistory:
    """Bars of a universe over time.

    Attributes:
        steps: ascending.
        open_usd_e4: and the other prices and the volume, int64 `(steps, instruments)`; a volume of zero is no bar.
        actions: what companies did before the open, by session.
    """

    steps: Sequence[Step]
    instruments: Instruments
    open_usd_e4: Ints
    high_usd_e4: Ints
    low_usd_e4: Ints
    close_usd_e4: Ints
    volume: Ints
    actions: Mapping[date, Sequence[CorporateAction]] = field(default_factory=dict)

    @staticmethod
    def of_panel(panel: Panel, actions: Mapping[date, Sequence[CorporateAction]] | None = None) -> BarHistory:
        """Daily bars of a panel."""
        days, row = np.unique(panel.sessions, return_inverse=True)
        instruments = Instruments(str(symbol) for symbol in panel.symbols)
        column = np.repeat(np.arange(len(panel.symbols)), np.diff(panel.offsets))
        wide = {}
        for name in ("open", "high", "low", "close", "volume"):
            values = getattr(panel, name)
            if not np.isfinite(values).all():
                raise BadDataError(f"the bars' {name} holds no number in places; import them through the gates first")
            wide[name] = np.zeros((len(days), len(instruments)), np.int64)
            wide[name][row, column] = np.rint(values if name == "volume" else values * E4)
        return BarHistory(
            steps=[Step.daily(as_date(day)) for day in days],
            instruments=instruments,
            open_usd_e4=wide["open"],
            high_usd_e4=wide["high"],
            low_usd_e4=wide["low"],
            close_usd_e4=wide["close"],
            volume=wide["volume"],
            actions=actions or {},
        )

    def bars(self, at: int) -> Bars:
        """The bars of one step."""
        return Bars(
            step=self.steps[at],
            open_usd_e4=self.open_usd_e4[at],
            high_usd_e4=self.high_usd_e4[at],
            low_usd_e4=self.low_usd_e4[at],
            close_usd_e4=self.close_usd_e4[at],
            volume=self.volume[at],
        )


def run(engine: Engine, strategy: Strategy, history: BarHistory) -> None:
    """The strategy has traded through the history; the account is `engine.account`, the entries wait in `engine.log`.

    Args:
        engine: over an account with the history's instruments.
        strategy: sees each bar when it has closed.
        history: the bars.

    Raises:
        BadDataError: when the account has another universe than the history.
    """
    if engine.account.instruments is not history.instruments:
        raise BadDataError(
            "The account numbers its instruments in another way than the bars. Nothing was traded; make it with "
            "the history's own `instruments`."
        )
    last = np.zeros(len(history.instruments), np.int64)
    for at, step in enumerate(history.steps):
        bars = history.bars(at)
        engine.step(bars, history.actions.get(step.session, ()) if step.first else ())
        np.copyto(last, bars.close_usd_e4, where=bars.printed)
        requests = strategy.decide(view(engine, history, at, last))
        if requests is not None and len(requests):
            engine.submit(requests, step, last)


def view(engine: Engine, history: BarHistory, at: int, last_close_usd_e4: Ints) -> View:
    """What is known at the close of the bar number `at`."""
    account, seen = engine.account, slice(0, at + 1)
    return View(
        step=history.steps[at],
        instruments=history.instruments,
        open_usd_e4=history.open_usd_e4[seen],
        high_usd_e4=history.high_usd_e4[seen],
        low_usd_e4=history.low_usd_e4[seen],
        close_usd_e4=history.close_usd_e4[seen],
        volume=history.volume[seen],
        last_close_usd_e4=last_close_usd_e4,
        shares=account.shares,
        ordered=open_by_instrument(account),
        cash_cents=account.cash_cents,
        equity_cents=account.cash_cents + account.positions_cents,
    )
