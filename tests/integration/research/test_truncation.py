"""No decision, order or fill uses a later bar: the sample cut off after a session gives the same journal up to it.

The cut is made before everything else, gates and events included. In the replayed weeks three splits become known
(ESRX, GIS, DHR), so a history restated too early would show.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pytest

from actors.scanner import Scanner
from actors.service import Service
from adapters.bars.store import BarStore
from adapters.calendar import sessions_between
from adapters.postgres.bars_record import BarRecord
from adapters.postgres.decisions import DECISION_COLUMNS
from adapters.postgres.migrate import erase, migrate
from adapters.postgres.pool import Pool
from tests.integration.one_process import Platform, Replay
from trading.bars.panel import as_date
from trading.cycle.stages import Market, Patterns
from trading.scanner.at_close import InPlay

SESSIONS = [as_date(day) for day in sessions_between(date(2010, 6, 1), date(2010, 6, 16))]
Replays = Callable[[date | None, Sequence[type[Service]]], Replay]


@pytest.fixture
def replays(pool: Pool, empty_url: str, tmp_path: Path) -> Replays:
    """Replays the sessions up to a cut on data that end there, each time from nothing."""

    def run(cut: date | None, replaced: Sequence[type[Service]]) -> Replay:
        erase(pool)
        migrate(pool)
        platform = Platform(tmp_path / f"until-{cut}", empty_url, pool, replaced)
        platform.import_until(cut)
        return platform.replay([session for session in SESSIONS if cut is None or session <= cut])

    return run


def assert_same(whole: Replay, part: Replay, cut: date) -> None:
    """Every decision, scan and journal entry up to the cut is the same, hash by hash."""
    until = whole.until(cut)
    for name in ("scans", "decisions", "journal", "summaries"):
        ours, theirs = getattr(part, name), getattr(until, name)
        odd = next((pair for pair in zip(ours, theirs, strict=False) if pair[0] != pair[1]), None)
        assert odd is None, f"{name} up to {cut} depend on later data: {odd}"
        assert len(ours) == len(theirs), f"{name} up to {cut} depend on later data: {len(ours)} and {len(theirs)}"


class PeekingScanner(Scanner):
    """A planted fault: it leaves out stocks that will close lower in the next session, where it can know."""

    def scan(self, session: date, market: Market, patterns: Patterns) -> tuple[InPlay, ...]:
        """The honest scan less tomorrow's losers; what is on record stays honest, as with a fault further down."""
        found = super().scan(session, market, patterns)
        record = BarRecord(self.pool)
        later = [day for day in record.sessions() if day > session]
        if not later:
            return found
        bars = BarStore(self.wiring.home, record).read(later[0], later[0])
        losers = set(bars.filter(pc.less(bars.column("close"), bars.column("open"))).column("symbol").to_pylist())
        return tuple(stock for stock in found if stock.symbol not in losers)


@pytest.mark.parametrize("seed", [0])
def test_data_cut_off_after_a_random_session_give_the_same_journal_up_to_it(replays: Replays, seed: int) -> None:
    """Three random cuts: same scans, decisions, orders, fills, equity and hashes as with all data."""
    whole = replays(None, [])
    action = DECISION_COLUMNS.index("action")
    books = {row[1] for row in whole.decisions if row[action] == "buy"}
    assert books >= {"rule", "hybrid"}, "both accounts must trade, or nothing is compared"
    rng = np.random.default_rng(seed)
    for cut in rng.choice(np.array(SESSIONS[2:-1]), 3, replace=False).tolist():
        assert_same(whole, replays(cut, []), cut)


def test_a_planted_look_ahead_is_caught(replays: Replays) -> None:
    """The comparison fails for a scanner that knows tomorrow; otherwise it would prove nothing."""
    cut = SESSIONS[2]
    peeked = replays(SESSIONS[3], [PeekingScanner])
    with pytest.raises(AssertionError, match="depend on later data"):
        assert_same(peeked, replays(cut, [PeekingScanner]), cut)
