"""Gates that judge a bar by itself, by the calendar and by its doubles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from trading.arrays import Days, Flags, Floats, Ints
from trading.bars.panel import symbol_codes
from trading.bars.session_hours import SessionHours
from trading.gates.findings import Finding

RANGE_TOLERANCE = 0.01
"""An open or close at most this far outside low..high is a rounding or an auction print; farther, the bar is wrong."""

SATURATED_VOLUME = (2**31 - 1) // 100 * 100
"""What a signed 32-bit counter of shares stands at when it is full, in round lots."""

SESSIONS_NAMED = 3


@dataclass(frozen=True)
class Columns:
    """The bars as they came, one array a column; a missing number is NaN, a missing symbol is empty.

    Attributes:
        names: the distinct symbols; empty text where it is missing.
        code: which of them each bar is of.
        session: NaT where the bar belongs to no session of the exchange.
        timed: whether the bar says when it was.
        over: whether it had ended when it came in; a bar in the future is a wrong clock or a wrong time zone.
        time: what tells the bars of one symbol apart: days or seconds.
    """

    names: npt.NDArray[np.str_]
    code: Ints
    session: Days
    timed: Flags
    over: Flags
    time: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    @classmethod
    def of_days(cls, bars: pa.Table, expected_sessions: Days, last_over: np.datetime64 | None = None) -> Columns:
        """The columns of a table with `BARS_SCHEMA`; `last_over` is the last session that has closed."""
        given = bars.column("session").to_numpy(zero_copy_only=False).astype("datetime64[D]")
        session = np.where(np.isin(given, expected_sessions), given, np.datetime64("NaT", "D"))
        over = np.ones(len(given), dtype=np.bool_) if last_over is None else ~(given > last_over)
        return cls._of(bars, session, ~np.isnat(given), over, given.astype(np.int64))

    @classmethod
    def of_minutes(cls, bars: pa.Table, hours: SessionHours, bar_s: int, now: np.datetime64 | None = None) -> Columns:
        """The columns of a table with `INTRADAY_SCHEMA`; bars that end after `now` aren't over."""
        starts_at = bars.column("starts_at").to_numpy(zero_copy_only=False).astype("datetime64[s]")
        timed = ~np.isnat(starts_at)
        at, _ = hours.locate(np.where(timed, starts_at, np.datetime64(0, "s")), bar_s)
        session = np.where(timed & (at >= 0), hours.sessions[at], np.datetime64("NaT", "D"))
        over = np.ones(len(timed), dtype=np.bool_)
        if now is not None:
            over = np.asarray(~(starts_at + np.timedelta64(bar_s, "s") > now))
        return cls._of(bars, session, timed, over, starts_at.astype(np.int64))

    @classmethod
    def _of(cls, bars: pa.Table, session: Days, timed: Flags, over: Flags, time: Ints) -> Columns:
        named: Any = pc.fill_null(bars.column("symbol"), "")
        symbols, codes = symbol_codes(named)
        numbers = {
            name: bars.column(name).to_numpy(zero_copy_only=False).astype(np.float64)
            for name in ("open", "high", "low", "close", "volume")
        }
        return cls(
            names=symbols, code=codes.astype(np.int64), session=session, timed=timed, over=over, time=time, **numbers
        )

    @property
    def symbol(self) -> npt.NDArray[np.str_]:
        """Of each bar; empty text where it is missing."""
        return self.names[self.code]

    @property
    def prices(self) -> Floats:
        """Open, high, low and close, shape `(4, n)`."""
        return np.stack([self.open, self.high, self.low, self.close])

    @property
    def overshoot(self) -> Floats:
        """How far the open or close lies outside low..high, as a fraction; 0 inside."""
        highest, lowest = np.maximum(self.open, self.close), np.minimum(self.open, self.close)
        with np.errstate(divide="ignore", invalid="ignore"):
            outside: Floats = np.maximum(np.maximum(highest / self.high, self.low / lowest) - 1, 0.0)
        return np.nan_to_num(outside)


