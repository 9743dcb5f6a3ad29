"""The scanner during a session: stocks in play at an instant of the premarket, the open or the day, by minute bars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from trading.arrays import Flags, Floats, Ints
from trading.bars.actions import Break, Split
from trading.bars.intraday import IntradayPanel
from trading.bars.panel import as_date
from trading.bars.session_hours import AFTER_HOURS, PREMARKET, REGULAR, SessionHours
from trading.errors import BadDataError
from trading.indicators.intraday import USUAL_SESSIONS, relative_volume, running_sum
from trading.scanner.at_close import recent_jumps
from trading.scanner.ranking import Candidates, InPlay, ranked
from trading.scanner.rules import ScannerRules

Mode = Literal["premarket", "open", "intraday", "after hours"]

OPEN_S = 1800
"""The open is the first half-hour: opening ranges and gaps are traded in it."""
STALE_S = 900
"""A name whose last bar ended longer ago has no present price. Ours: free feeds report trades 15 minutes late."""
STALE = "stale: no bar of this phase in the last 15 minutes"


@dataclass(frozen=True)
class IntradayScan:
    """The stocks in play at an instant, best first, and how many names were out for each reason.

    Attributes:
        at: the instant, UTC.
        mode: what the session is at; volumes are compared with the same time of day in the same phase.
        in_play: their `row` is that of the latest known bar in the panel that was scanned.
        excluded: reason and count; with `in_play` it adds up to the names that had a bar by then.
    """

    at: np.datetime64
    session: date
    mode: Mode
    in_play: tuple[InPlay, ...]
    excluded: dict[str, int]


def scan_intraday(
    bars: IntradayPanel,
    hours: SessionHours,
    *,
    at: np.datetime64,
    rules: ScannerRules,
    catalysts: Mapping[str, int | None] | None = None,
    jumps: Iterable[Split | Break] = (),
    float_shares: Mapping[str, float] | None = None,
    usual_sessions: int = USUAL_SESSIONS,
) -> IntradayScan:
    """Every name with a bar by then is in play or counted under the reason why it is not.

    Args:
        bars: minute bars, restated for splits known at `at`; bars that weren't over then are not looked at.
        hours: of every session in `bars`, and of the one `at` is in.
        at: UTC.
        rules: what is asked for; the liquidity is that of the session so far.
        catalysts: by symbol, how many sessions ago the latest event was, None for none; of other names nobody knows.
        jumps: splits and breaks that were known at `at`.
        float_shares: free float by symbol where it is known.
        usual_sessions: how many sessions make the usual volume; a name with fewer has a short history.

    Raises:
        BadDataError: when `at` lies outside all hours, or `hours` lacks a session of `bars`.
    """
    at = at.astype("datetime64[s]")
    position, mode = _mode(hours, at)
    session = hours.sessions[position]
    rows = np.flatnonzero(bars.closes_at <= at)
    known = bars.take(rows)
    ends = known.session_offsets[1:] - 1
    last = ends[known.sessions[ends] == session] if len(known) else ends
    fresh = last[_is_fresh(known, last, at, mode)]
    found = _candidates(
        known, hours, fresh, position,
        catalysts=catalysts or {}, usual_sessions=usual_sessions, both=rules.both_directions,
    )  # fmt: skip
    quiet = recent_jumps(jumps, hours.sessions[: position + 1], session, rules.quiet_sessions)
    in_play, excluded = ranked(found, rules, float_shares or {}, quiet, stands="now")
    if len(known.symbols) > len(fresh):
        excluded[STALE] = len(known.symbols) - len(fresh)
    placed = tuple(
        InPlay(symbol=o.symbol, score=o.score, parts=o.parts, rank=o.rank, reason=o.reason, row=int(rows[o.row]))
        for o in in_play
    )
    return IntradayScan(at, as_date(session), mode, placed, dict(sorted(excluded.items())))


def _mode(hours: SessionHours, at: np.datetime64) -> tuple[int, Mode]:
    """The session that `at` is in, and what it is at."""
    position = int(np.searchsorted(hours.premarket_at, at, side="right")) - 1
    if position < 0 or at > hours.end_at[position]:
        raise BadDataError(f"{at} UTC lies outside the hours of every session given; nothing was scanned")
    if at < hours.open_at[position]:
        return position, "premarket"
    if at > hours.close_at[position]:  # at the close itself the last regular bar has just become known
        return position, "after hours"
    return position, "open" if at < hours.open_at[position] + np.timedelta64(OPEN_S, "s") else "intraday"


def _is_fresh(known: IntradayPanel, last: Ints, at: np.datetime64, mode: Mode) -> Flags:
    """Whether each last bar is of this phase and recent."""
    phase = {"premarket": PREMARKET, "after hours": AFTER_HOURS}.get(mode, REGULAR)
    recent: Flags = at - known.closes_at[last] <= np.timedelta64(STALE_S + known.bar_s - 60, "s")
    of_phase: Flags = known.phase[last] == phase
    return np.logical_and(recent, of_phase)


def _candidates(
    known: IntradayPanel,
    hours: SessionHours,
    rows: Ints,
    position: int,
    *,
    catalysts: Mapping[str, int | None],
    usual_sessions: int,
    both: bool,
) -> Candidates:
    """What is known of the names at their latest bars `rows`."""
    symbols = known.symbols[known.symbol_index[rows]]
    previous, opened = _reference_prices(known, hours, rows, position)
    change, gap = known.close[rows] / previous - 1, opened / previous - 1
    starts = known.session_offsets[:-1]
    traded = running_sum(known.close * known.volume, starts) if len(known) else known.close
    since = [catalysts.get(symbol, -1) for symbol in symbols.tolist()]
    ratio = relative_volume(known, hours, usual_sessions) if len(known) else known.close
    return Candidates(
        rows=rows,
        symbols=symbols,
        close=known.close[rows],
        dollar_volume=traded[rows],
        change=change,
        gap=gap,
        move=np.fmax(np.abs(change), np.abs(gap)) if both else np.fmax(change, gap),
        volume_ratio=ratio[rows],
        has_catalyst=np.array([np.nan if one == -1 else float(one is not None) for one in since], dtype=np.float64),
        sessions_since_event=np.array([np.nan if one is None or one < 0 else one for one in since], dtype=np.float64),
    )


def _reference_prices(known: IntradayPanel, hours: SessionHours, rows: Ints, position: int) -> tuple[Floats, Floats]:
    """The regular close of the session before and the present session's open, for the symbol of each row.

    The close is NaN where that very session has no regular bar: a move over a missing session isn't today's. In the
    premarket, before a regular bar, the open is the latest price: where it would open now.
    """
    regular = np.flatnonzero(known.phase == REGULAR)
    symbol = known.symbol_index
    previous, opened = np.full(len(known.symbols), np.nan), np.full(len(known.symbols), np.nan)
    if position > 0:
        before = regular[known.sessions[regular] == hours.sessions[position - 1]]
        previous[symbol[before]] = known.close[before]  # rows ascend in time, so the last of a symbol stays
    today = regular[known.sessions[regular] == hours.sessions[position]][::-1]
    opened[symbol[today]] = known.open[today]  # and here the first
    of_row = symbol[rows]
    opened = np.where(np.isnan(opened[of_row]), known.close[rows], opened[of_row])
    return previous[of_row], opened
