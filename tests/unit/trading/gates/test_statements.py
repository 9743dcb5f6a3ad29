"""What a source says of splits and dividends beside its prices, how exactly, and where it says that there were none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest

from tests.unit.trading.made_bars import table, weekdays
from trading.arrays import Floats
from trading.gates import Screened, Split, screen
from trading.gates.factors import FactorChange, Rows, Statements, statements
from trading.gates.findings import History
from trading.gates.ratios import read_ratio

DAYS = weekdays(250)
LEVELS = np.linspace(1.0, 1.1, 250) * (1 + 0.004 * np.sin(np.arange(250)))


def _rows(
    close: Floats, *, adjusted: Floats | None = None, split: Floats | None = None, dividend: Floats | None = None
) -> Rows:
    nothing = np.full(len(close), np.nan)
    return Rows(
        names=np.array(["A"]),
        code=np.zeros(len(close), dtype=np.int64),
        session=DAYS[: len(close)],
        factor=nothing if adjusted is None else adjusted / close,
        close=close,
        split=nothing if split is None else split,
        dividend=nothing if dividend is None else dividend,
    )


def _screened(close: Floats, stated: Statements) -> Screened:
    """Quiet bars at these closes, each opened where the day before closed but for what the step to it is."""
    opens = close * 1.001
    rows = [
        ("A", day.item(), one, max(one, value) * 1.002, min(one, value) * 0.998, value, 1_000_000)
        for day, one, value in zip(DAYS, opens.tolist(), close.tolist(), strict=False)
    ]
    return screen(table(rows), expected_sessions=DAYS, stated=stated)


@pytest.mark.parametrize(
    ("level", "decimals"),
    [(2.7, 2), (0.4, 2), (11.0, 2), (3.0, 3), (250.0, 2), (30.0, 1), (250.0, 1), (250.0, 0)],
)
def test_rounding_of_the_adjusted_close_is_no_dividend(level: float, decimals: int) -> None:
    """Half a cent on 2.70 USD is 0.19 percent: every factor of an unpaid year lies within that, so nothing was paid."""
    close = np.round(level * LEVELS, 2)
    assert statements(_rows(close, adjusted=np.round(0.8731 * close, decimals)), {}).changes == ()


@pytest.mark.parametrize(("level", "paid"), [(2.7, 0.05), (48.0, 0.3), (250.0, 0.9)])
def test_a_dividend_larger_than_the_rounding_is_told(level: float, paid: float) -> None:
    """With two decimals as well; how far the ratio may be off is told with it."""
    close = np.round(level * LEVELS, 2)
    factor = np.where(np.arange(250) < 100, 0.9 * (1 - paid / close[99]), 0.9)
    (change,) = statements(_rows(close, adjusted=np.round(factor * close, 2)), {}).changes
    assert change.session == DAYS[100].item()
    assert change.ratio == pytest.approx(1 - paid / close[99], abs=change.error)


def test_a_dividend_larger_than_a_tenth_of_a_dollar_is_told_with_one_decimal() -> None:
    """0.60 USD on 30 is two percent; twice five cents of rounding are a third of one."""
    close = np.round(30 * LEVELS, 2)
    factor = np.where(np.arange(250) < 100, 0.9 * (1 - 0.6 / close[99]), 0.9)
    (change,) = statements(_rows(close, adjusted=np.round(factor * close, 1)), {}).changes
    assert change.session == DAYS[100].item()
    assert change.ratio == pytest.approx(1 - 0.6 / close[99], abs=change.error)


@pytest.mark.parametrize(("step", "factor"), [(0.125, 0.8), (0.25, 0.4), (0.5, 0.2)])
def test_exact_adjusted_closes_that_are_round_by_chance_tell_small_dividends(step: float, factor: float) -> None:
    """Eighths after a 5-for-4 split have one decimal each, and a factor that stays: half a percent is a dividend."""
    close = np.round(40 * LEVELS / step) * step
    paid = np.where(np.arange(250) < 100, factor * 0.995, factor)
    (change,) = statements(_rows(close, adjusted=paid * close), {}).changes
    assert (change.session, change.ratio) == (DAYS[100].item(), pytest.approx(0.995))


def test_a_gap_in_the_factor_is_a_statement_where_it_is_the_same_on_both_sides() -> None:
    """Not where it differs, as something happened in it, nor at the end, as nobody says how it goes on."""
    close = np.round(10 * LEVELS, 2)
    factor = np.where(np.arange(250) < 100, 0.5, 1.0)
    factor[[50, 51, 98, 99, 248, 249]] = np.nan
    stated = statements(_rows(close, adjusted=factor * close), {})
    assert [stated.of_nothing("A", DAYS[at]) for at in (50, 51, 52, 98, 99, 100, 248, 249)] == [
        True, True, True, False, False, False, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(("shares", "lost"), [(3.0, [100]), (0.1, [100]), (2.0, [99, 100])])
def test_what_took_effect_on_a_row_without_a_bar_takes_effect_at_the_next_bar(shares: float, lost: list[int]) -> None:
    """A holiday, or a day whose prices are missing, that names a split: it isn't lost, and the fall isn't a loss."""
    close = 60.0 * np.where(np.arange(250) < lost[0], 1.0, 1 / shares) * LEVELS
    split = np.where(np.arange(250) == lost[0], shares, 0.0)
    stated = statements(_rows(close, split=split), {})
    opens = close * 1.001
    rows = [
        ("A", day.item(), one, max(one, value) * 1.002, min(one, value) * 0.998, value, 1_000_000)
        for at, (day, one, value) in enumerate(zip(DAYS, opens.tolist(), close.tolist(), strict=True))
        if at not in lost
    ]
    screened = screen(table(rows), expected_sessions=DAYS, stated=stated)
    (found,) = screened.splits
    assert (found.session, found.factor) == (DAYS[lost[-1] + 1].item(), pytest.approx(shares))
    assert not screened.breaks


def test_a_factor_goes_on_in_the_next_part() -> None:
    """The last factor of a part is compared with the first one of the next, and so is its rounding."""
    close = np.round(10 * LEVELS, 2)
    factor = np.where(np.arange(250) < 100, 0.5, 1.0)
    rows, last = _rows(close, adjusted=factor * close), {}  # type: ignore[var-annotated]
    assert statements(rows.take(np.arange(100)), last).changes == ()
    (change,) = statements(rows.take(np.arange(100, 250)), last).changes
    assert (change.session, change.ratio) == (DAYS[100].item(), pytest.approx(0.5))


def test_a_day_without_a_change_is_a_statement() -> None:
    """Of every bar but the first; not of another symbol, or of a day with a change."""
    close = np.round(10 * LEVELS, 2)
    factor = np.where(np.arange(250) < 100, 0.5, 1.0)
    stated = statements(_rows(close, adjusted=factor * close), {})
    told = [stated.of_nothing("A", DAYS[at]) for at in (0, 1, 99, 100, 101, 249)]
    assert told == [False, True, True, False, True, True]
    assert not stated.of_nothing("B", DAYS[1])


def test_a_column_of_splits_is_a_statement_for_every_row() -> None:
    """0 and 1 both say that none took effect; a missing value says nothing."""
    split = np.where(np.arange(250) == 100, 2.0, 1.0)
    split[[7, 8]] = [0.0, np.nan]
    stated = statements(_rows(np.round(10 * LEVELS, 2), split=split), {})
    assert [stated.of_nothing("A", DAYS[at]) for at in (6, 7, 8, 100)] == [True, True, False, False]
    assert [(one.session, one.split) for one in stated.changes] == [(DAYS[100].item(), 2)]


@pytest.mark.parametrize(
    ("shares", "paid"), [(2.0, 0.6), (1.5, 0.25), (0.1, 0.02), (4.0, 0.0), (1.0, 0.93), (3.0, 12.0)]
)
def test_columns_of_their_own_outrank_the_factor(shares: float, paid: float) -> None:
    """A split and a dividend of one day are two entries with the source's own figures, whatever the factor says."""
    close = 96.0 * LEVELS
    close[100:] = close[100:] * (1 - paid * shares / close[99]) / shares
    event = np.arange(250) == 100
    adjusted = close * np.where(np.arange(250) < 100, 0.4, 1.0)
    rows = _rows(close, adjusted=adjusted, split=np.where(event, shares, 1.0), dividend=np.where(event, paid, 0.0))
    got = _screened(close, statements(rows, {}))
    wanted = [Fraction(shares).limit_denominator(10)] if shares != 1 else []
    assert [Fraction(one.numerator, one.denominator) for one in got.splits] == wanted
    assert [one.amount_usd for one in got.dividends] == ([paid] if paid else [])
    assert all(cut.explained for cut in got.breaks)
    assert len(got.breaks) == (paid * shares / 96 > 0.2)


