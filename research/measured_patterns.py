"""The patterns of a data folder's record, measured against random candles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from adapters.postgres.queries import Queries
from adapters.record import Record
from data.known_at import known_at_close
from trading.cycle.stages import recognise
from trading.errors import UnavailableError
from trading.evidence.catalyst_ratio import CatalystRatio, catalyst_ratio
from trading.evidence.conditions import Condition, conditions, matching
from trading.evidence.random_candles import label_bars
from trading.evidence.statistics import MIN_COUNT, Measured, Sightings, measure
from trading.outcomes.barriers import OutcomeRules
from trading.patterns.recognised import NAMES


@dataclass(frozen=True)
class Statistics:
    """What the record says of its patterns.

    Attributes:
        first_session: of the bars measured.
        last_session: the last one that the run has come to; nothing later is looked at.
        symbols: with bars.
        bars: measured, each long and short.
        bars_before_breaks: on record and left out, because prices before a symbol's latest break don't compare with
            those after it.
        tested: rows that were tested; the q-values are corrected for all of them.
        conditions: measured, with their labels.
        rows: see `trading.evidence.statistics.measure`.
        catalyst: patterns with a catalyst against those without.
    """

    first_session: date
    last_session: date
    symbols: int
    bars: int
    bars_before_breaks: int
    tested: int
    conditions: Mapping[str, tuple[str, ...]]
    rows: tuple[Measured, ...]
    catalyst: CatalystRatio


def measured_patterns(
    record: Record,
    *,
    rules: OutcomeRules | None = None,
    where: Iterable[tuple[str, str]] = (),
    min_count: int = MIN_COUNT,
) -> Statistics:
    """The candlestick and daily chart patterns of every bar up to the last session with a pattern on record.

    Args:
        record: only read.
        rules: of the outcome.
        where: (condition, label) pairs that must all hold; measured as one more condition, named `where`.
        min_count: see `measure`.

    Raises:
        UnavailableError: when the record has no patterns yet.
        ConfigurationError: when there is no such condition.
    """
    _, last = Queries(record.pool).pattern_sessions()
    if last is None:
        raise UnavailableError("The record has no patterns yet. Nothing was lost. Run `inplay run --sample` first.")
    known = known_at_close(record, last)
    bars = known.bars()
    market = known.market(bars)
    panel = market.panel
    patterns = recognise(market, known.events, known.news_at(panel))
    found = patterns.detections
    sightings = Sightings(found.row, found.pattern.astype(np.int64), found.direction, NAMES)
    both = label_bars(panel, market.indicators["atr_14"], rules or OutcomeRules())
    every = conditions(market, patterns)
    asked = _as_condition(every, tuple(where))
    rows = measure(both, sightings, (*every, *asked), min_count=min_count)
    return Statistics(
        first_session=panel.sessions.min().item(),
        last_session=last,
        symbols=len(panel.symbols),
        bars=len(panel),
        bars_before_breaks=bars.num_rows - len(panel),
        tested=sum(row.q_value is not None for row in rows),
        conditions={condition.name: condition.labels for condition in every},
        rows=rows if not asked else tuple(row for row in rows if (row.condition, row.label) != ("where", "other")),
        catalyst=catalyst_ratio(both, sightings, next(c for c in every if c.name == "catalyst")),
    )


def _as_condition(known: Sequence[Condition], where: tuple[tuple[str, str], ...]) -> tuple[Condition, ...]:
    """The bars that meet all pairs as a condition of its own; none when a single pair or nothing was asked."""
    met = matching(known, where)  # also refuses what doesn't exist
    if len(where) < 2:  # noqa: PLR2004 - one label is measured already
        return ()
    return (replace(known[0], name="where", labels=("other", "asked"), code=met.astype(known[0].code.dtype)),)
