"""Excursions of every pattern on record in R, by regime and catalyst, and whether other exits would do better."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from adapters.postgres.queries import Queries
from adapters.record import Record
from data.known_at import known_at_close
from trading.accounting.excursions import (
    Excursions,
    Grid,
    Levels,
    SetupExcursions,
    Suggestion,
    excursions_by_setup,
    suggestions,
)
from trading.arrays import Days, Floats
from trading.cycle.stages import Market, Patterns, recognise
from trading.errors import UnavailableError
from trading.evidence.conditions import conditions
from trading.outcomes.barriers import OutcomeRules, Outcomes, label
from trading.patterns.recognised import NAMES

STOPS = (1.0, 1.5, 2.0)
TARGETS = (1.5, 2.5, 3.5)


@dataclass(frozen=True)
class Told:
    """What was found.

    Attributes:
        setups: by pattern, direction, trend and catalyst.
        suggestions: by pattern and direction.
        open: sightings without an outcome yet; they count nowhere.
    """

    first_session: date
    last_session: date
    rules: OutcomeRules
    trades: int
    open: int
    setups: list[SetupExcursions]
    suggestions: list[Suggestion]


def excursions_told(record: Record, rules: OutcomeRules | None = None) -> Told:
    """Every sighting with a direction up to the last session with a pattern on record.

    Args:
        record: only read.
        rules: exits of now; the defaults if None.

    Raises:
        UnavailableError: when the record has no patterns yet.
    """
    rules = rules or OutcomeRules()
    _, last = Queries(record.pool).pattern_sessions()
    if last is None:
        raise UnavailableError("The record has no patterns yet. Nothing was lost. Run `inplay run --sample` first.")
    known = known_at_close(record, last)
    market = known.market()
    patterns = recognise(market, known.events, known.news_at(market.panel))
    return _told(market, patterns, rules, last)


def _told(market: Market, patterns: Patterns, rules: OutcomeRules, last: date) -> Told:
    panel, found = market.panel, patterns.detections
    keep = np.flatnonzero(found.direction != 0)
    row, pattern, direction = found.row[keep], found.pattern[keep].astype(np.int64), found.direction[keep]
    atr = market.indicators["atr_14"][row]
    session, close = panel.sessions[row], panel.close[row]

    def outcome(levels: Levels) -> Outcomes:
        other = OutcomeRules(levels[0], levels[1], rules.horizon_sessions, rules.cost_bp_per_side)
        return label(panel, row, direction, atr, other)

    def in_r(values: Floats, stop_atr: float) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(values * close / (atr * stop_atr))

    now: Levels = (rules.stop_atr, rules.target_atr)
    done = {levels: outcome(levels) for levels in sorted({now, *((s, t) for s in STOPS for t in TARGETS)})}
    r = {levels: in_r(of.net_return, levels[0]) for levels, of in done.items()}
    by_name = {condition.name: condition for condition in conditions(market, patterns)}
    trend, catalyst = by_name["trend"], by_name["catalyst"]
    parts = np.column_stack([pattern, direction, trend.code[row], catalyst.code[row]])
    unique, group = np.unique(parts, axis=0, return_inverse=True)
    labels = [
        (NAMES[int(p)], "long" if d > 0 else "short", trend.labels[int(t)], catalyst.labels[int(c)])
        for p, d, t, c in unique.tolist()
    ]
    whole = np.isfinite(r[now])
    days, number = np.unique(session, return_inverse=True)
    trades = Excursions(
        session=number[whole], group=group.ravel()[whole], r=r[now][whole],
        mae_r=in_r(done[now].max_loss, now[0])[whole], mfe_r=in_r(done[now].max_gain, now[0])[whole],
    )  # fmt: skip
    kinds = sorted({(int(p), int(d)) for p, d in zip(pattern.tolist(), direction.tolist(), strict=True)})
    rows = {
        f"{NAMES[p]} {'long' if d > 0 else 'short'}": np.flatnonzero((pattern == p) & (direction == d))
        for p, d in kinds
    }
    over: dict[Levels, Days] = {levels: of.known_session for levels, of in done.items()}
    return Told(
        first_session=days[0].item(), last_session=last, rules=rules, trades=int(whole.sum()),
        open=int((~whole).sum()), setups=excursions_by_setup(trades, labels, len(days)),
        suggestions=suggestions(Grid(r, over, session, now), rows),
    )  # fmt: skip
