"""Gates over stretches of bars: what they find, what they leave alone, and that they only warn."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from trading.arrays import Days
from trading.bars.panel import BARS_SCHEMA
from trading.gates import Dividend, Finding, Screened, Split, screen
from trading.gates.factors import FactorChange, Statements
from trading.gates.meanings import GATES
from trading.gates.ratios import read_ratio

CALENDAR: Days = np.arange(np.datetime64("2010-01-04"), np.datetime64("2011-06-01"))
CALENDAR = CALENDAR[np.is_busday(CALENDAR)]
Row = tuple[str, object, float, float, float, float, int]


def _quiet(
    symbol: str = "A", count: int = 40, price: float = 100.0, volume: int = 1_000_000, start: int = 0
) -> list[Row]:
    """Bars that move by up to 1 % and never repeat."""
    rows: list[Row] = []
    for number, day in enumerate(CALENDAR[start : start + count].tolist()):
        close = price * (1 + (number * 7 % 11 - 5) / 500)
        rows.append((symbol, day, close, close * 1.005, close * 0.995, close, volume + 1_000 * (number * 5 % 13)))
    return rows


def _priced(row: Row, times: float, volume: float = 1.0) -> Row:
    symbol, day, *prices, shares = row
    opened, high, low, close = (float(str(price)) * times for price in prices)
    return symbol, day, opened, high, low, close, int(int(str(shares)) * volume)


def _screen(rows: list[Row], **given: object) -> Screened:
    columns = [pa.array(column) for column in zip(*rows, strict=True)]
    table = pa.table(columns, names=BARS_SCHEMA.names).cast(BARS_SCHEMA)
    return screen(table, expected_sessions=CALENDAR, **given)  # type: ignore[arg-type]


def _of(screened: Screened, gate: str) -> list[Finding]:
    return [finding for finding in screened.findings if finding.gate == gate]


def _day(number: int) -> date:
    day: date = CALENDAR[number].item()
    return day


def test_bars_that_are_as_usual_are_not_flagged() -> None:
    """Forty quiet bars of two symbols have no finding at all."""
    assert _screen(_quiet() + _quiet("B", price=20.0, volume=30_000)).findings == ()


def test_a_close_that_leaves_its_neighbours_and_returns_is_a_spike_and_is_kept() -> None:
    """30 % up and back while the other symbols stand still; without its return it is none."""
    rows = _quiet() + _quiet("B", price=20.0) + _quiet("C", price=30.0)
    rows[30] = _priced(rows[30], 1.3, 6.0)
    got = _screen(rows)
    assert [(f.symbol, f.session, f.severity) for f in _of(got, "price_spike")] == [("A", _day(30), "warning")]
    assert got.bars.num_rows == len(rows)
    stays = [_priced(row, 1.3, 6.0) if 30 <= at < 40 else row for at, row in enumerate(rows)]
    assert _of(_screen(stays), "price_spike") == []


def test_a_move_of_the_whole_market_is_no_spike() -> None:
    """When all symbols rise by 30 % and fall back, no single one of them is wrong."""
    rows = _quiet() + _quiet("B", price=20.0) + _quiet("C", price=30.0)
    moved = [_priced(row, 1.3, 6.0) if at % 40 == 30 else row for at, row in enumerate(rows)]
    assert _of(_screen(moved), "price_spike") == []


def test_a_spike_at_the_end_is_told_when_the_next_bar_comes() -> None:
    """The verdict needs the bar after, so it is a warning that comes with it."""
    rows = _quiet()
    rows[30] = _priced(rows[30], 1.3, 6.0)
    assert _of(_screen(rows[:31]), "price_spike") == []
    assert len(_of(_screen(rows[:32]), "price_spike")) == 1


def test_a_bar_that_was_filled_forward_is_flagged() -> None:
    """The values of the day before, volume included, on another day; one finding for a run of them."""
    rows = _quiet()
    for at in (20, 21):
        rows[at] = ("A", _day(at), *rows[19][2:])  # type: ignore[assignment]
    (found,) = _of(_screen(rows), "stale_bars")
    assert (found.session, found.rows) == (_day(20), 2)


def test_bars_without_a_range_may_repeat_twice() -> None:
    """100 shares at one price on three days are chance; on four they are told."""
    flat: list[Row] = [("A", _day(at), 5.0, 5.0, 5.0, 5.0, 100) for at in range(4)]
    assert _of(_screen(flat[:3]), "stale_bars") == []
    assert [f.rows for f in _of(_screen(flat), "stale_bars")] == [3]


def test_twenty_sessions_without_a_trade_are_told_once() -> None:
    """Nineteen are not, and trades in between begin the count anew."""
    silent = [(*row[:6], 0) if 10 <= at < 30 else row for at, row in enumerate(_quiet())]
    (found,) = _of(_screen(silent), "silent_series")
    assert (found.session, found.rows) == (_day(11), 19)
    fewer = [(*row[:6], 0) if 10 <= at < 29 else row for at, row in enumerate(_quiet())]
    assert _of(_screen(fewer), "silent_series") == []


@pytest.mark.parametrize(("times", "told"), [(100.0, True), (0.01, True), (10.0, False), (1000.0, False)])
def test_a_step_of_a_hundred_in_the_volume_is_told(times: float, told: bool) -> None:  # noqa: FBT001
    """From shares to lots or back; ten times or a thousand times is something else."""
    rows = [_priced(row, 1.0, times) if at >= 20 else row for at, row in enumerate(_quiet())]
    assert [f.session for f in _of(_screen(rows), "volume_unit_change")] == ([_day(20)] if told else [])


def test_a_symbol_that_returns_after_months_at_another_price_is_another_company() -> None:
    """Eighty sessions of silence and half the price are a break; at the same price they are none."""
    again = _quiet("A", 10, 50.0, start=120)
    got = _screen(_quiet() + again)
    (cut,) = got.breaks
    assert (cut.symbol, cut.session) == ("A", _day(120))
    assert [f.rows for f in _of(got, "symbol_reuse")] == [40]
    assert _screen(_quiet() + _quiet("A", 10, start=120)).breaks == ()


def test_bars_of_the_future_are_withheld() -> None:
    """A bar of a session that has not closed by the machine's clock can't be true yet."""
    got = _screen(_quiet(count=3), last_over=np.datetime64(_day(1)))
    assert got.bars.num_rows == 2
    assert got.quarantined.column("gate").to_pylist() == ["future_bar"]


def test_rows_out_of_order_are_sorted_and_told() -> None:
    """The newest first: each row but the first is earlier than the one before it."""
    got = _screen(_quiet(count=5)[::-1])
    assert [f.rows for f in _of(got, "time_order")] == [4]
    assert got.bars.column("session").to_pylist() == [_day(at) for at in range(5)]


@pytest.mark.parametrize(
    ("ratio", "split"),
    [(0.5, (2, 1)), (2 / 3, (3, 2)), (10.0, (1, 10)), (34.99996, (1, 35)), (10 / 11, (11, 10)), (1 / 50, (50, 1)),
     (0.98, None), (0.5431830, None), (1.02, None), (7.519, (79, 594)), (0.869565, (23, 20)), (0.7496, None),
     (0.8566, None), (0.8893, None)],
)  # fmt: skip
def test_a_factor_of_whole_numbers_is_a_split(ratio: float, split: tuple[int, int] | None) -> None:
    """2-for-1, 3-for-2, 1-for-35, a stock dividend of 15 %; what raises the price is a reverse split of any ratio.

    None are a dividend of 2 %, the spin-offs of Baxalta by BAX (0.5432) and of Alcoa by ARNC (0.7496, near 4-for-3),
    and special dividends near 7-for-6 (FF, 0.8566) and 9-for-8 (MNDO, 0.8893).
    """
    found = read_ratio(ratio, 1e-6, 61.37).split
    assert (found.as_integer_ratio() if found else None) == split


@pytest.mark.parametrize(
    ("ratio", "close", "split"),
    [(0.75, 2.44, None), (0.75, 2.441, (4, 3)), (6 / 7, 18.420275, None), (8 / 9, 2.441, None), (5 / 7, 31.017, (7, 5)),
     (0.499916, 59.73, (2, 1)), (0.5000525, 95.23, (2, 1)),
     (0.50133, 67.48, None), (0.66014, 73.56, None)],
)  # fmt: skip
def test_a_whole_number_of_cents_is_a_dividend(ratio: float, close: float, split: tuple[int, int] | None) -> None:
    """3/4 of 2.44 USD is 1.83: 0.61 was paid. Nobody splits 7 for 6 or 9 for 8, and 7 for 5 is 40 % in stock.

    Half a cent of rounding makes GIL's 2-for-1 0.499916, and SBUX's 0.50005. SOR paid 33.65 USD of 67.48, NATH 25.00 of
    73.56: near 2-for-1 and 3-for-2, and neither.
    """
    found = read_ratio(ratio, 1e-6, close).split
    assert (found.as_integer_ratio() if found else None) == split


def test_a_dividend_on_the_day_of_a_split_hides_in_its_factor() -> None:
    """0.60 USD a new share on a price of 96 and 2-for-1: a factor of 0.49375 is read as both."""
    reading = read_ratio(0.5 * (1 - 0.6 / 48), 1e-6, 96.0)
    assert (reading.split, round(96.0 / 2 * (1 - reading.rest), 6)) == (2, 0.6)


def _changed(ratio: float, price: float) -> Screened:
    """Thirty bars, then ten at `price` times the level, and a source whose factor changes by `ratio` there."""
    rows = [_priced(row, price) if at >= 30 else row for at, row in enumerate(_quiet())]
    return _screen(rows, stated=Statements((FactorChange("A", _day(30), ratio),)))


def test_a_split_that_the_factor_tells_needs_no_usual_volume() -> None:
    """Half the price on the same number of shares would be unexplained; the factor explains it."""
    got = _changed(1 / 7, 1 / 7)
    assert got.splits == (Split("A", _day(30), 7, 1),)
    assert got.breaks == ()
    assert _of(got, "unexplained_jump") == []


def test_a_dividend_is_recorded_and_the_prices_stay() -> None:
    """2 % of the close before, in USD a share."""
    got = _changed(0.98, 0.98)
    close = _quiet()[29][5]
    assert got.dividends == (Dividend("A", _day(30), 0.98, pytest.approx(close * 0.02)),)
    assert (got.splits, got.breaks) == ((), ())


def test_a_spin_off_ends_the_comparable_history_with_its_reason() -> None:
    """A factor of 0.5432 that the price follows: a break that is explained, and no unexplained jump beside it."""
    got = _changed(0.5432, 0.5432)
    assert [f.rows for f in _of(got, "large_distribution")] == [30]
    assert [cut.reason for cut in got.breaks] == ["a distribution: the source's factor is 0.5432"]
    assert _of(got, "unexplained_jump") == []


def test_a_factor_that_the_price_contradicts_is_not_applied() -> None:
    """The factor says 2-for-1 and the price stands still."""
    got = _changed(0.5, 1.0)
    assert (got.splits, got.dividends) == ((), ())
    assert len(_of(got, "factor_contradicts_price")) == 1


def test_every_gate_says_what_it_is_for() -> None:
    """Gates of the tests above are in the list that `inplay data quarantine explain` reads."""
    for gate in ("price_spike", "stale_bars", "symbol_reuse", "future_bar", "large_distribution", "dividend"):
        assert GATES[gate].checks
        assert GATES[gate].advice
