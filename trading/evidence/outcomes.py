"""The outcome columns of the training table, of patterns just found and of patterns on record."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trading.arrays import Floats, Ints
from trading.bars.panel import Panel
from trading.cycle.stages import Market
from trading.outcomes.barriers import OutcomeRules, label
from trading.outcomes.own import label_own

Columns = dict[str, Any]
Directions = npt.NDArray[np.int8]


def shared_outcome(market: Market, rows: Ints, direction: Directions, rules: OutcomeRules) -> Columns:
    """The outcome by the barriers that all patterns share; null while open, and without a direction."""
    directed = direction != 0
    atr = np.where(directed, market.indicators["atr_14"][rows], np.nan)
    outcome = label(
        market.panel, rows, np.where(directed, direction, 1).astype(np.int8), atr, rules, endings=market.endings
    )
    known = ~np.isnat(outcome.known_session)
    held = outcome.optimal_hold_sessions
    return {
        "pattern_success": pa.array(outcome.success > 0, mask=~np.isfinite(outcome.success)),
        "max_gain": outcome.max_gain,
        "max_loss": outcome.max_loss,
        "optimal_hold_time": pa.array(np.nan_to_num(held).astype(np.int32), mask=~(np.isfinite(held) & known)),
        "outcome_return": outcome.net_return,
        "outcome_exit": pa.array(outcome.exit_kind.tolist(), pa.string(), mask=~known),
        "outcome_known_session": pa.array(outcome.known_session, pa.date32()),
        "outcome_both_barriers": pa.array(outcome.both_barriers, mask=~np.isfinite(outcome.success)),
    }


def own_outcome(
    market: Market, rows: Ints, direction: Directions, *, stop_usd: Floats, target_usd: Floats, rules: OutcomeRules
) -> Columns:
    """What became of each pattern's own stop and target; null while open, and where there is no stop."""
    at = np.flatnonzero(np.isfinite(stop_usd))
    own = label_own(
        market.panel, rows[at], direction[at],
        stop_usd=stop_usd[at], target_usd=target_usd[at], rules=rules, endings=market.endings,
    )  # fmt: skip
    kinds = np.full(len(rows), "", dtype="U8")
    kinds[at] = np.where(np.isnat(own.known_session), "", own.exit_kind)
    returns, known = np.full(len(rows), np.nan), np.full(len(rows), np.datetime64("NaT", "D"))
    returns[at], known[at] = own.net_return, own.known_session
    return {
        "own_exit": pa.array(kinds.tolist(), pa.string(), mask=kinds == ""),
        "own_return": returns,
        "own_known_session": pa.array(known, pa.date32()),
    }


def outcomes_on_record(market: Market, patterns: pa.Table, rules: OutcomeRules) -> pa.Table:
    """What is known by now of patterns that were recorded earlier.

    They are followed from their own bar and prices, not found again: a split restates the bars behind a pattern, and
    candles that TA-Lib held to be just small enough may not be so in the new shares.

    Args:
        market: history as known at some session.
        patterns: columns symbol, session, pattern_type, direction and the entry, stop and target in USD as recorded
            (null for candlesticks). Those whose bar the history no longer holds (before a break) stay open: ask for
            them with the history that the break ended (`data.ended`).
        rules: of the outcome.

    Returns:
        Symbol, session, pattern_type and direction, and the outcome columns; only rows of which something is known.
    """
    panel = market.panel
    rows, found = _rows_of(panel, patterns)
    kept = patterns.take(found)
    direction = kept.column("direction").to_numpy().astype(np.int8)
    entry, stop, target = (kept.column(f"{name}_usd").to_numpy() for name in ("entry", "stop", "target"))
    restated = panel.close[rows] / entry  # the entry is the bar's close, so this is every split since
    columns = {
        **{name: kept.column(name) for name in ("symbol", "session", "pattern_type", "direction")},
        **shared_outcome(market, rows, direction, rules),
        **own_outcome(market, rows, direction, stop_usd=stop * restated, target_usd=target * restated, rules=rules),
    }
    table = pa.table(columns)
    known = [table.column(name).is_valid().to_numpy() for name in ("outcome_known_session", "own_known_session")]
    return table.filter(pa.array(known[0] | known[1]))


def _rows_of(panel: Panel, patterns: pa.Table) -> tuple[Ints, Ints]:
    """The panel's rows of the patterns whose bar it holds, and the positions of these patterns."""
    symbol = patterns.column("symbol").to_numpy(zero_copy_only=False).astype(str)
    day = patterns.column("session").to_numpy().astype("datetime64[D]").astype(np.int64)
    index = np.searchsorted(panel.symbols, symbol)
    span = np.int64(1) << 32  # more than days since 1970 that a date can have
    keys = panel.symbol_index * span + panel.sessions.astype(np.int64)
    row = np.searchsorted(keys, index * span + day)
    held = (index < len(panel.symbols)) & (row < len(panel))
    at = np.flatnonzero(held)
    at = at[(panel.row_symbols[row[at]] == symbol[at]) & (panel.sessions[row[at]].astype(np.int64) == day[at])]
    return row[at], at
