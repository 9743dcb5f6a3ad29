"""An account that holds a stock through a crash, a halving or a split: what the gates make of it is what happened."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.calendar import sessions_between
from adapters.postgres.pool import Pool
from adapters.record import Record
from adapters.sample.bundled import load_bars
from data.importing.archive import open_archive
from data.importing.importer import BarImporter
from data.importing.layout import Asked
from research.backtest.recorded import read_recorded
from research.backtest.recording import account_record
from research.backtest.running import Terms, run_backtest
from research.backtest.trade_rows import trade_rows, write_csv
from trading.bars.panel import as_date

HELD, DAY = "GLW", date(2010, 7, 28)
SESSIONS = [as_date(day) for day in sessions_between(date(2010, 7, 1), date(2010, 7, 30))]
NOON = datetime(2020, 6, 1, 16, tzinfo=UTC)


@dataclass(frozen=True)
class Jump:
    """What the stock does at the open of the day.

    Attributes:
        opens: over the close before.
        volume: over its median, that day.
        afterwards: over what it was, on later days.
        adjusted: the file brings its adjusted close: that of a split where `split` is given, else the close itself.
        split: new shares for an old one.
    """

    opens: float
    volume: float
    afterwards: float = 1.0
    adjusted: bool = True
    split: float = 1.0


def _file(folder: Path, jump: Jump) -> Path:
    bars = load_bars().table
    symbol = bars.column("symbol").to_numpy(zero_copy_only=False)
    session = bars.column("session").to_numpy(zero_copy_only=False).astype("datetime64[D]")
    mine = symbol == HELD
    on, since = mine & (session == np.datetime64(DAY)), mine & (session >= np.datetime64(DAY))
    close = bars.column("close").to_numpy()
    before = close[mine & (session < np.datetime64(DAY))][-1]
    assert round(before, 2) == 18.0
    scale = jump.opens * before / bars.column("open").to_numpy()[on][0]
    volume = bars.column("volume").to_numpy().astype(np.float64)
    usual = np.median(volume[mine & (session < np.datetime64(DAY))][-20:])
    volume[since] *= jump.afterwards
    volume[on] = usual * jump.volume
    columns = {"symbol": bars.column("symbol"), "date": bars.column("session")}
    columns |= {
        name: np.where(since, scale, 1.0) * bars.column(name).to_numpy() for name in ("open", "high", "low", "close")
    }
    columns["volume"] = volume.astype(np.int64)
    if jump.adjusted:
        adjusted = columns["close"] / np.where(mine & ~since, jump.split, 1.0)
        columns["adj_close"] = pa.array(adjusted, mask=~mine)
    folder.mkdir()
    path = folder / "bars.parquet"
    pq.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize(
    ("jump", "month"),
    [
        pytest.param(Jump(0.1638, 43.0), -3.04, id="a crash near a sixth, which the source says was one"),
        pytest.param(Jump(0.178, 43.0), -3.03, id="its neighbour"),
        pytest.param(Jump(0.4985, 2.4), -2.48, id="a halving, which the source says was one"),
        pytest.param(Jump(0.46, 6.0), -2.55, id="its neighbour"),
        pytest.param(Jump(0.107, 14.0, 10.0, adjusted=False), -0.37, id="a split of 10 for 1 on many shares"),
        pytest.param(Jump(0.107, 14.0, 10.0, split=10.0), -0.37, id="the same by the source"),
        pytest.param(Jump(0.101, 12.0, 10.0, adjusted=False), -0.59, id="its neighbour"),
    ],
)
def test_the_month_of_an_account_that_held_it(jump: Jump, month: float, home: Path, pool: Pool) -> None:
    """The return of July 2010, in percent: a crash is a loss where the source says that nothing else happened.

    206 shares at 18 USD in an account of 100,000: an open at 0.1638 of that costs 3.1 percent of it,
    and a split is none. One of 10 for 1 that opens 6 percent higher than its neighbour is worth 0.22 percent more.
    """
    record = Record(pool, home)
    BarImporter(record, lambda: NOON).run(open_archive(_file(home, jump), Asked()))
    recorded = read_recorded(record, SESSIONS[-1])
    done = run_backtest(recorded, SESSIONS, Terms({"rule": "rule"}, 10_000_000), [])
    account = account_record(done, recorded, "rule", "rule")
    found = 100 * (account.equity_usd[-1] / account.equity_usd[0] - 1)
    assert found == pytest.approx(month, abs=0.3)
    assert account.settled == ()


def test_the_trades_of_a_backtest_add_up(home: Path, pool: Pool, tmp_path: Path) -> None:
    """Every closing fill is a row that a spreadsheet reads, open positions are rows of their own; profits add up.

    The split of 10 for 1 while it is held leaves entry and exit in the same shares. A stop that fills at its price
    costs one R and the costs; one that the open has passed costs more.
    """
    record = Record(pool, home)
    split = _file(home, Jump(0.101, 12.0, 10.0, split=10.0))
    BarImporter(record, lambda: NOON).run(open_archive(split, Asked()))
    recorded = read_recorded(record, SESSIONS[-1])
    done = run_backtest(recorded, SESSIONS, Terms({"rule": "rule"}, 10_000_000), [])
    rows = trade_rows(done, "rule")
    account = account_record(done, recorded, "rule", "rule")
    closed = [row for row in rows if row.exit_session is not None]
    assert len(closed) == len(account.trades.symbol) > 0
    assert len(rows) - len(closed) == account.open_trades
    realised = round(100 * sum(row.profit_usd or 0.0 for row in closed))
    assert realised == round(100 * float(account.trades.profit_usd.sum()))
    for row in closed:
        assert row.profit_usd is not None and row.costs_usd is not None and row.exit_price_usd is not None  # noqa: PT018
        gross = (row.exit_price_usd - row.entry_price_usd) * row.shares * (1 if row.side == "long" else -1)
        assert row.profit_usd == pytest.approx(gross - row.costs_usd, abs=0.02)
    stopped = [row.r_multiple for row in closed if row.reason == "stop" and row.r_multiple is not None]
    assert stopped
    assert max(stopped) < -0.9
    through = [row for row in rows if row.symbol == HELD and row.shares % 10 == 0 and row.entry_session < DAY]
    assert through
    assert all(1.5 < row.entry_price_usd < 2.0 for row in through)

    write_csv(rows, tmp_path / "trades.csv")
    with (tmp_path / "trades.csv").open(newline="") as file:
        read = list(csv.DictReader(file))
    assert [row["symbol"] for row in read] == [row.symbol for row in rows]
    assert [row["exit_session"] for row in read] == [str(row.exit_session or "") for row in rows]
    assert [float(row["profit_usd"] or 0) for row in read] == [row.profit_usd or 0.0 for row in rows]
