"""Data gates: what comes in is accepted, flagged or quarantined, and every verdict is listed."""

from trading.gates.findings import QUARANTINE_SCHEMA, Break, Finding, Screened, Severity, Split
from trading.gates.screening import screen

__all__ = ["QUARANTINE_SCHEMA", "Break", "Finding", "Screened", "Severity", "Split", "screen"]
