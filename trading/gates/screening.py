"""All gates over a table of bars."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from trading.errors import BadDataError
from trading.gates.findings import QUARANTINE_SCHEMA, Finding, Screened
from trading.gates.jumps import FARTHEST_PRINT, NEWS_VOLUME, find_jumps, unsupported_prints
from trading.gates.rows import (
    Columns,
    Refusals,
    refusal_findings,
    refuse_rows,
    saturated_findings,
    session_findings,
    widen_ranges,
)
from trading.panel import BARS_SCHEMA, Days, Panel


def screen(bars: pa.Table, *, expected_sessions: Days) -> Screened:
    """Every bar is judged; what is wrong is withheld, what is odd is flagged, and every verdict is listed.

    The verdict on a bar uses bars of its own and earlier sessions only, so judging a longer table never changes it.

    Args:
        bars: columns of `BARS_SCHEMA`, rows in any order, prices as printed on the day.
        expected_sessions: sessions of the exchange calendar that cover the bars, `datetime64[D]`.

    Raises:
        BadDataError: when a column is missing or has another type.
    """
    bars = _conformed(bars)
    expected = np.unique(expected_sessions.astype("datetime64[D]"))
    columns = Columns.of(bars)
    refusals = refuse_rows(columns, expected)
    high, low, extended = widen_ranges(columns, refusals.accepted)
    widened = bars.set_column(3, "high", pa.array(high)).set_column(4, "low", pa.array(low))
    _refuse_prints(widened, columns, refusals)
    accepted = widened.filter(pa.array(refusals.accepted)).sort_by([("symbol", "ascending"), ("session", "ascending")])
    jumps = find_jumps(Panel.from_arrow(accepted), expected)
    findings: list[Finding] = [
        *refusal_findings(columns, refusals),
        *extended,
        *saturated_findings(columns, refusals.accepted),
        *session_findings(columns.symbol[refusals.accepted], columns.session[refusals.accepted], expected),
        *jumps.findings,
    ]
    return Screened(accepted, _quarantined(bars, refusals), tuple(findings), jumps.splits, jumps.breaks)


def _conformed(bars: pa.Table) -> pa.Table:
    """The columns of `BARS_SCHEMA` in its order and types."""
    missing = [name for name in BARS_SCHEMA.names if name not in bars.column_names]
    if missing:
        raise BadDataError(f"the bars lack the column(s) {missing}; they have {bars.column_names}. Nothing was stored")
    try:
        return bars.select(BARS_SCHEMA.names).cast(BARS_SCHEMA)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise BadDataError(f"a column of the bars has the wrong type: {error}. Nothing was stored") from error


def _refuse_prints(widened: pa.Table, columns: Columns, refusals: Refusals) -> None:
    """Bars with a print that no volume supports are refused afterwards."""
    origin = np.flatnonzero(refusals.accepted)
    origin = origin[np.lexsort((columns.session[origin], columns.symbol[origin]))]  # the order of a panel's rows
    panel = Panel.from_arrow(widened.take(origin))
    which = np.zeros(len(columns.symbol), dtype=np.bool_)
    which[origin[unsupported_prints(panel)]] = True
    reason = (
        f"the high or low lies more than {FARTHEST_PRINT:.0%} beyond open and close on less than {NEWS_VOLUME:g} times "
        "the usual volume"
    )
    refusals.refuse(which, "unsupported_print", reason)


def _quarantined(bars: pa.Table, refusals: Refusals) -> pa.Table:
    refused = ~refusals.accepted
    table = bars.filter(pa.array(refused))
    for name, values in (("gate", refusals.gate[refused]), ("reason", refusals.reason[refused])):
        table = table.append_column(name, pa.array(values, type=pa.string()))
    return table.cast(QUARANTINE_SCHEMA)
