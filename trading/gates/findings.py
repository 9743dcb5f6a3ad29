"""What the data gates say about bars: findings, splits and breaks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import pyarrow as pa

from trading.bars.actions import Break, Dividend, Split
from trading.bars.intraday import INTRADAY_SCHEMA
from trading.bars.panel import BARS_SCHEMA
from trading.gates.factors import FactorChange

Severity = Literal["info", "warning", "quarantine"]

_VERDICT: list[Any] = [pa.field("gate", pa.string()), pa.field("reason", pa.string())]
QUARANTINE_SCHEMA = pa.schema([*BARS_SCHEMA, *_VERDICT])
"""A refused bar exactly as it came, with the gate that refused it and why."""
MINUTE_QUARANTINE_SCHEMA = pa.schema([*INTRADAY_SCHEMA, *_VERDICT])
"""Likewise for a bar of minutes."""


@dataclass(frozen=True)
class Finding:
    """Something a gate saw.

    Attributes:
        gate: the gate that saw it.
        severity: `info` = handled by a rule that is known to be right; `warning` = kept, but look at it; `quarantine` =
            rows are withheld.
        symbol: None when it concerns the whole market.
        session: None when it concerns more than one session.
        rows: how many bars it concerns; for missing sessions, how many bars are missing.
        detail: what was seen and what was done, in words.
    """

    gate: str
    severity: Severity
    symbol: str | None
    session: date | None
    rows: int
    detail: str


@dataclass(frozen=True)
class History:
    """What is on record already: new bars are judged beside it, and it isn't judged again.

    Attributes:
        bars: accepted daily bars, `BARS_SCHEMA`; none of a symbol and session that is judged now. About 25 a symbol do.
        splits: on record.
        breaks: on record.
    """

    bars: pa.Table = field(default_factory=BARS_SCHEMA.empty_table)
    splits: tuple[Split, ...] = ()
    breaks: tuple[Break, ...] = ()


@dataclass(frozen=True)
class Screened:
    """The outcome of the gates: each bar that came in is in `bars` or in `quarantined`, exactly once.

    Attributes:
        bars: accepted bars with `BARS_SCHEMA` (`INTRADAY_SCHEMA` for minutes), sorted by symbol and time; prices as
            printed, not adjusted.
        quarantined: refused bars with `QUARANTINE_SCHEMA` (`MINUTE_QUARANTINE_SCHEMA`).
        findings: everything that was seen, in the order of the gates.
        splits: splits that were recognised; history before them is adjusted by `trading.bars.history.as_of`.
        dividends: that the source's factors tell of.
        breaks: jumps that nothing explains; history before them is withheld by `trading.bars.history.as_of`.
        pending: what the source says and only a later bar can confirm.
    """

    bars: pa.Table
    quarantined: pa.Table
    findings: tuple[Finding, ...]
    splits: tuple[Split, ...]
    breaks: tuple[Break, ...]
    dividends: tuple[Dividend, ...] = ()
    pending: tuple[FactorChange, ...] = ()
