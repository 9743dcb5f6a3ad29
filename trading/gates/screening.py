"""All gates over a table of bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trading.arrays import Days, Flags
from trading.bars.intraday import INTRADAY_SCHEMA, IntradayPanel
from trading.bars.panel import BARS_SCHEMA, Panel, symbol_codes
from trading.bars.resample import to_daily
from trading.bars.session_hours import SessionHours
from trading.errors import BadDataError
from trading.gates.distributions import distributions
from trading.gates.factors import NOTHING_STATED, Statements
from trading.gates.findings import MINUTE_QUARANTINE_SCHEMA, QUARANTINE_SCHEMA, Finding, History, Screened
from trading.gates.jumps import Jumps, find_jumps
from trading.gates.minute_prints import unsupported_minutes
from trading.gates.prints import FARTHEST_PRINT, NEWS_VOLUME, odd_prints
from trading.gates.rows import (
    Columns,
    Refusals,
    order_findings,
    refusal_findings,
    refuse_rows,
    saturated_findings,
    session_findings,
    widen_ranges,
)
from trading.gates.series import series_findings
from trading.gates.unit_runs import unit_runs

FAR = f"the open, high or low lies more than {FARTHEST_PRINT:.0%} beyond the prices around it"
UNSUPPORTED = f"{FAR} on less than {NEWS_VOLUME:g} times the usual volume"
UNSUPPORTED_MINUTE = (
    f"the high or low lies more than {FARTHEST_PRINT:.0%} from the close before on less than {NEWS_VOLUME:g} times the "
    "volume of a usual bar"
)
GLITCH = "the whole bar is far from the bars before and after it, which agree, without the dollar volume of news"
STRADDLES = "the bar begins before the open and ends after it, so it is neither premarket nor of the session"
MINUTE_S = 60
END_OF_TIME = np.datetime64("9999-12-31", "s")


def screen(
    bars: pa.Table,
    *,
    expected_sessions: Days,
    history: History | None = None,
    stated: Statements = NOTHING_STATED,
    last_over: np.datetime64 | None = None,
) -> Screened:
    """Every daily bar is judged; what is wrong is withheld, what is odd is flagged, and every verdict is listed.

    The verdict on a bar uses bars of its own and earlier sessions only, so judging a longer table never changes it. Two
    exceptions: a bar on record is judged again when the bar right before it comes in late, and bars that come in
    together with the next one are refused as a glitch when the price is back there.

    Args:
        bars: columns of `BARS_SCHEMA`, rows in any order, prices as printed on the day.
        expected_sessions: sessions of the exchange calendar that cover the bars, `datetime64[D]`.
        history: what is on record.
        stated: what the source says of splits and distributions beside the prices.
        last_over: the last session that has closed; later bars are refused. Not looked at if None.

    Raises:
        BadDataError: when a column is missing or has another type.
    """
    history = history or History()
    bars = _conformed(bars, BARS_SCHEMA)
    expected = np.unique(expected_sessions.astype("datetime64[D]"))
    columns = Columns.of_days(bars, expected, last_over)
    refusals = refuse_rows(columns, ("unknown_session", "the exchange calendar has no such session"))
    widened, extended = _widened(bars, columns, refusals)
    first = _Beside.of(history.bars, widened, refusals.accepted)
    _refuse_runs(first, refusals, stated)
    unknown = _refuse_prints(first, refusals)
    beside = _Beside.of(history.bars, widened, refusals.accepted)
    told = distributions(beside.panel, expected, stated.changes, beside.judged)
    jumps = find_jumps(
        beside.panel, expected, judged=beside.judged, known_splits=history.splits, known_breaks=history.breaks,
        told=told, stated=stated,
    )  # fmt: skip
    findings: list[Finding] = [
        *order_findings(columns),
        *refusal_findings(columns, refusals),
        *extended,
        *saturated_findings(columns, refusals.accepted),
        *session_findings(columns, refusals.accepted, expected),
        *unknown,
        *jumps.findings,
        *series_findings(beside.panel, beside.new),
    ]
    accepted = widened.take(beside.new_rows)
    quarantined = _quarantined(bars, refusals)
    return Screened(
        bars=accepted,
        quarantined=quarantined,
        findings=tuple(findings),
        splits=jumps.splits,
        breaks=jumps.breaks,
        dividends=told.dividends,
        pending=told.pending,
    )


def screen_minutes(
    bars: pa.Table,
    *,
    hours: SessionHours,
    bar_s: int = 60,
    history: History | None = None,
    others: pa.Table | None = None,
    now: np.datetime64 | None = None,
) -> Screened:
    """As `screen`, for bars of minutes; splits and breaks are judged by the days that they make up.

    Args:
        bars: columns of `INTRADAY_SCHEMA`, rows in any order, prices as printed.
        hours: of all sessions of the exchange calendar that cover the bars.
        bar_s: length of a bar.
        history: what is on record of earlier sessions, in days.
        others: minutes on record of these sessions, `INTRADAY_SCHEMA`. A few late minutes make no day: their volume
            would explain no move.
        now: UTC; bars that end later are refused. Not looked at if None.

    Raises:
        BadDataError: when a column is missing or has another type.
    """
    history = history or History()
    bars = _conformed(bars, INTRADAY_SCHEMA)
    columns = Columns.of_minutes(bars, hours, bar_s, now)
    refusals = refuse_rows(columns, ("outside_hours", "no session trades at this time, extended hours included"))
    refusals.refuse(_straddling(bars, hours, bar_s), "straddles_open", STRADDLES)
    far = np.zeros(len(refusals.gate), dtype=np.bool_)
    far[unsupported_minutes(bars, refusals.accepted)] = True
    refusals.refuse(far, "unsupported_print", UNSUPPORTED_MINUTE)
    widened, extended = _widened(bars, columns, refusals)
    accepted = widened.filter(pa.array(refusals.accepted))
    days = _with_others(accepted, others)
    jumps = _daily_jumps(IntradayPanel.from_arrow(days, hours, bar_s=bar_s), hours, history)
    findings: list[Finding] = [
        *order_findings(columns),
        *refusal_findings(columns, refusals),
        *extended,
        *saturated_findings(columns, refusals.accepted),
        *jumps.findings,
    ]
    ordered = accepted.sort_by([("symbol", "ascending"), ("starts_at", "ascending")])
    return Screened(ordered, _quarantined(bars, refusals), tuple(findings), jumps.splits, jumps.breaks)


def _straddling(bars: pa.Table, hours: SessionHours, bar_s: int) -> Flags:
    """Bars that begin before the open of a session and end after it; a minute never does."""
    starts = bars.column("starts_at").to_numpy(zero_copy_only=False).astype("datetime64[s]")
    starts = np.where(np.isnat(starts), np.datetime64(0, "s"), starts)
    at = np.searchsorted(hours.open_at, starts, side="right")
    known = at < len(hours)
    found = np.zeros(len(starts), dtype=np.bool_)
    if bar_s > MINUTE_S:
        ends = (starts + np.timedelta64(bar_s, "s")).astype("datetime64[s]")
        found[known] = hours.open_at[at[known]] < ends[known]
    return found


def daily_bars(bars: pa.Table, hours: SessionHours, bar_s: int = 60) -> pa.Table:
    """The days, `BARS_SCHEMA`, that the regular minutes of accepted bars make up."""
    panel = to_daily(IntradayPanel.from_arrow(bars, hours, bar_s=bar_s), hours, known_at=END_OF_TIME)
    return _table(panel)


def _with_others(accepted: pa.Table, others: pa.Table | None) -> pa.Table:
    """The minutes beside those on record of the same symbols."""
    if others is None:
        return accepted
    same = pc.is_in(others.column("symbol"), accepted.column("symbol").unique())
    return pa.concat_tables([accepted, others.select(INTRADAY_SCHEMA.names).cast(INTRADAY_SCHEMA).filter(same)])


def _daily_jumps(bars: IntradayPanel, hours: SessionHours, history: History) -> Jumps:
    days = _table(to_daily(bars, hours, known_at=END_OF_TIME))
    beside = _Beside.of(history.bars, days, np.ones(days.num_rows, dtype=np.bool_))
    return find_jumps(
        beside.panel, hours.sessions, judged=beside.judged, known_splits=history.splits, known_breaks=history.breaks
    )


@dataclass(frozen=True)
class _Beside:
    """New bars among those on record.

    Attributes:
        panel: both.
        judged: rows that are new, or that follow a new one; shape `(n_rows,)`.
        new: rows that are new.
        new_rows: which of the new table each of these is, in the panel's order.
    """

    panel: Panel
    judged: Flags
    new: Flags
    new_rows: pa.Array[Any]

    @classmethod
    def of(cls, known: pa.Table, new: pa.Table, accepted: Flags) -> _Beside:
        fresh = np.flatnonzero(accepted)
        both = pa.concat_tables([known, new.take(pa.array(fresh))])
        _, codes = symbol_codes(both.column("symbol"))
        sessions = both.column("session").to_numpy(zero_copy_only=False).astype("datetime64[D]")
        order = np.lexsort((sessions, codes))
        is_new = order >= known.num_rows
        judged = is_new.copy()
        judged[1:] |= is_new[:-1] & (codes[order[1:]] == codes[order[:-1]])
        origin = fresh[order[is_new] - known.num_rows]
        return cls(Panel.from_arrow(both), judged, is_new, pa.array(origin))


def _conformed(bars: pa.Table, schema: pa.Schema) -> pa.Table:
    """The columns of the schema in its order and types."""
    missing = [name for name in schema.names if name not in bars.column_names]
    if missing:
        raise BadDataError(f"the bars lack the column(s) {missing}; they have {bars.column_names}. Nothing was stored")
    try:
        return bars.select(schema.names).cast(schema)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise BadDataError(f"a column of the bars has the wrong type: {error}. Nothing was stored") from error


def _widened(bars: pa.Table, columns: Columns, refusals: Refusals) -> tuple[pa.Table, list[Finding]]:
    high, low, extended = widen_ranges(columns, refusals.accepted)
    return bars.set_column(3, "high", pa.array(high)).set_column(4, "low", pa.array(low)), extended


def _table(panel: Panel) -> pa.Table:
    columns = (panel.row_symbols.tolist(), panel.sessions, panel.open, panel.high, panel.low, panel.close)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, BARS_SCHEMA, strict=False)]
    return pa.table([*arrays, pa.array(panel.volume.astype(np.int64))], schema=BARS_SCHEMA)


def _refuse_runs(beside: _Beside, refusals: Refusals, stated: Statements) -> None:
    """Bars of stretches in another unit are refused afterwards."""
    new_rows = beside.new_rows.to_numpy()
    place = np.cumsum(beside.new) - 1
    for run in unit_runs(beside.panel, beside.new, {(one.symbol, one.session) for one in stated.changes}):
        which = np.zeros(len(refusals.gate), dtype=np.bool_)
        which[new_rows[place[run.first : run.end]]] = True
        refusals.refuse(which, "glitch", run.reason)


def _refuse_prints(beside: _Beside, refusals: Refusals) -> list[Finding]:
    """Bars with prints that can't be are refused afterwards; those that nobody can judge yet are told."""
    odd = odd_prints(beside.panel, beside.new)
    for rows, gate, reason in (
        (odd.unsupported, "unsupported_print", UNSUPPORTED),
        (odd.glitches, "glitch", GLITCH),
    ):
        there = np.zeros(len(beside.panel), dtype=np.bool_)
        there[rows] = True
        which = np.zeros(len(refusals.gate), dtype=np.bool_)
        which[beside.new_rows.to_numpy()[there[beside.new]]] = True
        refusals.refuse(which, gate, reason)
    names = beside.panel.symbols[beside.panel.symbol_index[odd.unknown]]
    return [
        Finding(
            gate="first_bars", severity="warning", symbol=str(name), session=beside.panel.sessions[row].item(), rows=1,
            detail=f"{FAR}, and too few bars came before it to say what volume is usual; kept",
        )
        for row, name in zip(odd.unknown.tolist(), names.tolist(), strict=True)
    ]  # fmt: skip


def _quarantined(bars: pa.Table, refusals: Refusals) -> pa.Table:
    refused = ~refusals.accepted
    table = bars.filter(pa.array(refused))
    for name, values in (("gate", refusals.gate[refused]), ("reason", refusals.reason[refused])):
        table = table.append_column(name, pa.array(values, type=pa.string()))
    return table.cast(QUARANTINE_SCHEMA if "session" in bars.column_names else MINUTE_QUARANTINE_SCHEMA)