@dataclass(frozen=True)
class Refusals:
    """The first gate that refused each bar, and why; empty text where none did. Shape `(n,)` each."""

    gate: npt.NDArray[np.object_]
    reason: npt.NDArray[np.object_]
    _accepted: Flags = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_accepted", np.asarray(self.gate == "", dtype=np.bool_))

    @property
    def accepted(self) -> Flags:
        """Bars that no gate has refused."""
        return self._accepted.copy()

    def refuse(self, which: Flags, gate: str, reason: str) -> None:
        """Bars of `which` that were still accepted are refused by `gate` afterwards."""
        new = which & self._accepted
        if new.any():
            self.gate[new], self.reason[new] = gate, reason
            self._accepted[new] = False


def refuse_rows(columns: Columns, off_session: tuple[str, str]) -> Refusals:
    """The verdict of every row gate; a bar's verdict uses its own session only.

    Args:
        columns: the bars.
        off_session: gate and reason for a bar that belongs to no session.
    """
    count = len(columns.code)
    refusals = Refusals(np.full(count, "", dtype=np.object_), np.full(count, "", dtype=np.object_))
    for gate, reason, is_wrong in _ROW_GATES:
        refusals.refuse(is_wrong(columns), gate, reason)
    refusals.refuse(~columns.over, "future_bar", "the bar was not over when it came in")
    refusals.refuse(np.isnat(columns.session), *off_session)
    _refuse_doubles(columns, refusals)
    return refusals


_ROW_GATES: tuple[tuple[str, str, Callable[[Columns], Any]], ...] = (
    (
        "missing_value",
        "the symbol, the time or the volume is missing",
        lambda c: (c.names == "")[c.code] | ~c.timed | ~np.isfinite(c.volume),
    ),
    (
        "bad_price",
        "a price is missing, not finite, zero or negative",
        lambda c: ~(np.isfinite(c.prices) & (c.prices > 0)).all(axis=0),
    ),
    ("high_below_low", "the high is below the low", lambda c: c.high < c.low),
    ("negative_volume", "the volume is negative", lambda c: c.volume < 0),
    (
        "print_outside_range",
        f"the open or close lies more than {RANGE_TOLERANCE:.0%} outside low..high",
        lambda c: c.overshoot > RANGE_TOLERANCE,
    ),
)


def _refuse_doubles(columns: Columns, refusals: Refusals) -> None:
    """Of equal bars the first stays; of bars that contradict each other none does: no one knows which is right."""
    rows = np.flatnonzero(refusals.accepted)
    rows = rows[np.lexsort((columns.time[rows], columns.code[rows]))]  # stable: the first to come stays first
    if len(rows) == 0:
        return
    fresh = np.ones(len(rows), dtype=np.bool_)
    code, time = columns.code[rows], columns.time[rows]
    fresh[1:] = (code[1:] != code[:-1]) | (time[1:] != time[:-1])
    if fresh.all():
        return
    group = np.cumsum(fresh) - 1
    values = np.vstack([columns.prices, columns.volume])[:, rows]
    differs = (values != values[:, np.flatnonzero(fresh)[group]]).any(axis=0)
    contradicted = np.bincount(group, weights=differs)[group] > 0
    for which, gate, reason in (
        (contradicted, "contradicting_duplicate", "another bar of the same symbol and time has other values"),
        (~fresh, "duplicate", "the same bar came before"),
    ):
        mask = np.zeros(len(columns.code), dtype=np.bool_)
        mask[rows[which]] = True
        refusals.refuse(mask, gate, reason)


def refusal_findings(columns: Columns, refusals: Refusals) -> Iterator[Finding]:
    """One finding for each gate and symbol that had bars refused, in the order of appearance of the gates."""
    refused = np.flatnonzero(~refusals.accepted)
    groups: dict[tuple[str, str], list[int]] = {}
    for row in refused.tolist():
        groups.setdefault((refusals.gate[row], str(columns.names[columns.code[row]])), []).append(row)
    for (gate, symbol), rows in sorted(groups.items()):
        sessions = np.unique(columns.session[np.array(rows)])
        sessions = sessions[~np.isnat(sessions)]
        named = ", ".join(str(session) for session in sessions[:SESSIONS_NAMED])
        more = ", …" if len(sessions) > SESSIONS_NAMED else ""
        single = sessions[0].item() if len(sessions) == 1 else None
        detail = f"{refusals.reason[rows[0]]} ({named or 'of no session'}{more}); withheld"
        yield Finding(
            gate=gate, severity="quarantine", symbol=symbol or None, session=single, rows=len(rows), detail=detail
        )


