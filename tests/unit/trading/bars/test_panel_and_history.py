"""The panel's order and neighbours, and history as it was known."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.trading.made_bars import closes, random_bars, random_panel, table, weekdays
from trading.bars.history import as_of
from trading.bars.panel import BARS_SCHEMA, Panel
from trading.errors import BadDataError
from trading.gates import Break, Split


def test_rows_are_sorted_whatever_the_order_of_the_table() -> None:
    """A shuffled table gives the same panel."""
    bars = random_bars(1)
    shuffled = bars.take(np.random.default_rng(2).permutation(len(bars)))
    left, right = Panel.from_arrow(bars), Panel.from_arrow(shuffled)
    np.testing.assert_array_equal(left.close, right.close)
    np.testing.assert_array_equal(left.sessions, right.sessions)
    np.testing.assert_array_equal(left.offsets, right.offsets)


def test_two_bars_of_one_session_are_refused() -> None:
    """A panel never holds a (symbol, session) pair twice."""
    bar = ("A", date(2010, 1, 4), 1.0, 1.0, 1.0, 1.0, 1)
    with pytest.raises(BadDataError, match="A has more than one bar on 2010-01-04"):
        Panel.from_arrow(table([bar, bar]))


@pytest.mark.parametrize("by", [0, 1, 2, 3, 5, 100, -1, -2, -100])
def test_shifted_never_crosses_into_another_symbol(by: int) -> None:
    """Each row gets the value of the same symbol, or NaN, even when the panel is shorter than the shift."""
    panel = random_panel(3, (4, 2, 1))
    got = panel.shifted(panel.close, by)
    for start, end in zip(panel.offsets[:-1], panel.offsets[1:], strict=True):
        for row in range(start, end):
            expected = panel.close[row - by] if start <= row - by < end else np.nan
            np.testing.assert_equal(got[row], expected)


def _slowly(panel: Panel, splits: list[Split], breaks: list[Break], last: date) -> list[tuple[str, date, float, float]]:
    out = []
    for row in range(len(panel)):
        symbol, session = str(panel.row_symbols[row]), panel.sessions[row].item()
        start = max([b.session for b in breaks if b.symbol == symbol and b.session <= last], default=date.min)
        factor = 1.0
        for split in splits:
            if split.symbol == symbol and session < split.session <= last:
                factor *= split.numerator / split.denominator
        if start <= session <= last:
            out.append((symbol, session, panel.close[row] / factor, panel.volume[row] * factor))
    return out


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), at=st.integers(0, 119))
def test_history_holds_what_was_known_and_nothing_else(seed: int, at: int) -> None:
    """Rows, prices and volumes equal those of a row-by-row reading of the rules."""
    panel, days = random_panel(seed), weekdays(120)
    rng = np.random.default_rng(seed)
    ratios = [(2, 1), (3, 2), (1, 10)]
    splits = [Split(f"S{rng.integers(6)}", days[rng.integers(120)].item(), *ratios[rng.integers(3)]) for _ in range(5)]
    breaks = [Break(f"S{rng.integers(6)}", days[rng.integers(120)].item(), "test") for _ in range(3)]
    splits = list(set(splits))
    last = days[at].item()
    got = as_of(panel, splits, breaks, last)
    expected = _slowly(panel, splits, breaks, last)
    assert list(zip(got.row_symbols.tolist(), got.sessions.tolist(), strict=True)) == [row[:2] for row in expected]
    np.testing.assert_allclose(got.close, [row[2] for row in expected], rtol=1e-12)
    np.testing.assert_allclose(got.volume, [row[3] for row in expected], rtol=1e-12)


def test_a_split_is_unknown_the_session_before_it() -> None:
    """Prices are as printed until the split's session, and in new shares from then on."""
    panel, days = Panel.from_arrow(closes("A", [100, 102, 51])), weekdays(3)
    split = Split("A", days[2].item(), 2, 1)
    assert as_of(panel, [split], [], days[1]).close.tolist() == [100, 102]
    after = as_of(panel, [split, split], [], days[2])
    assert after.close.tolist() == [50, 51, 51]
    assert after.volume.tolist() == [2_000_000, 2_000_000, 1_000_000]
    assert panel.close.tolist() == [100, 102, 51], "the panel that was given must stay as it was"


def test_a_break_withholds_the_bars_before_it_from_its_session_on() -> None:
    """The bar of the break starts a new history."""
    bars, days = closes("A", [100, 102, 30, 31]), weekdays(4)
    cut = Break("A", days[2].item(), "spin-off")
    assert as_of(bars, [], [cut], days[1]).close.tolist() == [100, 102]
    assert as_of(bars, [], [cut], days[3]).close.tolist() == [30, 31]


def test_an_empty_panel_has_an_empty_history() -> None:
    """Nothing in, nothing out, no error."""
    split, cut = Split("A", date(2010, 1, 4), 2, 1), Break("A", date(2010, 1, 4), "test")
    assert len(as_of(BARS_SCHEMA.empty_table(), [split], [cut], date(2010, 1, 5))) == 0
