"""A backtest in the ledger of trials: each of its accounts is one attempt on its sessions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from adapters.record import Record, writing
from adapters.settings import Settings
from research.backtest.recorded import Recorded
from research.backtest.running import Backtested, Terms
from trading.errors import InplayError, LedgerError
from trading.performance.attempts import Attempts
from trading.performance.inputs import returns_of
from trading.performance.record import AccountRecord
from trading.trials.counting import attempts_on
from trading.trials.looks import looks_at
from trading.trials.sealing import Sealed
from trading.trials.trial import Trial

Ledger = tuple[list[Trial], tuple[Sealed, ...]]


@dataclass(frozen=True)
class Counted:
    """What the ledger says of the backtest's sessions.

    Attributes:
        of: attempts by account; None where the ledger can't be read.
        words: on the span, for every report.
    """

    of: Mapping[str, Attempts | None]
    words: tuple[str, ...]


def trials_of(
    records: Mapping[str, AccountRecord], done: Backtested, terms: Terms, recorded: Recorded,
    *, code_version: str, at: datetime,
) -> list[Trial]:  # fmt: skip
    """One trial for each account that has returns."""
    digest = data_sha256(recorded)
    return [
        Trial(
            kind="backtest", label=f"account {name}", config_sha256=_config_sha256(name, done, terms),
            code_version=code_version, data_sha256=digest, sessions=record.sessions,
            returns=returns_of(record.equity_usd), at=at,
        )
        for name, record in records.items()
    ]  # fmt: skip


def ledger_of(record: Record) -> Ledger | None:
    """Trials and seals on record; None where they can't be read."""
    try:
        return record.trials.trials(), record.trials.seals()
    except InplayError:
        return None


def counted(
    settings: Settings, trials: Mapping[str, Trial], before: Ledger | None, *, elsewhere: int, at: datetime
) -> Counted:
    """The trials are on record, beside a run too, and the attempts on their sessions counted with them.

    Where the record can't be written the attempts are counted all the same, with `before`, and the words say that
    this one isn't on record. Where it can't be read either, or isn't whole, nothing is known.

    Args:
        settings: name the record.
        trials: by account.
        before: what was read of the ledger earlier; None where that failed.
        elsewhere: attempts that were made without this record.
        at: when the folder is locked.
    """
    try:
        with writing(settings, now=at, make=False) as record:
            record.trials.add(*trials.values())
            record.trials.verify()
            every, seals = record.trials.trials(), record.trials.seals()
        words: list[str] = []
    except LedgerError as error:
        return Counted(dict.fromkeys(trials), (f"Attempts can't be counted: {error}. See `inplay data verify`.",))
    except InplayError as error:
        words = [f"This backtest is NOT in the ledger of trials, so later ones won't count it: {error}"]
        if before is None:
            return Counted(dict.fromkeys(trials), tuple(words))
        every, seals = [*before[0], *trials.values()], before[1]
    attempts = {
        name: attempts_on(every, one.sessions, overlap_sessions=one.overlap_sessions, elsewhere=elsewhere)
        for name, one in trials.items()
    }
    sessions = next(iter(trials.values())).sessions
    return Counted(attempts, (*words, looks_at(every, seals, sessions).words))


def data_sha256(recorded: Recorded) -> str:
    """A digest of the bars, splits, breaks and earnings days that a backtest ran on."""
    digest = hashlib.sha256()
    for table in (recorded.bars, recorded.events):
        for name in table.column_names:
            digest.update(name.encode())
            _add(digest, table.column(name))
    digest.update(repr((recorded.splits, recorded.breaks)).encode())
    return digest.hexdigest()


def _add(digest: Any, column: pa.ChunkedArray) -> None:
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        digest.update(np.ascontiguousarray(column.to_numpy()).tobytes())
        return
    coded = column.combine_chunks()
    coded = coded if pa.types.is_dictionary(coded.type) else coded.dictionary_encode()
    digest.update(repr(coded.dictionary.to_pylist()).encode())
    digest.update(np.ascontiguousarray(coded.indices.to_numpy(zero_copy_only=False)).tobytes())


def _config_sha256(name: str, done: Backtested, terms: Terms) -> str:
    models = {model: str(since) for model, since in done.decided_from.items()}
    facts = [name, terms.accounts[name], terms.cash_cents, repr((terms.decisions, terms.scanner, terms.engine)), models]
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()
