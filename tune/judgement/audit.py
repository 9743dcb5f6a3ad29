"""What a training checks of itself before its ensemble may decide: nothing was learned that wasn't known then."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any

import numpy as np

from adapters.models.scoring import Card
from trading.arrays import Flags
from trading.bars.panel import as_date
from tune.judgement.leakage.finding import Findings
from tune.sets.splits import Split
from tune.sets.training_set import TrainingSet


@dataclass(frozen=True)
class Audit:
    """The checks of one training.

    Attributes:
        checks: what is wrong by the check's name, in words; empty where nothing is.
        last_known: the latest session at whose close an outcome that was learned from became known.
        leakage: what the checks before the training measured.
    """

    checks: Mapping[str, str]
    last_known: date
    leakage: Findings = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether no check found anything."""
        return not self.words

    def known_before(self, session: date) -> Audit:
        """The same with the check that every outcome was known before the session."""
        late = f"an outcome that it learned from became known on {self.last_known}, not before {session}"
        return replace(self, checks={"outcomes_known": late if self.last_known >= session else "", **self.checks})

    def to_dict(self) -> dict[str, Any]:
        """For the metrics of the ensemble."""
        return {
            "passed": self.passed,
            "checks": dict(self.checks),
            "last_known": self.last_known.isoformat(),
            "leakage": {kind: found.to_dict() for kind, found in self.leakage.items()},
        }

    @property
    def words(self) -> str:
        """What was found; empty when nothing was."""
        leaks = (found.leak for found in self.leakage.values())
        return "; ".join(why for why in (*self.checks.values(), *leaks) if why)


def audit(
    data: TrainingSet,
    splits: Sequence[tuple[TrainingSet, Split]],
    card: Card,
    leakage: Findings = MappingProxyType({}),
) -> Audit:
    """The audit of a training, computed from its rows anew.

    Args:
        data: everything that the final fit learned from.
        splits: the holdout and the folds, each with the rows that it divides.
        card: of the ensemble.
        leakage: what was found before the training.
    """
    checks = {
        "purged": _purged(splits),
        "columns_known": _columns(data, card),
        "calibrated": calibrated(card),
    }
    return Audit(checks, as_date(data.known_session.max()), leakage)


def _purged(splits: Sequence[tuple[TrainingSet, Split]]) -> str:
    """Each training part was known, to the last outcome, before the first session that it is judged on."""
    for rows, split in splits:
        last, first = rows.known_session[split.train].max(), rows.session[split.test].min()
        if last >= first:
            return f"an outcome of a training part became known on {last}, and its test part begins on {first}"
    return ""


def _columns(data: TrainingSet, card: Card) -> str:
    """No model learned from a column that no setup knows, or that isn't there."""
    there: Flags = np.asarray(np.isfinite(data.matrix).any(axis=0))
    known = {name for name, is_there in zip(data.features, there, strict=True) if is_there}
    strange = sorted({name for file in card.models for name in file.features} - known)
    return f"models learned from columns that no setup knows: {', '.join(strange)}" if strange else ""


def calibrated(card: Card) -> str:
    """What is wrong with what the card says that the models' figures are worth; empty where nothing is."""
    found = card.calibration
    if found is None:
        return "the models' figures were never compared with outcomes"
    numbers = (*found.strength, *found.net_return, *found.covariance)
    if not all(math.isfinite(number) for number in numbers):
        return "the calibration has figures that are no numbers"
    return "" if found.setups > 0 else "the calibration saw no setup"
