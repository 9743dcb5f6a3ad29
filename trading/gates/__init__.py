"""Data gates: what comes in is accepted, flagged or quarantined, and every verdict is listed."""

from trading.bars.actions import Break, Dividend, Split
from trading.gates.findings import QUARANTINE_SCHEMA, Finding, History, Screened, Severity
from trading.gates.screening import daily_bars, screen, screen_minutes

__all__ = [
    "QUARANTINE_SCHEMA",
    "Break",
    "Dividend",
    "Finding",
    "History",
    "Screened",
    "Severity",
    "Split",
    "daily_bars",
    "screen",
    "screen_minutes",
]
