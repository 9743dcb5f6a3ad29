"""What a report follows, beside the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from typing import Any

from trading.decisions.arms import Arm


@dataclass(frozen=True)
class ReportTerms:
    """Settings that change figures of a report.

    Attributes:
        follows: the arm whose account the headline is of, as the broker's account follows it.
        tbill_percent: what T-bills pay a year; None where the owner set nothing.
        seed: of bootstraps.
        keep: reports of each kind that stay in the data folder; no figure depends on it.
    """

    follows: Arm = "hybrid"
    tbill_percent: float | None = None
    seed: int = 7
    keep: int = 60

    @property
    def settings(self) -> dict[str, Any]:
        """Those that a claim carries; the seed stands for itself."""
        return {"broker_follows": self.follows, "tbill_percent": self.tbill_percent}


def plain(value: Any) -> Any:
    """The value as JSON has it: dataclasses as objects, days as yyyy-mm-dd."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
