"""Feature rows as they were scored, each with what became of its setup: what models can learn from without bars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from adapters.record import Record
from trading.arrays import Days, Flags, Floats, Matrix
from trading.bars.panel import as_day
from trading.cycle.stages import rule_inputs
from trading.errors import ModelError
from trading.scanner.rules import ScannerRules
from trading.views.feature_rows import FeatureRows
from trading.views.rule_system import confidence
from trading.views.setups import FEATURES, Setups
from tune.sets.from_market import looks_in_play
from tune.sets.sealed import without_sealed
from tune.sets.training_set import TrainingSet
from tune.sets.uniqueness import average_uniqueness

UNDECIDED = "no outcome on record by then"


@dataclass(frozen=True)
class RecordedRows:
    """The setups of one session, with outcomes as they are on record now.

    Attributes:
        rows: as they were recorded.
        matrix: the features that were asked for, NaN = unknown, shape `(n, n_features)`.
        success: 1 when the trade made money after costs, else 0; NaN while it is open. Shape `(n,)`.
        net_return: of the trade after costs, as a fraction; NaN while it is open.
        known_session: at whose close the outcome was known; NaT while it isn't.
        both_barriers: 1 where one bar held stop and target, else 0; NaN while open, and where the record doesn't say.
        note: which features these rows were made without, or that another version of the code computed them; empty
            where they are of the schema of now.
    """

    rows: FeatureRows
    matrix: Matrix
    success: Floats
    net_return: Floats
    known_session: Days
    both_barriers: Floats
    note: str

    def __len__(self) -> int:
        return len(self.rows)


def recorded_rows(
    record: Record, first: date, last: date, features: Sequence[str] = FEATURES
) -> Iterator[RecordedRows]:
    """The rows of each session from `first` to `last` that has some, ascending; one session in memory at a time.

    Args:
        record: that is read.
        first: session.
        last: session.
        features: names of the columns. One that a session's rows were made without is NaN there, and `note` says so.

    Raises:
        BadDataError: when a file is missing or is not what the manifest says.
        UnavailableError: when the store of a tier doesn't answer.
    """
    for rows in record.feature_rows.stream(first, last):
        became = record.patterns.outcomes_of(rows.session)
        yield RecordedRows(rows, rows.columns(features), *_joined(rows, became), rows.note(features))


def from_record(
    record: Record, first: date, last: date, scanner: ScannerRules, before: date
) -> tuple[TrainingSet, tuple[str, ...]]:
    """The setups on record whose outcome was known at the close of a session before `before`, and the notes on them.

    It holds what `tune.sets.from_market.from_market` makes of the bars of these sessions as they were known then,
    without what is sealed.

    Raises:
        ModelError: when there is none.
    """
    parts, notes, setups = [], [], 0
    for part in recorded_rows(record, first, last):
        setups += len(part)
        parts.append(_known_before(part, scanner, before))
        if part.note:
            notes.append(part.note)
    count = sum(map(len, parts))
    if not count:
        raise ModelError(
            f"No feature row of {first} to {last} with an outcome known before {before} is on record. Nothing was "
            "trained. Learn from bars, or run more sessions first."
        )

    def whole(name: str) -> npt.NDArray[Any]:
        return np.concatenate([getattr(part, name) for part in parts])

    names, code = np.unique(np.concatenate([part.names for part in parts]), return_inverse=True)
    session, known = whole("session"), whole("known_session")
    made = TrainingSet(
        features=FEATURES,
        matrix=np.concatenate([part.setups.matrix for part in parts]),
        success=whole("success"),
        net_return=whole("net_return"),
        session=session,
        known_session=known,
        rule_confidence=whole("rule_confidence"),
        in_play=whole("in_play"),
        symbols=tuple(names.tolist()),
        symbol=code.astype(np.int32),
        direction=np.concatenate([part.setups.direction for part in parts]),
        weight=average_uniqueness(code, session, known),
        both_barriers=whole("both_barriers"),
        undecided={UNDECIDED: setups - count} if setups > count else {},
    )
    return without_sealed(made, record.trials.sealed()), tuple(notes)


@dataclass(frozen=True)
class _Known:
    """Those of a session whose outcome was known by then, by symbol, then direction."""

    setups: Setups
    names: npt.NDArray[np.str_]
    success: Floats
    net_return: Floats
    both_barriers: Floats
    session: Days
    known_session: Days
    rule_confidence: Floats
    in_play: Flags

    def __len__(self) -> int:
        return len(self.success)


def _known_before(part: RecordedRows, scanner: ScannerRules, before: date) -> _Known:
    kept = np.flatnonzero(np.isfinite(part.success) & (part.known_session < as_day(before)))
    setups = Setups(kept, part.rows.direction[kept], part.matrix[kept])
    return _Known(
        setups=setups,
        names=part.rows.symbols[kept],
        success=part.success[kept],
        net_return=part.net_return[kept],
        both_barriers=part.both_barriers[kept],
        session=np.full(len(kept), as_day(part.rows.session)),
        known_session=part.known_session[kept],
        rule_confidence=confidence(rule_inputs(setups)),
        in_play=looks_in_play(setups, scanner),
    )


def _joined(rows: FeatureRows, became: pa.Table) -> tuple[Floats, Floats, Days, Floats]:
    """Success, net return, the session that made them known and whether bars can't tell, of each row."""
    told = _setup(np.array(became.column("symbol").to_pylist(), np.str_), became.column("direction").to_numpy())
    asked = _setup(rows.symbols, rows.direction)
    order = np.argsort(told)
    found = np.searchsorted(told, asked, sorter=order).clip(max=max(len(told) - 1, 0))
    there = told[order][found] == asked if len(told) else np.zeros(len(rows), dtype=np.bool_)
    success, net_return, both = (np.full(len(rows), np.nan) for _ in range(3))
    known = np.full(len(rows), np.datetime64("NaT", "D"))
    columns = {"success": success, "net_return": net_return, "known_session": known, "both_barriers": both}
    for name, out in columns.items():
        out[there] = became.column(name).to_numpy(zero_copy_only=False)[order[found[there]]]
    return success, net_return, known, both


def _setup(symbols: npt.NDArray[np.str_], direction: npt.NDArray[np.integer]) -> npt.NDArray[np.str_]:
    """What tells a setup of a session from the others."""
    return np.char.add(symbols, np.where(direction > 0, "+", "-"))
