"""Files whose columns name splits and dividends, on their way into the record."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from adapters.calendar import sessions_between
from adapters.postgres.pool import Pool
from adapters.record import Record
from data.importing.archive import open_archive
from data.importing.importer import BarImporter, ImportCounts
from data.importing.layout import Asked
from trading.bars.actions import Split

NOON = datetime(2025, 6, 2, 16, tzinfo=UTC)
DAYS = [day.item() for day in sessions_between(date(2024, 1, 2), date(2024, 12, 31))]
EVENT, LATER = DAYS[120], DAYS[200]
HEADS = {
    "alphavantage": "timestamp,open,high,low,close,adjusted_close,volume,dividend_amount,split_coefficient",
    "tiingo": "date,close,high,low,open,volume,adjClose,adjHigh,adjLow,adjOpen,adjVolume,divCash,splitFactor",
    "history": "Date,Open,High,Low,Close,Volume,Dividends,Stock Splits",
    "ratios": "Symbol,Date,Open,High,Low,Close,Volume,Dividend,Split Ratio",
}


def _close(at: int, shares: float, paid: float) -> float:
    """Quiet around 96 USD; from the event on a new share, without what was paid on it."""
    level = 96 * (1 + 0.01 * math.sin(at))
    return round(level if at < 120 else (level - paid * shares) / shares, 4)


def _row(shape: str, at: int, close: float, opened: float, *, split: str, paid: str) -> str:
    low, high = min(close, opened) - 0.2, max(close, opened) + 0.2
    prices, volume = f"{opened:.4f},{high:.4f},{low:.4f},{close:.4f}", 1_000_000 + at * 997
    if shape == "alphavantage":
        return f"{DAYS[at]},{prices},{close / (2 if at < 120 else 1):.4f},{volume},{paid},{split}"
    if shape == "tiingo":
        adjusted = ",".join([f"{value / (2 if at < 120 else 1):.4f}" for value in (close, high, low, opened)])
        return f"{DAYS[at]},{close:.4f},{high:.4f},{low:.4f},{opened:.4f},{volume},{adjusted},{volume},{paid},{split}"
    if shape == "history":
        return f"{datetime.combine(DAYS[at], time(), ZoneInfo('America/New_York'))},{prices},{volume},{paid},{split}"
    return f"ACT,{DAYS[at]},{prices},{volume},{paid},{split}"


def _file(folder: Path, shape: str, *, shares: float = 2.0, ratio: str = "2.0", paid: float = 0.6) -> Path:
    """A year with a split and a dividend on one day, and 0.25 USD on a later one."""
    closes = [_close(at, shares, paid) for at in range(len(DAYS))]
    rows = [HEADS[shape]]
    for at, close in enumerate(closes):
        before = closes[max(at - 1, 0)]
        opened = close if at == 120 else before
        told = {EVENT: paid, LATER: 0.25}.get(DAYS[at], 0.0)
        nothing = "" if shape == "ratios" else "0.0" if shape == "history" else "1.0"
        rows.append(_row(shape, at, close, opened, split=ratio if at == 120 else nothing, paid=f"{told:g}"))
    path = folder / "ACT.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.fixture
def imported(home: Path, pool: Pool) -> Callable[..., ImportCounts]:
    """Imports a file or folder."""

    def run(path: Path, asked: Asked | None = None) -> ImportCounts:
        return BarImporter(Record(pool, home), lambda: NOON).run(open_archive(path, asked or Asked()))

    return run


def _dividends(pool: Pool) -> list[tuple[date, float]]:
    with pool.connection() as connection:
        rows = connection.execute("SELECT session, amount_usd FROM dividends ORDER BY session").fetchall()
    return [(session, float(amount)) for session, amount in rows]


def _gates(counts: ImportCounts) -> set[str]:
    return {found.gate for found in counts.findings}


@pytest.mark.parametrize("shape", HEADS)
def test_a_split_and_a_dividend_of_one_day_are_two(
    home: Path, pool: Pool, imported: Callable[..., ImportCounts], tmp_path: Path, shape: str
) -> None:
    """2-for-1 and 0.60 USD, 0.25 USD later; nothing is withheld, and the source alone decides."""
    counts = imported(_file(tmp_path, shape))
    record = Record(pool, home)
    assert counts.rows_stored == len(DAYS)
    assert record.bar_tables.splits() == [Split("ACT", EVENT, 2, 1)]
    assert record.bar_tables.breaks() == []
    assert _dividends(pool) == [(EVENT, 0.6), (LATER, 0.25)]
    assert not any(found.severity == "warning" for found in counts.findings)


@pytest.mark.parametrize(
    ("ratio", "shares", "split"),
    [("4/1", 4.0, (4, 1)), ("1:10", 0.1, (1, 10)), ("3-for-2", 1.5, (3, 2)), ("0.05", 0.05, (1, 20))],
)
def test_ratios_say_new_shares_first(
    *, home: Path, pool: Pool, imported: Callable[..., ImportCounts], tmp_path: Path, ratio: str, shares: float,
    split: tuple[int, int],
) -> None:  # fmt: skip
    """In both directions; most cells of the column are empty."""
    imported(_file(tmp_path, "ratios", shares=shares, ratio=ratio, paid=0.0))
    assert Record(pool, home).bar_tables.splits() == [Split("ACT", EVENT, *split)]
    assert _dividends(pool) == [(LATER, 0.25)]


def test_prices_that_do_not_show_the_split_are_adjusted_already(
    home: Path, pool: Pool, imported: Callable[..., ImportCounts], tmp_path: Path
) -> None:
    """4.0 on a day on which the price does not move: a warning in the output, and no split that would quarter again."""
    counts = imported(_file(tmp_path, "history", shares=1.0, ratio="4.0", paid=0.0))
    told = {found.gate: (found.severity, found.findings) for found in counts.findings}
    assert told["adjusted_prices"] == ("warning", 1)
    assert (Record(pool, home).bar_tables.splits(), counts.rows_stored) == ([], len(DAYS))


def test_what_takes_effect_on_the_first_day_of_a_file_counts(
    home: Path, pool: Pool, imported: Callable[..., ImportCounts], tmp_path: Path
) -> None:
    """A file a day: the close before is on record, and the split and the dividend of that day with it."""
    head, *rows = _file(tmp_path, "history").read_text().splitlines()
    folder = tmp_path / "daily"
    for at, part in enumerate((rows[:120], rows[120:121], rows[121:])):
        (folder / str(at)).mkdir(parents=True)
        (folder / str(at) / "ACT.csv").write_text("\n".join([head, *part]) + "\n")
        imported(folder / str(at) / "ACT.csv", Asked(timeframe="1d"))
    assert Record(pool, home).bar_tables.splits() == [Split("ACT", EVENT, 2, 1)]
    assert _dividends(pool) == [(EVENT, 0.6), (LATER, 0.25)]


def test_a_halving_that_the_column_does_not_name_is_a_loss(
    home: Path, pool: Pool, imported: Callable[..., ImportCounts], tmp_path: Path
) -> None:
    """An empty cell says that nothing took effect, as 1.0 does: no split, no break."""
    counts = imported(_file(tmp_path, "ratios", ratio="", paid=0.0))
    tables = Record(pool, home).bar_tables
    assert (tables.splits(), tables.breaks(), counts.rows_stored) == ([], [], len(DAYS))
    assert "large_move_without_action" in _gates(counts)


def test_files_with_and_without_factors_go_in_together(
    home: Path, pool: Pool, imported: Callable[..., ImportCounts], tmp_path: Path
) -> None:
    """One brings an adjusted close, one splits, one neither: each is judged by what it says."""
    folder = tmp_path / "in"
    folder.mkdir()
    _file(folder, "history")
    row = "50,50.6,49.4,50.2"
    plain = [f"{day},{row},{1_000_000 + at}" for at, day in enumerate(DAYS)]
    (folder / "NONE.csv").write_text("Date,Open,High,Low,Close,Volume\n" + "\n".join(plain) + "\n")
    adjusted = [f"{day},{row},50.2,{1_000_000 + at}" for at, day in enumerate(DAYS)]
    (folder / "SAME.csv").write_text("Date,Open,High,Low,Close,Adj Close,Volume\n" + "\n".join(adjusted) + "\n")
    counts = imported(folder)
    assert (counts.rows_stored, counts.files_refused) == (3 * len(DAYS), ())
    assert Record(pool, home).bar_tables.splits() == [Split("ACT", EVENT, 2, 1)]
    assert "adjusted_prices" in _gates(counts)  # of SAME, by its format


def _named_early(path: Path, named: date, days: list[date]) -> Path:
    """A 2-for-1 named on `named`, after which the price halves."""
    rows = [HEADS["ratios"]]
    for at, day in enumerate(days):
        level = 96 * (1 + 0.01 * math.sin(at)) / (1 if day <= named else 2)
        prices = f"{level:.4f},{level * 1.002:.4f},{level * 0.998:.4f},{level:.4f}"
        rows.append(f"ACT,{day},{prices},{1_000_000 + at * 997},0,{'2:1' if day == named else ''}")
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.mark.parametrize("named", [date(2024, 6, 28), date(2024, 6, 12)], ids=["last of its part", "within a part"])
def test_a_split_named_early_is_found_across_the_parts_of_an_import(
    named: date, imported: Callable[..., ImportCounts], pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each month is a part; the price follows on the next session, which may be the first of the next part."""
    monkeypatch.setattr("data.importing.spill.PART_ROWS", 10)
    imported(_named_early(tmp_path / "ACT.csv", named, DAYS))
    (split,) = Record(pool, tmp_path).bar_tables.splits()
    assert split == Split("ACT", DAYS[DAYS.index(named) + 1], 2, 1)
    assert Record(pool, tmp_path).bar_tables.breaks() == []


def test_what_no_later_bar_can_show_is_said(imported: Callable[..., ImportCounts], pool: Pool, tmp_path: Path) -> None:
    """The split is named on the last row of the file, whose price hasn't moved."""
    imported(_named_early(tmp_path / "ACT.csv", DAYS[99], DAYS[:100]))
    tables = Record(pool, tmp_path).bar_tables
    assert tables.splits() == []
    told = [one.detail for one in tables.findings() if one.gate == "factor_contradicts_price"]
    assert any("no later bar came" in words for words in told)
