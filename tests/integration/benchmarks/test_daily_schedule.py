"""The benchmark of the daily schedule runs the whole schedule, on a small market here."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from adapters.sample.bundled import load_bars, load_earnings
from benchmarks.daily_schedule import schedule
from benchmarks.markets import Universe

STOCKS = ["AAPL", "AMZN", "BAC", "CAT", "GE", "IBM", "INTC", "JPM", "KO", "MSFT", "PG", "XOM"]


def test_every_stage_is_done_and_timed(tmp_path: Path) -> None:
    """Half a year of twelve stocks: the checks pass, and the whole is the sum of cycle and what follows."""
    table = load_bars().table
    early = pc.less_equal(table.column("session"), pa.scalar(date(2010, 6, 30)))
    bars = table.filter(pc.and_(early, pc.is_in(table.column("symbol"), pa.array(STOCKS))))
    found = schedule(Universe("twelve", bars, (), (), load_earnings().table, date(2010, 6, 30)), tmp_path / "home")
    assert found.session == date(2010, 6, 30)
    assert {"analysis", "scan", "views", "record", "orders", "cycle", "monitoring", "checks", "report"} <= set(
        found.took_s
    )
    assert set(found.checks.values()) <= {"passed", "explained", "not done"}
    assert all(seconds >= 0 for seconds in found.took_s.values())
    after = ("monitoring", "checks", "report")
    cycle = sum(s for name, s in found.took_s.items() if name not in {*after, "cycle"})
    assert abs(found.took_s["cycle"] - cycle) < 1e-6
    assert found.total_s >= found.took_s["cycle"]
    assert list((tmp_path / "home" / "reports").iterdir())
