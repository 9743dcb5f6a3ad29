"""The feature rows of a session against the same rows computed again from bars, bit by bit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from research.backtest.services import SegmentAnalysis
from research.checks.causes import UNEXPLAINED
from research.checks.session_again import SessionAgain
from research.checks.then import told_apart
from trading.arrays import Ints
from trading.errors import BadDataError
from trading.views.feature_rows import SCHEMA, FeatureRows, differing
from trading.views.signals import Signals

MOST_SHOWN = 50
WAYS = {1: "long", -1: "short"}


@dataclass(frozen=True)
class FeatureDifference:
    """A value that is another one when it is computed again.

    Attributes:
        name: the feature, symbol and direction; the setup alone where one side hasn't it at all.
        cause: `unexplained` where nothing came late that explains it.
    """

    name: str
    symbol: str
    on_record: str
    again: str
    cause: str

    @property
    def said(self) -> str:
        """In one line."""
        return f"{self.name}: {self.on_record} on record, {self.again} again ({self.cause})"


@dataclass(frozen=True)
class FeatureCheck:
    """What the comparison of a session's feature rows said.

    Attributes:
        compared: values.
        count: of differences, `unexplained` of them without a cause.
        differences: the first ones, those without a cause before others.
    """

    compared: int
    count: int
    unexplained: int
    differences: tuple[FeatureDifference, ...]


@dataclass(frozen=True)
class _Found:
    """The differences between two versions of a session's rows, by name."""

    values: dict[str, tuple[str, str, str]]
    compared: int


def check_features(again: SessionAgain) -> FeatureCheck:
    """Every row on record against the same row made anew.

    Raises:
        BadDataError: when bars or rows can't be read, the rows were made by another version of the features, or no
            session up to this one has any.
        UnavailableError: when a tier doesn't answer.
    """
    store, session = again.record.feature_rows, again.session
    on_record = store.of(session)
    if on_record is not None and on_record.schema != SCHEMA:
        raise BadDataError(f"the rows were made by another version of the features: {on_record.note()}")
    ours = _rows(again, again.analysis)
    if on_record is None:
        if len(ours) and not store.sessions(None, session):
            raise BadDataError(f"no feature rows of {session} or an earlier session are on record")
        on_record = ours.take(np.array([], dtype=np.int64))
    found = _compared(on_record, ours)
    changes = replace(again.changes, settings=())  # no feature depends on a limit
    if found.values and again.then is not None:
        changes = told_apart(
            changes, again.then, again.recorded,
            lambda data: frozenset(_compared(on_record, _rows(again, again.analysed(data))).values),
        )  # fmt: skip
    told = [
        FeatureDifference(name, symbol, theirs, mine, changes.of_late_data(name, symbol))
        for name, (symbol, theirs, mine) in found.values.items()
    ]
    told.sort(key=lambda one: one.cause != UNEXPLAINED)
    unexplained = sum(one.cause == UNEXPLAINED for one in told)
    return FeatureCheck(found.compared, len(told), unexplained, tuple(told[:MOST_SHOWN]))


def _rows(again: SessionAgain, analysis: SegmentAnalysis) -> FeatureRows:
    """The session's rows, of this analysis."""
    market, patterns = analysis.close(again.session)
    setups = analysis.setups(again.session, market, patterns)
    nobody = np.zeros(len(setups), dtype=np.bool_)
    symbols = market.panel.row_symbols[setups.row]
    return FeatureRows.of(Signals(again.session, symbols, setups.direction, nobody, setups.matrix, {}))


def _compared(on_record: FeatureRows, again: FeatureRows) -> _Found:
    here, there = _names(on_record), _names(again)
    _, mine, theirs = np.intersect1d(here, there, assume_unique=True, return_indices=True)
    width = len(SCHEMA.names)
    recorded, made = on_record.matrix[mine], again.matrix[theirs]
    values: dict[str, tuple[str, str, str]] = {}
    for row, column in np.argwhere(differing(recorded, made)).tolist():
        name = f"{SCHEMA.names[column]} of {here[mine[row]]}"
        said = _shown(recorded[row, column]), _shown(made[row, column])
        values[name] = (str(on_record.symbols[mine[row]]), *said)
    for rows, names, kept, words in (
        (on_record, here, mine, ("a setup", "none")),
        (again, there, theirs, ("none", "a setup")),
    ):
        for at in _others(len(rows), kept).tolist():
            values[str(names[at])] = (str(rows.symbols[at]), *words)
    alone = len(on_record) + len(again) - 2 * len(mine)
    return _Found(values, (len(mine) + alone) * width)


def _names(rows: FeatureRows) -> npt.NDArray[np.str_]:
    """Of each setup, such as `AAPL long`."""
    ways = np.where(rows.direction > 0, f" {WAYS[1]}", f" {WAYS[-1]}")
    return np.char.add(rows.symbols.astype(np.str_), ways)


def _others(count: int, kept: Ints) -> Ints:
    left: Ints = np.setdiff1d(np.arange(count), kept, assume_unique=True)
    return left


def _shown(value: np.float32) -> str:
    """Enough digits to tell two neighbouring values apart."""
    return "unknown" if np.isnan(value) else f"{value:.9g}"
