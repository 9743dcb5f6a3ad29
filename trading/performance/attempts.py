"""How often sessions were tried on, as the deflated Sharpe ratio and its reports need it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

MIN_MEASURED = 10
"""With fewer attempts than this their spread is a guess, and that of returns without any skill takes its place."""


@dataclass(frozen=True)
class Attempts:
    """The attempts that a figure was chosen from.

    Attributes:
        count: of different attempts on these sessions, this one and those made elsewhere included.
        elsewhere: of them, those that aren't on record and were named by the user.
        repeats: trials on record that said the same as an earlier one, and so count as no attempt of their own.
        measured: attempts of the same kind of series that have a Sharpe ratio.
        sharpe_variance: of those ratios per session; None for fewer than `MIN_MEASURED`.
    """

    count: int
    elsewhere: int = 0
    repeats: int = 0
    measured: int = 0
    sharpe_variance: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """For a program; `variance_from` says where the spread of the attempts is taken from."""
        return {**asdict(self), "variance_from": "theory" if self.sharpe_variance is None else "ledger"}

    @property
    def words(self) -> str:
        """In a sentence for a report."""
        named = f", {self.elsewhere} of them elsewhere" if self.elsewhere else ""
        again = ""
        if self.repeats:
            again = " 1 repeat counts as none." if self.repeats == 1 else f" {self.repeats} repeats count as none."
        spread = (
            f"the spread of attempts is that of returns without skill, since {self.measured} of the at least "
            f"{MIN_MEASURED} needed could be measured"
            if self.sharpe_variance is None
            else f"the spread of attempts is measured from {self.measured} of them"
        )
        times = "1 attempt" if self.count == 1 else f"{self.count:,} attempts"
        return f"{times} on sessions of this span{named}; {spread}.{again}"