def test_an_event_at_the_first_row_of_a_part_counts_where_the_close_before_is_known() -> None:
    """It is asked for once, for those symbols alone; without one there is nothing to compare with."""
    rows = _rows(np.array([48.0, 48.1]), split=np.array([2.0, 1.0]), dividend=np.array([0.6, 0.0]))
    asked = []

    def closes_before(symbols: Sequence[str], before: date) -> dict[str, float]:
        asked.append((list(symbols), before))
        return {"A": 97.2}

    (change,) = statements(rows, {}, closes_before).changes
    assert (change.split, change.dividend_usd, asked) == (2, 0.6, [(["A"], DAYS[0].item())])
    assert change.ratio == pytest.approx((1 - 1.2 / 97.2) / 2)
    assert statements(rows, {}).changes == ()


@pytest.mark.parametrize("old", [8, 150, 1500, 4000])
def test_reverse_splits_of_many_shares_are_exact(old: int) -> None:
    """1 for 1,500 happens; as a decimal of nine places it is still that."""
    close = 10 * LEVELS * np.where(np.arange(250) < 100, 1.0, old)
    split = np.where(np.arange(250) == 100, round(1 / old, 9), 1.0)
    (change,) = statements(_rows(close, split=split), {}).changes
    assert change.split == Fraction(1, old)


