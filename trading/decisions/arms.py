"""The arms of the comparison: who decides in an account. Each is an account of its own on the same candidates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

Arm = Literal["rule", "hybrid", "models", "challenger"]


@dataclass(frozen=True)
class ArmFacts:
    """What an arm is.

    Attributes:
        title: in words, for reports.
        says: who decides, in a sentence.
        asks: whose view it reads: the champion's or the challenger's; empty for none.
        falls_back: the rules decide where the models don't.
    """

    title: str
    says: str
    asks: Literal["", "champion", "challenger"]
    falls_back: bool


ARMS: Final[Mapping[Arm, ArmFacts]] = MappingProxyType(
    {
        "rule": ArmFacts("Rules", "The rules decide alone.", "", falls_back=True),
        "hybrid": ArmFacts(
            "Hybrid", "The champion decides where it is sure, the rules everywhere else.", "champion", falls_back=True
        ),
        "models": ArmFacts(
            "Models alone", "The champion decides alone; where it is unsure nothing is bought.", "champion",
            falls_back=False,
        ),
        "challenger": ArmFacts(
            "Challenger", "As models alone, by the challenger; without one nothing is bought.", "challenger",
            falls_back=False,
        ),
    }
)  # fmt: skip
ACCOUNTS: Final[Mapping[str, Arm]] = MappingProxyType({name: name for name in ARMS})
"""The accounts of a new record, each named by its arm."""
