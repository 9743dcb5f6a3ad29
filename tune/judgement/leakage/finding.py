"""What a check for leakage says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trading.errors import ModelError


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        measured: what the figure is.
        figure: the worst that was seen; None where the check couldn't be made, and `leak` is empty then.
        bound: from where on it counts as a leak.
        leak: what is wrong, in words; empty where nothing is.
        unchecked: why the check couldn't be made; empty where it was.
    """

    measured: str
    figure: float | None
    bound: float
    leak: str = ""
    unchecked: str = ""

    def to_dict(self) -> dict[str, Any]:
        """For the metrics of the ensemble."""
        told = {"measured": self.measured, "figure": self.figure, "bound": self.bound, "leak": self.leak}
        return {**told, "unchecked": self.unchecked}


Findings = Mapping[str, Finding]
"""By kind of leakage."""


def refuse_leaks(findings: Findings) -> None:
    """Nothing was found.

    Raises:
        ModelError: naming each leak; nothing may be trained on these rows.
    """
    leaks = [f"{kind} leakage: {found.leak}" for kind, found in findings.items() if found.leak]
    if leaks:
        raise ModelError(
            f"The audit before the training found {'; '.join(leaks)}. Nothing was trained and no model was replaced. "
            "Mend what makes these columns or splits, then train again"
        )
