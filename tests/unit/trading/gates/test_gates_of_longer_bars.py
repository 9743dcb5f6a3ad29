"""Bars of more than a minute at the gates, and when they are known."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from adapters.calendar import session_hours
from trading.bars.intraday import INTRADAY_SCHEMA, IntradayPanel
from trading.gates import screen_minutes

HOURS = session_hours(date(2024, 7, 1), date(2024, 7, 2))
OPEN = HOURS.open_at[0]


def _bars(*starts_s: int) -> pa.Table:
    """Bars of the first session that begin so many seconds after its open."""
    at = OPEN + np.array(starts_s).astype("timedelta64[s]")
    price = pa.array([10.0] * len(at))
    return pa.table(
        [pa.array(["A"] * len(at)), pa.array(at), price, price, price, price, pa.array([100] * len(at))],
        names=INTRADAY_SCHEMA.names,
    ).cast(INTRADAY_SCHEMA)


@pytest.mark.parametrize(("bar_s", "starts", "refused"), [
    (3_600, (-5_400, -1_800, 1_800, 5_400), 1), (3_600, (-7_200, -3_600, 0, 3_600), 0), (1_800, (-1_800, 0), 0),
    (300, (-300, 0, 300), 0), (600, (-300, 300), 1),
])  # fmt: skip
def test_a_bar_over_the_open_is_neither_before_nor_after_it(bar_s: int, starts: tuple[int, ...], refused: int) -> None:
    """09:00 to 10:00 has the auction of 09:30 in it: refused, and the hours before and after stay."""
    got = screen_minutes(_bars(*starts), hours=HOURS, bar_s=bar_s)
    assert got.quarantined.column("gate").to_pylist() == ["straddles_open"] * refused
    assert got.bars.num_rows == len(starts) - refused


def test_a_bar_is_known_at_its_end() -> None:
    """Five minutes after its start; the last hour of a regular session ends with it, unless after-hours follow."""
    panel = IntradayPanel.from_arrow(_bars(0, 300), HOURS, bar_s=300)
    assert (panel.closes_at - panel.starts_at).astype(int).tolist() == [300, 300]
    last = 6 * 3_600
    regular = IntradayPanel.from_arrow(_bars(0, last), HOURS, bar_s=3_600)
    assert (regular.closes_at - regular.starts_at).astype(int).tolist() == [3_600, 1_800]
    extended = IntradayPanel.from_arrow(_bars(last, last + 3_600), HOURS, bar_s=3_600)
    assert (extended.closes_at - extended.starts_at).astype(int).tolist() == [3_600, 3_600]
