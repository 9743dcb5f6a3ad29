"""What became of the setups that versions were for, kept in memory as the record keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

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
    """Setups that versions were for, and whether they made money once that is known."""

    def __init__(self, rules: DecisionRules) -> None:
        self._rules = rules
        self._open: list[_For] = []
        self._known: list[tuple[_For, bool]] = []

    def take(self, signals: Signals) -> None:
        """The session's signals wait for their outcome."""
        for version, views in signals.views.items():
            chosen = np.flatnonzero(signals.in_play & is_for(views.rank, self._rules.model_risk))
            self._open += [_For(version, signals.session, str(signals.symbols[row])) for row in chosen]

    def learn(self, session: date, market: Market) -> None:  # noqa: ARG002 - the market is that of its close
        """Outcomes that the session made known are known."""
        if not self._open:
            return
        setups = sorted({(one.symbol, one.session) for one in self._open})
        nobody = pa.nulls(len(setups), pa.float64())
        told = outcomes_on_record(
            market,
            pa.table(
                {
                    "symbol": [symbol for symbol, _ in setups],
                    "session": pa.array([day for _, day in setups], pa.date32()),
                    "pattern_type": [""] * len(setups),
                    "direction": pa.array([1] * len(setups), pa.int16()),
                    "entry_usd": nobody, "stop_usd": nobody, "target_usd": nobody,
                }
            ),
            self._rules.outcome,
        )  # fmt: skip
        rows = zip(*(told.column(name).to_pylist() for name in ("symbol", "session", "pattern_success")), strict=True)
        won = {(symbol, day): success for symbol, day, success in rows if success is not None}
        self._known += [(one, won[one.symbol, one.session]) for one in self._open if (one.symbol, one.session) in won]
        self._open = [one for one in self._open if (one.symbol, one.session) not in won]

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
