"""Parts of the setups that figures are told apart by: year, regime, sector, pattern, catalyst."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from trading.arrays import Flags, Floats
from trading.bars.panel import as_day
from tune.sets.training_set import TrainingSet

UNKNOWN = "unknown"
PATTERN = "pattern_"
TRENDS, VOLATILITIES = {1.0: "bull", 0.0: "sideways", -1.0: "bear"}, {1.0: "high", 0.0: "low"}
CATALYSTS = {1.0: "with", 0.0: "without"}


@dataclass(frozen=True)
class Slice:
    """Some of the setups.

    Attributes:
        by: what tells them apart, and `label` which of them these are.
        rows: shape `(n,)`.
    """

    by: str
    label: str
    rows: Flags


def slices(test: TrainingSet, sectors: Mapping[str, str], known_before: date) -> list[Slice]:
    """All parts that hold a setup; a setup is in one part of each kind, but in as many patterns as stand in its favour.

    Args:
        test: the setups.
        sectors: by symbol; those without one are in `unknown`.
        known_before: the session up to which the ensemble's search knew outcomes.
    """
    later = test.session >= as_day(known_before)
    found = [
        *_labelled("year", np.datetime_as_string(test.session, "Y")),
        *_coded("trend", _column(test, "market_trend") * test.direction, TRENDS),  # setups hold it seen from their side
        *_coded("volatility", _column(test, "market_volatility"), VOLATILITIES),
        *_labelled("sector", np.array([sectors.get(name, UNKNOWN) for name in test.symbols])[test.symbol]),
        *_coded("catalyst", _column(test, "has_catalyst"), CATALYSTS),
        *_patterns(test),
        Slice("parameters", f"chosen before, from {known_before} on", later),
        Slice("parameters", "chosen by sessions of these", ~later),
    ]
    return [one for one in found if one.rows.any()]


def _column(test: TrainingSet, name: str) -> Floats:
    return test.matrix[:, test.features.index(name)].astype(np.float64)


def _labelled(by: str, labels: np.ndarray) -> Iterator[Slice]:
    for label in np.unique(labels).tolist():
        yield Slice(by, label, labels == label)


def _coded(by: str, values: Floats, names: Mapping[float, str]) -> Iterator[Slice]:
    for value, label in names.items():
        yield Slice(by, label, values == value)
    yield Slice(by, UNKNOWN, ~np.isin(values, list(names)))


def _patterns(test: TrainingSet) -> Iterator[Slice]:
    for at, name in enumerate(test.features):
        if name.startswith(PATTERN):
            yield Slice("pattern", name.removeprefix(PATTERN), test.matrix[:, at] == 1)
