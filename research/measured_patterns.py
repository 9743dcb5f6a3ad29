"""The patterns of a data folder's record, measured against random candles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from adapters.bars.locations import TierLocations
from adapters.bars.store import BarStore
from adapters.postgres.bars_record import BarRecord
from adapters.postgres.catalysts import CatalystStore
from adapters.postgres.pool import Pool
from adapters.postgres.queries import Queries
from data.news.known import news_at
from trading.bars.history import as_of
from trading.catalysts.earnings import covered_at
from trading.cycle.stages import analyse, recognise
from trading.errors import UnavailableError
from trading.evidence.catalyst_ratio import CatalystRatio, catalyst_ratio
from trading.evidence.conditions import Condition, conditions, matching
from trading.evidence.random_candles import label_bars
from trading.evidence.statistics import MIN_COUNT, Measured, Sightings, measure
from trading.outcomes.barriers import OutcomeRules
from trading.patterns.recognised import NAMES

FIRST_DAY = date(1900, 1, 1)


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
    pool: Pool,
    home: Path,
    *,
    rules: OutcomeRules | None = None,
    where: Iterable[tuple[str, str]] = (),
    min_count: int = MIN_COUNT,
    locations: TierLocations | None = None,
) -> Statistics:
    """The candlestick and daily chart patterns of every bar up to the last session with a pattern on record.

    Args:
        pool: of the record; only read.
        home: the data folder.
        rules: of the outcome.
        where: (condition, label) pairs that must all hold; measured as one more condition, named `where`.
        min_count: see `measure`.
        locations: of the tiers of bars.

    Raises:
        UnavailableError: when the record has no patterns yet.
        ConfigurationError: when there is no such condition.
    """
    _, last = Queries(pool).pattern_sessions()
    if last is None:
        raise UnavailableError("The record has no patterns yet. Nothing was lost. Run `inplay run --sample` first.")
    record = BarRecord(pool)
    bars = BarStore(home, record, locations).read(FIRST_DAY, last)
    panel = as_of(bars, record.splits(), record.breaks(), last)
    market = analyse(panel)
    events = CatalystStore(pool).load(FIRST_DAY, last)
    patterns = recognise(market, events, covered_at(events, last), news_at(pool, panel))
    found = patterns.detections
    sightings = Sightings(found.row, found.pattern.astype(np.int64), found.direction, NAMES)
    both = label_bars(panel, market.indicators["atr_14"], rules or OutcomeRules())
    known = conditions(market, patterns)
    asked = _as_condition(known, tuple(where))
    rows = measure(both, sightings, (*known, *asked), min_count=min_count)
    return Statistics(
        first_session=panel.sessions.min().item(),
        last_session=last,
        symbols=len(panel.symbols),
        bars=len(panel),
        bars_before_breaks=bars.num_rows - len(panel),
        tested=sum(row.q_value is not None for row in rows),
        conditions={condition.name: condition.labels for condition in known},
        rows=rows if not asked else tuple(row for row in rows if (row.condition, row.label) != ("where", "other")),
        catalyst=catalyst_ratio(both, sightings, next(c for c in known if c.name == "catalyst")),
    )


def _as_condition(known: Sequence[Condition], where: tuple[tuple[str, str], ...]) -> tuple[Condition, ...]:
    """The bars that meet all pairs as a condition of its own; none when a single pair or nothing was asked."""
    met = matching(known, where)  # also refuses what doesn't exist
    if len(where) < 2:  # noqa: PLR2004 - one label is measured already
        return ()
    return (replace(known[0], name="where", labels=("other", "asked"), code=met.astype(known[0].code.dtype)),)
