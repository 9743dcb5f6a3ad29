"""The services that analyse a segment at once: what they share, refuse and do again after a restart."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from actors.pattern_recognition import PatternRecognition
from actors.services import in_this_process
from adapters.postgres.pool import Pool
from tests.integration.one_process import Platform
from trading.bars.panel import as_day
from trading.cycle.session import look
from trading.errors import UnavailableError

FIRST, SECOND = date(2010, 6, 2), date(2010, 6, 3)


def test_one_analysis_serves_neighbouring_sessions_and_shows_neither_a_later_bar(
    pool: Pool, empty_url: str, home: Path
) -> None:
    """The name stays from session to session; each view ends with its own."""
    platform = Platform(home, empty_url, pool)
    platform.import_until(date(2010, 6, 9))
    with platform.services() as services:
        technical = services["technical_analysis"]
        batches = {day: services["ingestion"].deliver(day) for day in (FIRST, SECOND)}
        assert technical.analyse(FIRST, batches[FIRST]) == technical.analyse(SECOND, batches[SECOND])
        for day, batch in batches.items():
            market = technical.market_at(day, batch)
            assert market.panel.sessions.max() == market.context.sessions[-1] == as_day(day)
            whole = technical.observe(day, batch)
            latest = market.panel.rows_at(as_day(day)), whole.panel.rows_at(as_day(day))
            for name, values in market.indicators.items():
                np.testing.assert_array_equal(values[latest[0]], whole.indicators[name][latest[1]], err_msg=name)


def test_a_service_that_restarted_says_so_and_is_given_the_segment_anew(pool: Pool, empty_url: str, home: Path) -> None:
    """Asked for patterns it lost it refuses, so that the session is repeated; then the answer is the same."""
    platform = Platform(home, empty_url, pool)
    platform.import_until(date(2010, 6, 9))
    with platform.services() as services:
        before = look(in_this_process(services), FIRST).patterns.get()
        name = services["technical_analysis"].analyse(FIRST, services["ingestion"].deliver(FIRST))
        services["pattern_recognition"] = PatternRecognition(services["pattern_recognition"].wiring)
        with pytest.raises(UnavailableError, match="restart"):
            services["pattern_recognition"].patterns_at(FIRST, name, services["news"].known_at(FIRST))
        after = look(in_this_process(services), FIRST).patterns.get()
        np.testing.assert_array_equal(before.detections.pattern, after.detections.pattern)
        services["pattern_recognition"].pool.close()


def test_bars_that_are_not_those_on_record_are_never_analysed(pool: Pool, empty_url: str, home: Path) -> None:
    """A delivered close that the store doesn't have, as while a correction comes in: nothing is decided from it."""
    platform = Platform(home, empty_url, pool)
    platform.import_until(SECOND)
    with platform.services() as services:
        batch = services["ingestion"].deliver(SECOND)
        services["technical_analysis"].analyse(SECOND, batch)
        at = batch.schema.get_field_index("close")
        raised = batch.set_column(at, batch.schema.field(at), pc.add(batch.column("close"), pa.scalar(0.01)))
        with pytest.raises(UnavailableError, match="changed while they were read"):
            services["technical_analysis"].analyse(SECOND, raised)
        services["technical_analysis"].analyse(SECOND, batch)


def test_a_session_that_comes_in_later_is_analysed_with_all_before_it(pool: Pool, empty_url: str, home: Path) -> None:
    """Following the market, nothing later is on record: each new session makes an analysis of its own."""
    platform = Platform(home, empty_url, pool)
    platform.import_until(FIRST)
    with platform.services() as services:
        technical, ingestion = services["technical_analysis"], services["ingestion"]
        name = technical.analyse(FIRST, ingestion.deliver(FIRST))
        platform.import_until(SECOND)
        batch = ingestion.deliver(SECOND)
        assert technical.analyse(SECOND, batch) != name
        assert technical.market_at(SECOND, batch).panel.sessions.max() == as_day(SECOND)