@pytest.mark.parametrize("step", [0.1638, 0.4915, 0.5, 1 / 3, 10.0, 1.26])
def test_a_move_on_a_day_without_a_change_is_real(step: float) -> None:
    """Neither a split nor a break, near a usual ratio or not."""
    close = 50 * LEVELS * np.where(np.arange(250) < 100, 1.0, step)
    got = _screened(close, statements(_rows(close, adjusted=close), {}))
    assert got.splits == got.breaks == ()
    assert [f.gate for f in got.findings if f.session == DAYS[100].item()] == ["large_move_without_action"]


def test_prices_that_are_adjusted_already_are_told() -> None:
    """The source names a 4-for-1 split, and the price goes on as if there had been none."""
    close = 25 * LEVELS
    split = np.where(np.arange(250) == 100, 4.0, 0.0)
    got = _screened(close, statements(_rows(close, split=split), {}))
    assert got.splits == got.breaks == ()
    told = [f.gate for f in got.findings if f.severity == "warning"]
    assert told == ["factor_contradicts_price", "adjusted_prices"]


@pytest.mark.parametrize(
    ("ratio", "moved", "believed"),
    [(20.0, 14.1, True), (35.0, 24.6, True), (2.0, 1.44, True), (10.0, 14.8, True), (2 / 3, 0.995, False),
     (256.0, 13.9, False), (5.0, 1.06, False), (0.327, 1.5, False)],
)  # fmt: skip
def test_a_price_may_move_by_itself_on_the_day_of_a_split(ratio: float, moved: float, *, believed: bool) -> None:
    """The reverse splits of FNCX, MDGL, RADA and OPTT came with moves of 30 percent and more.

    BIP's split was announced two weeks early, DCTH's of 16 put down as 256, ACUR's a day early, WIN's spin-off without
    its reverse split.
    """
    close = 20 * LEVELS * np.where(np.arange(250) < 100, 1.0, moved)
    got = _screened(close, Statements((FactorChange("A", DAYS[100].item(), ratio),)))
    contradicted = [f for f in got.findings if f.gate == "factor_contradicts_price"]
    assert bool(got.splits or got.dividends) is believed
    assert bool(contradicted) is not believed


@pytest.mark.parametrize("shares", [4.0, 2.0, 0.1])
def test_a_split_that_is_named_a_session_early_takes_effect_where_the_price_moves(shares: float) -> None:
    """The source names the last session of the old shares: nothing moves there, and everything at the next open."""
    close = 25 * LEVELS * np.where(np.arange(250) < 101, 1.0, 1 / shares)
    split = np.where(np.arange(250) == 100, shares, 0.0)
    got = _screened(close, statements(_rows(close, split=split), {}))
    wanted = Fraction(shares).limit_denominator(10)
    assert got.splits == (Split("A", DAYS[101].item(), wanted.numerator, wanted.denominator),)
    assert got.breaks == ()
    assert [f.gate for f in got.findings if f.severity == "warning"] == ["factor_contradicts_price"]