def widen_ranges(columns: Columns, accepted: Flags) -> tuple[Floats, Floats, list[Finding]]:
    """High and low that hold the open and the close, and a finding with the old values for each changed bar."""
    high = np.maximum(columns.high, np.maximum(columns.open, columns.close))
    low = np.minimum(columns.low, np.minimum(columns.open, columns.close))
    changed = np.flatnonzero(accepted & ((high != columns.high) | (low != columns.low)))
    findings = [
        Finding(
            gate="range_extended",
            severity="warning",
            symbol=str(columns.names[columns.code[row]]),
            session=columns.session[row].item(),
            rows=1,
            detail=f"open {columns.open[row]:g} or close {columns.close[row]:g} was outside low {columns.low[row]:g} "
            f".. high {columns.high[row]:g}; the range is now {low[row]:g} .. {high[row]:g}",
        )
        for row in changed.tolist()
    ]
    return high, low, findings


def saturated_findings(columns: Columns, accepted: Flags) -> Iterator[Finding]:
    """A warning for each accepted bar whose volume counter was full."""
    rows: Ints = np.flatnonzero(accepted & (columns.volume >= SATURATED_VOLUME))
    for row in rows.tolist():
        detail = f"the volume {columns.volume[row]:.0f} is a full 32-bit counter; the true volume was higher; kept"
        yield Finding(
            gate="saturated_volume",
            severity="warning",
            symbol=str(columns.names[columns.code[row]]),
            session=columns.session[row].item(),
            rows=1,
            detail=detail,
        )


def order_findings(columns: Columns) -> Iterator[Finding]:
    """One finding for all rows that come before an earlier one of their symbol."""
    order = np.argsort(columns.code, kind="stable")
    code, time = columns.code[order], columns.time[order]
    back = int(((code[1:] == code[:-1]) & (time[1:] < time[:-1]) & columns.timed[order[1:]]).sum())
    if back:
        detail = f"{back} row(s) are earlier than the row of their symbol before them; sorted"
        yield Finding(gate="time_order", severity="info", symbol=None, session=None, rows=back, detail=detail)


def session_findings(columns: Columns, accepted: Flags, expected_sessions: Days) -> Iterator[Finding]:
    """Sessions without a bar: one finding for each that the whole market lacks, one for each symbol with holes."""
    session = columns.session[accepted]
    if len(session) == 0:
        return
    expected = expected_sessions[(expected_sessions >= session.min()) & (expected_sessions <= session.max())]
    traded = np.unique(session)
    present, at = np.unique(columns.code[accepted], return_inverse=True)
    names = columns.names[present]
    first, last = np.full(len(names), session.max()), np.full(len(names), session.min())
    np.minimum.at(first, at, session)
    np.maximum.at(last, at, session)
    for day in expected[~np.isin(expected, traded)]:
        spanning = int(((first < day) & (last > day)).sum())
        detail = "the exchange was open, but no symbol has a bar; left missing"
        yield Finding(
            gate="missing_session",
            severity="warning",
            symbol=None,
            session=date.fromisoformat(str(day)),
            rows=spanning,
            detail=detail,
        )
    span = np.searchsorted(traded, last) - np.searchsorted(traded, first) + 1
    holes = span - np.bincount(at, minlength=len(names))
    for position in np.flatnonzero(holes).tolist():
        count = int(holes[position])
        detail = f"{count} session(s) between {first[position]} and {last[position]} have no bar; left missing"
        yield Finding(
            gate="missing_bars", severity="info", symbol=str(names[position]), session=None, rows=count, detail=detail
        )
