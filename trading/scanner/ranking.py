"""From candidates to a ranked list: why each name is out, the score of those that are in, and the reason in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt

from trading.arrays import Floats, Ints
from trading.scanner.rules import ScannerRules

PART_WEIGHTS: Mapping[str, float] = {"move": 0.4, "volume": 0.4, "catalyst": 0.2}
"""Weights of the parts of a score; an unknown catalyst is left out and the other two weigh 0.5 each."""


@dataclass(frozen=True)
class InPlay:
    """A stock in play.

    Attributes:
        score: 0 to 1, the weighted mean of the parts.
        parts: each known part: `move` and `volume` are 0.5 at what the rules ask for and near 1 far beyond it;
            `catalyst` is 1 or 0.
        rank: 1 is best.
        reason: in words.
        row: row of its bar in the panel.
    """

    symbol: str
    score: float
    parts: dict[str, float]
    rank: int
    reason: str
    row: int


@dataclass(frozen=True)
class Scan:
    """The stocks in play, best first, and how many names were out for each reason.

    Attributes:
        in_play: at most `max_names`; equal scores in the order of the symbols.
        excluded: reason and count; the first reason that applies counts. With `in_play` it adds up to the
            panel's symbols.
    """

    session: date
    in_play: tuple[InPlay, ...]
    excluded: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Candidates:
    """What is known of the names that have a bar, each array of shape `(n,)`.

    Attributes:
        rows: row of each one's latest bar in its panel.
        dollar_volume: USD traded in the session.
        change: price against the previous close, as a fraction.
        gap: open against the previous close.
        move: what the rules measure: the larger of both.
        volume_ratio: volume against what is usual.
        has_catalyst: 1, 0 or NaN; see `trading.catalysts.earnings.Catalyst`.
        sessions_since_event: likewise.
    """

    rows: Ints
    symbols: npt.NDArray[np.str_]
    close: Floats
    dollar_volume: Floats
    change: Floats
    gap: Floats
    move: Floats
    volume_ratio: Floats
    has_catalyst: Floats
    sessions_since_event: Floats


def ranked(
    found: Candidates,
    rules: ScannerRules,
    float_shares: Mapping[str, float],
    quiet: list[str],
    *,
    stands: str = "closed",
) -> tuple[tuple[InPlay, ...], dict[str, int]]:
    """The names in play, best first, and how many of `found` are out for each reason.

    Args:
        found: the candidates.
        rules: what is asked for.
        float_shares: free float by symbol where it is known.
        quiet: symbols that are out because of a recent split or break.
        stands: what the price did after the gap, in words.
    """
    verdicts = _verdicts(found, rules, float_shares, quiet)
    chosen = np.flatnonzero(verdicts == "")
    parts = [_parts(found, at, rules) for at in chosen.tolist()]
    scores = np.array([_score(part) for part in parts], dtype=np.float64)
    best = np.lexsort((found.symbols[chosen], -scores))[: rules.max_names]
    in_play = tuple(
        InPlay(
            symbol=str(found.symbols[chosen[at]]),
            score=float(scores[at]),
            parts=parts[at],
            rank=rank,
            reason=_in_words(found, int(chosen[at]), stands),
            row=int(found.rows[chosen[at]]),
        )
        for rank, at in enumerate(best.tolist(), start=1)
    )
    excluded = Counter(verdict for verdict in verdicts.tolist() if verdict)
    excluded["ranked below the best"] = len(chosen) - len(best)
    return in_play, {reason: count for reason, count in sorted(excluded.items()) if count}


def _verdicts(
    found: Candidates, rules: ScannerRules, float_shares: Mapping[str, float], quiet: list[str]
) -> npt.NDArray[np.str_]:
    """The first reason why each name is out; empty where it is in."""
    largest = np.inf if rules.max_float_shares is None else rules.max_float_shares
    known_float = np.array([float_shares.get(symbol, np.nan) for symbol in found.symbols.tolist()], dtype=np.float64)
    out = {
        "just after a split or break": np.isin(found.symbols, np.array(quiet, dtype=np.str_)),
        "short history": ~(np.isfinite(found.move) & np.isfinite(found.volume_ratio)),
        "price out of bounds": (found.close < rules.min_price_usd) | (found.close > rules.max_price_usd),
        "illiquid": found.dollar_volume < rules.min_dollar_volume_usd,
        "small move": found.move < rules.min_move,
        "usual volume": found.volume_ratio < rules.min_relative_volume,
        "large float": known_float > largest,
        "catalyst unknown": np.isnan(found.has_catalyst) & rules.needs_catalyst,
        "no catalyst": (found.has_catalyst == 0) & rules.needs_catalyst,
    }
    return np.select(list(out.values()), list(out), default="")


def _parts(found: Candidates, at: int, rules: ScannerRules) -> dict[str, float]:
    """The known parts of a score."""
    move = float(found.move[at]) / rules.min_move
    volume = float(found.volume_ratio[at]) / rules.min_relative_volume
    parts = {"move": move / (1 + move), "volume": volume / (1 + volume)}
    if np.isfinite(found.has_catalyst[at]):
        parts["catalyst"] = float(found.has_catalyst[at])
    return parts


def _score(parts: Mapping[str, float]) -> float:
    weight = sum(PART_WEIGHTS[name] for name in parts)
    return sum(PART_WEIGHTS[name] * value for name, value in parts.items()) / weight


def _in_words(found: Candidates, at: int, stands: str) -> str:
    """For example: up 4.1 % on 3.2x volume, earnings 1 session ago."""
    change, gap = float(found.change[at]), float(found.gap[at])
    words = f"{'up' if change >= 0 else 'down'} {_percent(change)}"
    if abs(gap) > abs(change):
        words = f"gapped {'up' if gap >= 0 else 'down'} {_percent(gap)}, {stands} {words}"
    words += f" on {found.volume_ratio[at]:.1f}\u00d7 volume"
    if found.has_catalyst[at] == 1:
        since = int(found.sessions_since_event[at])
        words += f", earnings {since} session{'' if since == 1 else 's'} ago"
    return words


def _percent(fraction: float) -> str:
    return f"{abs(fraction) * 100:.1f} %"