@pytest.mark.parametrize(("old", "cents"), [(10, 50), (4, 25), (20, 12), (15, 30)])
@pytest.mark.parametrize("decimals", [2, 6])
def test_a_reverse_split_and_cash_on_one_day_are_two_actions(old: int, cents: int, decimals: int) -> None:
    """1-for-10 at 1.85 USD with 0.50 USD a new share is a factor of 9.73, which is no 26-for-253."""
    close = 1.85
    factor = (old * close - cents / 100) / close
    adjusted = round(close * factor, decimals)
    found = read_ratio(adjusted / close, 1e-6, close)
    assert (found.split, found.amount_usd) == (Fraction(1, old), cents / 100)
    assert found.rest == pytest.approx(1 - cents / 100 / (old * close), rel=1e-4)


@pytest.mark.parametrize(("new", "old"), [(1, 10), (2, 5), (2, 15), (3, 10), (4, 25)])
def test_a_reverse_split_to_few_shares_is_what_it_is(new: int, old: int) -> None:
    """2-for-15 is no 1-for-8 with cash beside it."""
    found = read_ratio(old / new, 1e-6, 3.21)
    assert (found.split, found.rest) == (Fraction(new, old), 1.0)


def test_what_only_the_next_part_can_show_is_carried_on() -> None:
    """A 2-for-1 named on the last session of the old shares, which is the last bar of its part."""
    close = 50 * LEVELS * np.where(np.arange(250) < 101, 1.0, 0.5)
    split = np.where(np.arange(250) == 100, 2.0, 0.0)
    stated = statements(_rows(close, split=split), {})
    whole = _screened(close, stated)
    first = _screened(close[:101], stated)
    assert first.splits == ()
    assert [(one.symbol, one.session) for one in first.pending] == [("A", DAYS[100].item())]
    rest = pa.concat_tables([whole.bars]).slice(101)
    second = screen(
        rest, expected_sessions=DAYS, history=History(first.bars.slice(70)), stated=Statements(first.pending)
    )
    assert second.splits == whole.splits == (Split("A", DAYS[101].item(), 2, 1),)
    assert second.pending == second.breaks == ()


def test_an_action_on_a_row_that_was_refused_waits_for_the_next_bar() -> None:
    """The row of the 2-for-1 itself is missing, and no later one has come yet."""
    close = 50 * LEVELS * np.where(np.arange(250) < 100, 1.0, 0.5)
    stated = Statements((FactorChange("A", DAYS[100].item(), 0.5, split=Fraction(2)),))
    first = _screened(close[:100], stated)
    assert first.pending == stated.changes
    assert first.splits == ()
    later = _screened(close, stated).bars.slice(101)
    second = screen(later, expected_sessions=DAYS, history=History(first.bars.slice(70)), stated=stated)
    assert second.splits == (Split("A", DAYS[101].item(), 2, 1),)


def test_a_change_over_missing_bars_says_since_when() -> None:
    """Five sessions without a bar lie between the two factors."""
    close = 50 * LEVELS * np.where(np.arange(250) < 100, 1.0, 0.5)
    bars = _screened(close, Statements((FactorChange("A", DAYS[100].item(), 0.5),))).bars
    kept = pa.concat_tables([bars.slice(0, 100), bars.slice(105)])
    got = screen(kept, expected_sessions=DAYS, stated=Statements((FactorChange("A", DAYS[105].item(), 0.5),)))
    (told,) = [one for one in got.findings if one.gate == "split"]
    assert told.session == DAYS[105].item()
    assert f"after {DAYS[99]}" in told.detail


@pytest.mark.parametrize("moved", [101, 103, 105])
def test_a_change_over_bars_without_a_factor_is_put_where_the_price_moves(moved: int) -> None:
    """The source has no adjusted close from the hundred and first bar to the fifth after it."""
    close = 50 * LEVELS * np.where(np.arange(250) < moved, 1.0, 0.5)
    adjusted = np.where(np.arange(250) < moved, 0.5, 1.0) * close
    adjusted[100:105] = np.nan
    got = _screened(close, statements(_rows(close, adjusted=adjusted), {}))
    assert got.splits == (Split("A", DAYS[moved].item(), 2, 1),)
    assert not got.splits[0].guessed
