"""A source that tells a symbol anew in another base, and corrections that are none of that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from data.importing.restated import Restated, restated
from tests.unit.trading.made_bars import table, weekdays

DAYS = weekdays(20)


def _bars(symbol: str = "A") -> pa.Table:
    levels = 100 + 3 * np.sin(np.arange(20))
    return table([
        (symbol, day.item(), level, level * 1.012, level * 0.991, level * 1.004, 1_000)
        for day, level in zip(DAYS, levels.tolist(), strict=True)
    ])  # fmt: skip


def _changed(bars: pa.Table, change: Callable[[pa.Table], pa.Table], rows: range) -> list[Restated]:
    came = pa.concat_tables([change(bars.take(list(rows))), bars.slice(rows.stop)])
    known = bars.slice(rows.start)
    differs = np.arange(known.num_rows) < len(rows)
    return list(restated(known, came, differs))


def _times(factor: float, decimals: int = 4) -> Callable[[pa.Table], pa.Table]:
    def scaled(bars: pa.Table) -> pa.Table:
        for at in range(2, 6):
            values = np.round(bars.column(at).to_numpy() * factor, decimals)
            bars = bars.set_column(at, bars.schema.names[at], pa.array(values))
        return bars

    return scaled


@pytest.mark.parametrize("factor", [0.1, 0.5, 10.0, 0.985, 2 / 3])
@pytest.mark.parametrize("count", [1, 2, 9, 20])
def test_one_factor_over_all_bars_is_a_restatement(factor: float, count: int) -> None:
    """However few they are; a single bar that is 1.5 percent off may be a correction."""
    found = _changed(_bars(), _times(factor), range(count))
    expected = 0 if count == 1 and abs(factor - 1) < 0.05 else 1
    assert [(one.symbol, one.rows, one.last) for one in found] == [("A", count, DAYS[count - 1].item())][:expected]
    assert all(one.factor == pytest.approx(factor, rel=1e-3) for one in found)


def test_a_corrected_price_is_none() -> None:
    """One close, one bar's range, a bar in the middle, or other factors for other bars."""
    close = lambda bars: bars.set_column(5, "close", pa.array(bars.column("close").to_numpy() * 0.5))  # noqa: E731
    assert _changed(_bars(), close, range(5)) == []
    bars = _bars()
    differs = np.zeros(20, dtype=np.bool_)
    differs[10] = True
    middle = pa.concat_tables([bars.slice(0, 10), _times(0.5)(bars.slice(10, 1)), bars.slice(11)])
    assert list(restated(bars, middle, differs)) == []
    each = pa.concat_tables([_times(0.5)(bars.slice(0, 1)), _times(0.7)(bars.slice(1, 1)), bars.slice(2)])
    assert list(restated(bars, each, np.arange(20) < 2)) == []


def test_other_symbols_are_told_apart() -> None:
    """Only the one that was restated is named."""
    both = pa.concat_tables([_bars("A"), _bars("B")])
    came = pa.concat_tables([_bars("A"), _times(0.25)(_bars("B"))])
    (found,) = restated(both, came, np.arange(40) >= 20)
    assert (found.symbol, found.last) == ("B", date.fromisoformat(str(DAYS[-1])))
