"""When a GPU pays in money, by arithmetic."""

from __future__ import annotations

import pytest

from tune.gpu_worth import COMES_AND_GOES_S, Measured, Prices, not_worth_it, speed_up

H100 = Prices(cpu_usd_per_h=0.0357, gpu_usd_per_h=3.39)


@pytest.mark.parametrize(("seconds", "rows"), [(55.2, 77_000), (53.0, 2_000_000), (3_600.0, 10_000_000)])
def test_at_the_sizes_that_were_measured_it_never_does(seconds: float, rows: int) -> None:
    """An H100 costs 95 heads of $24; the best gain was 20 times."""
    assert "would not pay" in not_worth_it(Measured(seconds, rows), rows, H100)


def test_the_words_hold_the_arithmetic() -> None:
    """Ten hours at $0.0357 are $0.357; half an hour and 8 min at $3.39 are $2.147."""
    said = not_worth_it(Measured(36_000.0, 1_000), 1_000, H100)
    for part in (
        "1,000 rows",
        "600 min on the CPU",
        "$0.3570",
        "30 min on a GPU",
        "20.0 times",
        "8 min to come",
        "$2.15",
    ):
        assert part in said
    assert COMES_AND_GOES_S == 480


def test_more_rows_take_longer() -> None:
    """Twice the rows of the last training are twice its time."""
    assert "20 min on the CPU" in not_worth_it(Measured(600.0, 1_000), 2_000, H100)


def test_it_pays_where_the_cpu_is_dear_enough() -> None:
    """100 h at $1.00 are $100; 5 h and 8 min at $3.39 are $17.40. On a machine that costs nothing it never pays."""
    long = Measured(360_000.0, 1_000)
    assert not_worth_it(long, 1_000, Prices(1.0, 3.39)) == ""
    assert not_worth_it(long, 1_000, Prices(0.0, 3.39)) != ""


def test_speed_is_by_the_row() -> None:
    """60 s for 1,000 rows beside 30 s for 5,000: ten times as fast."""
    assert speed_up(Measured(60.0, 1_000), Measured(30.0, 5_000)) == pytest.approx(10)
