"""Samples of the public benchmarks: which movements count, and that nothing of the target's session is seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from tests.fakes.movements import prices, sessions, tweets, written
from trading.errors import BadDataError
from tune.movement.features import before_each_session
from tune.movement.grid import PRICES, PriceGrid, read_prices
from tune.movement.protocol import ACL18, KDD17, counts, movements
from tune.movement.rolling import mean
from tune.movement.samples import samples_of
from tune.movement.tweets import read_tweets


@pytest.fixture
def grid(tmp_path: Path) -> PriceGrid:
    """Of a year and a half around the protocol's dev part."""
    return read_prices(written(prices(follows=0.6, days=sessions("2014-06-02")), tmp_path / "p.parquet"))


def test_a_movement_is_the_change_of_the_adjusted_close() -> None:
    """100, 101, 99.99: up 1 %, down 1 %; the first and those beside an unknown one aren't known."""
    moved = movements(np.array([[100.0], [101.0], [99.99], [np.nan], [100.0]]))[:, 0]
    assert moved[1:3] == pytest.approx([0.01, -0.01])
    assert np.isnan(moved[[0, 3, 4]]).all()


def test_the_band_is_closed_below_and_open_above() -> None:
    """-0.5 % is dropped and 0.55 % is up."""
    moved = np.array([-0.0051, -0.005, 0.0, 0.0054999, 0.0055, 0.3, np.nan])
    assert counts(moved).tolist() == [True, False, False, False, True, True, False]


@pytest.mark.parametrize(
    ("protocol", "last", "part"),
    [
        (ACL18, date(2015, 7, 31), "train"), (ACL18, date(2015, 9, 30), "dev"), (ACL18, date(2015, 12, 31), "test"),
        (KDD17, date(2014, 12, 31), "train"), (KDD17, date(2015, 12, 31), "dev"), (KDD17, date(2016, 12, 30), "test"),
    ],
)  # fmt: skip
def test_the_parts_are_end_exclusive(protocol: object, last: date, part: str) -> None:
    """The last day of each part is of it, and the day after of none before."""
    days = np.array([last, last.replace(day=1)], dtype="datetime64[D]")
    assert protocol.part(days, part).all()  # type: ignore[attr-defined]
    others = {"train", "dev", "test"} - {part}
    assert not any(protocol.part(days, other).any() for other in others)  # type: ignore[attr-defined]


@pytest.mark.parametrize("at", [150, 200, 260])
def test_what_comes_at_the_target_or_later_changes_nothing(grid: PriceGrid, at: int) -> None:
    """Prices of the session itself and all later ones may be anything; those of the session before matter."""
    before = before_each_session(grid, None)
    rng = np.random.default_rng(7)

    def changed(first: int) -> PriceGrid:
        made = {name: getattr(grid, name).copy() for name in PRICES}
        for values in made.values():
            values[first:] *= rng.uniform(0.2, 5.0, values[first:].shape)
        return replace(grid, **made)

    later, earlier = before_each_session(changed(at), None), before_each_session(changed(at - 1), None)
    for name, values in before.items():
        np.testing.assert_array_equal(values[: at + 1], later[name][: at + 1], err_msg=name)
    assert any(not np.array_equal(before[name][at], earlier[name][at], equal_nan=True) for name in before)


def test_a_tweet_is_known_to_the_first_session_whose_day_begins_after_it(grid: PriceGrid, tmp_path: Path) -> None:
    """Those of the weekend are Monday's and Monday's own are Tuesday's; foreign and late ones are counted."""
    rows = [
        ("S00", "2015-08-07T00:00:00", "upgraded"), ("S00", "2015-08-09T23:59:59", "fraud probe"),
        ("S00", "2015-08-10T00:00:00", "nothing"), ("S01", "2015-08-10T15:00:00", "beats estimates"),
        ("XX", "2015-08-10T15:00:00", "beats"), ("S01", "2015-09-30T09:00:00", "beats"),
    ]  # fmt: skip
    read = read_tweets(written(tweets(rows), tmp_path / "t.parquet"), grid)
    monday = int(np.flatnonzero(grid.sessions == np.datetime64("2015-08-10"))[0])
    assert (read.count[monday, 0], read.count[monday + 1, 0], read.count[monday + 1, 1]) == (2, 1, 1)
    assert (read.bullish[monday, 0], read.bearish[monday, 0], read.sentiment[monday + 1, 1] > 0) == (1, 1, True)
    assert (read.count.sum(), read.total, read.unused) == (4, 6, 2)


def test_tweets_of_the_target_day_change_nothing_of_its_sample(grid: PriceGrid, tmp_path: Path) -> None:
    """Those of the day before do."""
    day = "2015-08-12"
    at = int(np.flatnonzero(grid.sessions == np.datetime64(day))[0])
    first = [("S00", "2015-08-11T12:00:00", "bullish")]

    def row(*more: tuple[str, str, str]) -> np.ndarray:
        read = read_tweets(written(tweets([*first, *more]), tmp_path / "t.parquet"), grid)
        return np.array([values[at] for values in before_each_session(grid, read).values()])

    plain = row()
    np.testing.assert_array_equal(plain, row(("S00", f"{day}T00:00:00", "fraud"), ("S03", f"{day}T20:00:00", "fraud")))
    assert not np.array_equal(plain, row(("S00", "2015-08-11T23:59:59", "fraud")), equal_nan=True)


def test_each_sample_has_its_own_label(grid: PriceGrid) -> None:
    """Every one that counts, once, of the parts alone."""
    every = samples_of(grid, None, ACL18)
    moved = movements(grid.adj_close)
    assert len(every) == int(counts(moved).sum())
    assert (every.up == (every.movement > 0)).all()
    assert ((every.movement < -0.005) | (every.movement >= 0.0055)).all()


def test_a_mean_counts_what_is_known() -> None:
    """Half of the sessions must be."""
    found = mean(np.array([[1.0], [np.nan], [4.0], [np.nan], [np.nan], [7.0]]), 3)[:, 0]
    assert found[[2, 3, 5]].tolist() == pytest.approx([2.5, np.nan, np.nan], nan_ok=True)
    assert np.isnan(found[4])


@pytest.mark.parametrize("gone", ["adj_close", "volume", "symbol"])
def test_a_file_of_another_shape_is_refused_by_the_columns_it_lacks(tmp_path: Path, gone: str) -> None:
    """One sentence that names them."""
    path = written(prices(follows=0.5).drop_columns([gone]), tmp_path / "p.parquet")
    with pytest.raises(BadDataError, match=f"has no column {gone}; it has "):
        read_prices(path)


def test_other_names_of_columns_are_understood_and_repeats_are_refused(tmp_path: Path) -> None:
    """As the raw files of KDD17 have them."""
    table = prices(follows=0.5, days=sessions("2015-01-01", "2015-03-01"))
    named = table.rename_columns(["Symbol", "session", "Open", "High", "Low", "Close", "Adj Close", "Volume"])
    assert len(read_prices(written(named, tmp_path / "p.parquet")).symbols) == 12
    import pyarrow as pa  # noqa: PLC0415

    with pytest.raises(BadDataError, match="two rows of one symbol"):
        read_prices(written(pa.concat_tables([table, table.slice(0, 1)]), tmp_path / "q.parquet"))
    (tmp_path / "r.parquet").write_text("no parquet")
    with pytest.raises(BadDataError, match="can't be read"):
        read_prices(tmp_path / "r.parquet")
