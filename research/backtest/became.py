"""What became of the setups that versions were for, kept in memory as the record keeps it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.ended import markets_that_ended
from research.backtest.recorded import Recorded
from trading.cycle.stages import Market
from trading.evidence.outcomes import outcomes_on_record
from trading.risk.decision_rules import DecisionRules
from trading.risk.model_trust import SignalEvidence, is_for
from trading.views.signals import Signals


@dataclass(frozen=True)
class _For:
    """A setup in play that a version was for."""

    version: str
    session: date
    symbol: str


class Became:
    """Setups that versions were for, and whether they made money once that is known.

    Args:
        rules: of outcomes, and of what counts as being for a setup.
        recorded: what is known, for what breaks end; None where there are none.
    """

    def __init__(self, rules: DecisionRules, recorded: Recorded | None = None) -> None:
        self._rules, self._recorded = rules, recorded
        self._open: list[_For] = []
        self._known: list[tuple[_For, bool]] = []

    def take(self, signals: Signals) -> None:
        """The session's signals wait for their outcome."""
        for version, views in signals.views.items():
            chosen = np.flatnonzero(signals.in_play & is_for(views.rank, self._rules.model_risk))
            self._open += [_For(version, signals.session, str(signals.symbols[row])) for row in chosen]

    def learn(self, session: date, market: Market) -> None:
        """Outcomes that the session made known are known, those that a break settles too."""
        if self._open:
            self._settle(market)
            for ended in self._ended(session):
                self._settle(ended)

    def _settle(self, market: Market) -> None:
        setups = sorted({(one.symbol, one.session) for one in self._open})
        told = outcomes_on_record(market, _without_plan(setups), self._rules.outcome)
        rows = zip(
            *(told.column(name).to_pylist() for name in ("symbol", "session", "pattern_success")),
            told.column("outcome_known_session").is_valid().to_pylist(), strict=True,
        )  # fmt: skip
        became = {(symbol, day): success for symbol, day, success, known in rows if known}
        done = [(one, became[one.symbol, one.session]) for one in self._open if (one.symbol, one.session) in became]
        self._known += [(one, won) for one, won in done if won is not None]
        self._open = [one for one in self._open if (one.symbol, one.session) not in became]

    def _ended(self, session: date) -> Iterator[Market]:
        """The markets of open setups that breaks up to the session ended."""
        recorded = self._recorded
        if recorded is None:
            return
        first = {one.symbol: one.session for one in sorted(self._open, key=lambda one: one.session, reverse=True)}
        cuts = [cut for cut in recorded.breaks if cut.session <= session]
        symbols = {cut.symbol for cut in cuts if cut.symbol in first and cut.session > first[cut.symbol]}
        if symbols:
            bars = recorded.until(session).bars
            bars = bars.filter(pc.is_in(bars.column("symbol"), pa.array(sorted(symbols))))
            yield from markets_that_ended(bars, recorded.splits, cuts, session)

    def of(self, session: date, since: date, versions: Sequence[str]) -> Mapping[str, SignalEvidence]:
        """The evidence of setups from `since` to the session, by version."""
        found = {}
        for version in versions:
            mine = [
                (one.session, won) for one, won in self._known
                if one.version == version and since <= one.session <= session
            ]  # fmt: skip
            days = np.array([day for day, _ in mine], dtype="datetime64[D]")
            found[version] = SignalEvidence.of(days, np.array([won for _, won in mine], dtype=np.bool_))
        return found


def _without_plan(setups: Sequence[tuple[str, date]]) -> pa.Table:
    """Long setups as patterns without a plan of their own."""
    nobody = pa.nulls(len(setups), pa.float64())
    return pa.table(
        {
            "symbol": [symbol for symbol, _ in setups],
            "session": pa.array([day for _, day in setups], pa.date32()),
            "pattern_type": [""] * len(setups),
            "direction": pa.array([1] * len(setups), pa.int16()),
            **dict.fromkeys(("entry_usd", "stop_usd", "target_usd"), nobody),
        }
    )
