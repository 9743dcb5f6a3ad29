"""Years of sessions for watches: the sample's own, shuffled, and made ones in which a pattern's edge reverses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from adapters.sample.bundled import load_bars, load_earnings
from trading.arrays import Floats, Ints
from trading.bars.panel import Panel, as_date
from trading.cycle.stages import analyse, recognise, regimes_of
from trading.outcomes.barriers import OutcomeRules, label
from trading.views.setups import FEATURES, build_setups
from trading.watching.features import WATCHED, day_of, edges_of
from trading.watching.marks import Scored, SessionMarks, marks_of

BLOCK = 5
SEEN = ("rsi_14", "atr_pct", "volume_ratio_20", "return_5", "relative_strength_20")
"""What the probabilities of the sample's setups are fitted to."""


@dataclass(frozen=True)
class SampleSessions:
    """Each session of the sample that has setups with a known outcome.

    Attributes:
        marks: of probabilities fitted to all of it, so that they are calibrated.
        shares: of the watched features, shape `(sessions, 10, bins)`.
        edges: of these bins.
    """

    marks: list[SessionMarks]
    shares: Floats
    edges: Floats


def sample_sessions() -> SampleSessions:
    """The bundled sample: its setups, both directions, with their outcomes by the shared barriers."""
    panel = Panel.from_arrow(load_bars().table)
    market = analyse(panel)
    found = recognise(market, load_earnings().table)
    setups = build_setups(
        panel, market.indicators, market.context, found.detections, found.catalyst, regime=regimes_of(market, found)
    )
    outcome = label(panel, setups.row, setups.direction, market.indicators["atr_14"][setups.row], OutcomeRules())
    known = np.flatnonzero(np.isfinite(outcome.success) & np.isfinite(outcome.net_return))
    seen = np.nan_to_num(setups.matrix[:, [FEATURES.index(name) for name in SEEN]]).astype(np.float64)
    seen = (seen - seen.mean(axis=0)) / seen.std(axis=0)
    won = outcome.success[known]
    said = np.asarray(LogisticRegression().fit(seen[known], won).predict_proba(seen[known])[:, 1])
    watched = setups.matrix[known][:, [FEATURES.index(name) for name in WATCHED]]
    edges, days = edges_of(watched), panel.sessions[setups.row[known]]
    marks, shares = [], []
    for day in np.unique(days):
        rows = np.flatnonzero(days == day)
        marks.append(marks_of(as_date(day), "sample", _scored(said[rows], won[rows])))
        shares.append(day_of(watched[rows], edges).shares)
    return SampleSessions(marks, np.array(shares), edges)


def shuffled(rng: np.random.Generator, sessions: int, wanted: int) -> Ints:
    """Blocks of five neighbouring sessions, drawn with replacement: a year in which nothing drifts."""
    blocks = rng.integers(0, sessions // BLOCK, -(-wanted // BLOCK))
    return np.asarray((blocks[:, None] * BLOCK + np.arange(BLOCK)).ravel()[:wanted])


@dataclass(frozen=True)
class Planted:
    """A pattern whose setups make money more often than others, until they do so less often.

    Attributes:
        edge: by how much, as a probability; as much less from `reverses` on, while the model still says the same.
        share: of the setups.
        setups: of a session.
        reverses: the session, counted from 0.
    """

    edge: float = 0.1
    share: float = 0.2
    setups: int = 300
    reverses: int = 126


def planted_year(rng: np.random.Generator, planted: Planted, sessions: int = 252) -> list[SessionMarks]:
    """The marks of sessions whose setups share the market's move, which lasts for five sessions."""
    moves = np.lib.stride_tricks.sliding_window_view(rng.normal(size=sessions + BLOCK - 1), BLOCK).mean(axis=1)
    moves = moves * np.sqrt(BLOCK) * 0.12
    marks = []
    first = np.datetime64("2010-01-01")
    for at in range(sessions):
        of_pattern = rng.random(planted.setups) < planted.share
        said = 0.46 + rng.normal(0.0, 0.02, planted.setups) + planted.edge * of_pattern
        true = np.where(of_pattern & (at >= planted.reverses), 0.46 - planted.edge, said) + moves[at]
        won = (rng.random(planted.setups) < true).astype(np.float64)
        marks.append(marks_of(as_date(first + at), "planted", _scored(said, won)))
    return marks


def _scored(said: Floats, won: Floats) -> Scored:
    nothing, no = np.full(len(said), np.nan), np.zeros(len(said), dtype=np.bool_)
    return Scored(
        probability=said, expected_return=nothing, in_play=no, chosen=no, by_rules=no, won=won,
        net_return=np.where(won > 0, 0.02, -0.02), catalyst=nothing,
    )  # fmt: skip
