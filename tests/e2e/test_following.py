"""`inplay run` over a record of its own: a part replayed, then a live session traded as it ends."""

from __future__ import annotations

import os
import subprocess
import threading
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from adapters.alpaca.simulator.exchange import Exchange
from adapters.alpaca.simulator.tape import Tape
from data.live.rehearsal import Faults, Player
from tests.fakes.platform import INPLAY, Platform
from trading.bars.intraday import INTRADAY_SCHEMA

pytestmark = [pytest.mark.platform, pytest.mark.timeout(600)]
SESSION = date(2020, 1, 3)
SYMBOLS = ["SPY", "QQQ", "IWM", "EEM", "USO", "BNO"]
"""Of both archives."""
RULES = "--rules-only"


def _shared(name: str) -> pa.Table:
    path = Path(os.environ.get("INPLAY_SHARED", "../shared")) / "data" / f"{name}.parquet"
    if not path.exists():
        pytest.skip(f"{path} is absent; set INPLAY_SHARED to the folder of real data to run this")
    return pq.read_table(path)


def _days(folder: Path) -> Path:
    """Four years of days of ETFs and some shares, up to the session before."""
    table = _shared("us_daily_etf_1998_2021")
    day = table.column("ts_et").to_numpy().astype("datetime64[D]")
    path = folder / "days.parquet"
    pq.write_table(table.filter(pa.array((day >= np.datetime64("2016-01-01")) & (day < np.datetime64(SESSION)))), path)
    return path


def _tape() -> Tape:
    """The session's minutes."""
    table = _shared("us_etf_1min_2019_12").rename_columns(INTRADAY_SCHEMA.names)
    day = table.column("starts_at").to_numpy().astype("datetime64[D]")
    wanted = table.filter(pa.array(day == np.datetime64(SESSION)))
    return Tape(wanted.filter(pc.is_in(wanted.column("symbol"), pa.array(SYMBOLS))).cast(INTRADAY_SCHEMA))


def _import(home: Path, archive: Path) -> None:
    command = [str(INPLAY), "import", "bars", str(archive), "--yes", "--json"]
    subprocess.run(command, env={**os.environ, "INPLAY_HOME": str(home)}, check=True, capture_output=True)


def _facts(home: Path, *flags: str) -> dict[str, Any]:
    run = Platform(home, RULES, "--exit", "--json", *flags, sample=False)
    try:
        assert run.end(200) == 0, run.text
        return run.facts()
    finally:
        run.destroy()


def test_a_live_session_is_traded_once_and_the_next_run_knows_it(tmp_path: Path) -> None:
    """History alone trades nothing; a session that comes in over the feed is traded, and never a second time."""
    home = tmp_path / "var"
    _import(home, _days(tmp_path))
    with Exchange(_tape()) as exchange:
        feed = {
            "INPLAY_LIVE_FEED": "alpaca",
            "INPLAY_ALPACA_URL": exchange.url,
            "INPLAY_ALPACA_STREAM_URL": exchange.stream_url,
            "APCA_API_KEY_ID": exchange.keys.key_id.get_secret_value(),
            "APCA_API_SECRET_KEY": exchange.keys.secret_key.get_secret_value(),
        }
        run = Platform(home, RULES, sample=False, **feed)
        try:
            run.wait_for("waiting for new sessions")
            assert run.sessions == 0, "all that was on record is history"
            Player(exchange, 12_000, Faults(0, 0, 0.0, 0.0)).play(threading.Event())
            run.wait_for(f"{SESSION} traded")
            assert run.interrupt() == 0
            run.assert_gone()
        finally:
            run.destroy()
    again = _facts(home)
    assert again["sessions"] == 1
    assert _facts(home)["journal_hash"] == again["journal_hash"]


def test_a_part_of_the_record_is_replayed(tmp_path: Path) -> None:
    """From a session to another, by the rules in both accounts; another beginning is refused afterwards."""
    home = tmp_path / "var"
    _import(home, _days(tmp_path))
    facts = _facts(home, "--from", "2019-12-02", "--to", "2019-12-13")
    assert (facts["sessions"], facts["ensemble"]) == (10, None)
    assert facts["accounts"]["rule"] == facts["accounts"]["hybrid"]
    other = Platform(home, RULES, "--exit", "--from", "2019-12-05", sample=False)
    try:
        assert other.end(200) == 1
        assert "was traded from 2019-12-02 on" in other.text
    finally:
        other.destroy()
