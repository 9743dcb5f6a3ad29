"""A record's stores cost nothing before they are used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from adapters.bars.locations import TierLocations
from adapters.postgres.pool import Pool
from adapters.record import Record
from trading.errors import ConfigurationError

HEAVY = ("pandas", "exchange_calendars", "talib", "sklearn", "xgboost", "onnxruntime", "ray", "fastapi")


def test_to_open_a_record_nothing_heavy_is_imported() -> None:
    """Commands that read a few rows answer at once: no frames, calendars, models or actors are loaded for them."""
    asked = f"import sys, adapters.record; print([name for name in {HEAVY!r} if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.strip() == "[]"


def test_tiers_that_contradict_themselves_stop_only_who_wants_bars(tmp_path: Path) -> None:
    """The kill switch works with settings under which no bar can be found; asking for bars says what is wrong."""

    def contradictory() -> TierLocations:
        raise ConfigurationError("warm before hot")

    pool = Pool("", open=False, min_size=0, max_size=1)
    record = Record(pool, tmp_path, contradictory)
    assert record.bar_tables is record.bar_tables, "a store is made once"
    with pytest.raises(ConfigurationError, match="warm before hot"):
        _ = record.bars
    assert list(tmp_path.iterdir()) == [], "no folder is made for a store"
    assert Record(pool, tmp_path).bars is not None
