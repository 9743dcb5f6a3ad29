"""The VIX and the regimes on record."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import psycopg
import pytest

from adapters.postgres.bars_record import BarRecord
from adapters.postgres.pool import Pool
from adapters.postgres.regimes import RegimeStore
from adapters.postgres.vix import VixCounts, VixStore
from adapters.sample.bundled import load_instruments
from tests.integration.one_process import Platform
from tests.integration.shared_data import shared_frame
from trading.market.regimes import Regime
from trading.market.vix import VixRows, read_vix

ROOT = Path(__file__).parents[3]
NOW, LATER = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC)
CRASH, DAY_BEFORE = date(2010, 5, 6), date(2010, 5, 5)


def _rows(**closes: float) -> VixRows:
    found = {date.fromisoformat(day.strip("d").replace("_", "-")): close for day, close in closes.items()}
    return VixRows(len(found), found, 0, {})


def test_a_corrected_close_is_a_new_version(pool: Pool) -> None:
    """An import is idempotent; another close of the same day is the next version, and the one that is read."""
    store = VixStore(pool)
    first = store.record(_rows(d2010_05_05=24.91, d2010_05_06=32.80), source="a", imported_at=NOW)
    again = store.record(_rows(d2010_05_05=24.91, d2010_05_06=32.80), source="a", imported_at=LATER)
    other = store.record(_rows(d2010_05_05=24.90), source="b", imported_at=LATER)
    assert (first, again, other) == (
        VixCounts(2, 2, 0, 0, 0, {}), VixCounts(2, 0, 0, 2, 0, {}), VixCounts(1, 0, 1, 0, 0, {}),
    )  # fmt: skip
    days, closes = store.closes_before(CRASH) or (None, None)
    assert (days.tolist(), closes.tolist()) == ([DAY_BEFORE], [24.90]), "nothing of the day itself"
    with pool.connection() as connection:
        kept = connection.execute("SELECT version, close FROM vix_closes WHERE day = %s ORDER BY 1", [DAY_BEFORE])
        assert kept.fetchall() == [(1, 24.91), (2, 24.90)]
    with pool.connection() as connection, pytest.raises(psycopg.errors.IntegrityError):
        connection.execute("DELETE FROM vix_closes")


def test_no_vix_is_none(pool: Pool, empty_pool: Pool) -> None:
    """Without a VIX, and in a database of before, there is none to read."""
    assert VixStore(pool).closes_before(CRASH) is None
    with empty_pool.connection() as connection:
        connection.execute("DROP TABLE vix_closes")
    assert VixStore(empty_pool).closes_before(CRASH) is None


def test_the_first_regime_of_a_session_stays(pool: Pool) -> None:
    """A repeat changes nothing; unknown parts are NULL and come back as None."""
    unknown = Regime(DAY_BEFORE, None, None, None, None, (), (), "nothing known")
    known = Regime(
        CRASH, "bear", "high", "VIX", "technical", ("Energy",), ("Utilities",), "bear market",
        volatility_points=24.91, catalyst_share=0.25, sector_dispersion=0.01,
    )  # fmt: skip
    store = RegimeStore(pool)
    assert store.load() is None
    assert store.record([unknown, known]) == 2
    assert store.record([Regime(CRASH, "bull", None, None, None, (), (), "another")]) == 0
    assert (store.load(), store.load(CRASH), store.load(DAY_BEFORE)) == (known, known, unknown)
    assert store.load(date(2010, 5, 7)) is None


def test_a_run_leaves_a_regime_for_each_session(pool: Pool, empty_url: str, home: Path) -> None:
    """With the VIX of 5 May 2010 on record the session of the crash is judged by it, and its patterns carry it."""
    platform = Platform(home, empty_url, pool)
    platform.import_until(CRASH)
    BarRecord(pool).record_instruments(load_instruments())
    frame = shared_frame("vix_daily")
    rows = read_vix(frame.to_dict("records"), today=date(2026, 11, 23))
    assert (len(rows.closes), rows.refused) == (len(frame), {})
    VixStore(pool).record(rows, source="history", imported_at=NOW)
    platform.replay([DAY_BEFORE, CRASH])
    with platform.services() as services:
        last = services["ingestion"].sessions()[-1]
        market = services["technical_analysis"].observe(last, services["ingestion"].deliver(last))
        patterns = services["pattern_recognition"].recognise(last, market, services["news"].known_at(last))
        earlier = services["technical_analysis"].record_regimes(market, patterns)
    assert earlier == len(np.unique(market.panel.sessions)) - 2
    crash = RegimeStore(pool).load(CRASH)
    assert crash is not None
    assert (crash.volatility_source, crash.volatility_points) == ("VIX", 24.91)
    assert crash.sector_dispersion is not None
    with pool.connection() as connection:
        levels = connection.execute("SELECT DISTINCT vix_level FROM pattern_training_data WHERE session = %s", [CRASH])
        assert levels.fetchall() == [(24.91,)]
        joined = connection.execute(
            "SELECT count(*), count(r.trend) FROM decisions LEFT JOIN regimes AS r USING (session)"
        ).fetchone()
        assert joined is not None
        assert joined[0] == joined[1] > 0


def test_the_command_counts_what_it_refuses(home: Path, tmp_path: Path) -> None:
    """Cboe's own form, one good row and two bad ones; a file without closes is refused whole."""
    environ = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | {"INPLAY_HOME": str(home)}

    def imported(text: str) -> subprocess.CompletedProcess[str]:
        path = tmp_path / "VIX_History.csv"
        path.write_text(text)
        return subprocess.run(
            [sys.executable, "-m", "cli.main", "import", "vix", str(path), "--json"], capture_output=True, text=True,
            timeout=120, cwd=ROOT, env=environ, check=False,
        )  # fmt: skip

    good = imported(
        "DATE,OPEN,HIGH,LOW,CLOSE\n05/05/2010,25.83,27.24,23.88,24.91\n05/06/2010,1,1,1,\n01/02/2099,1,1,1,1\n"
    )
    assert good.returncode == 0, good.stderr
    told = json.loads(good.stdout)
    assert (told["rows_in"], told["added"], sum(told["refused"].values())) == (3, 1, 2)
    bad = imported("DATE,OPEN\n05/05/2010,25.83\n")
    assert (bad.returncode, "no column ['close']" in bad.stderr) == (1, True)
