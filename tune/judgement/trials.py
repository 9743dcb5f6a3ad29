"""What a training and its search put into the ledger of trials, losing trials included."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from adapters.postgres.trials import TrialLedger
from trading.arrays import Days, Floats
from trading.outcomes.barriers import OutcomeRules
from trading.trials.trial import Kind, Trial
from tune.judgement.trial_returns import session_returns
from tune.search.report import SearchReport
from tune.sets.training_set import TrainingSet

OVERLAP_SESSIONS = OutcomeRules().horizon_sessions
"""Over how many sessions the return of a setup runs."""


@dataclass(frozen=True, eq=False)
class Tried:
    """What was tried, before anybody says when and by which program.

    Attributes:
        what: of which trials with equal values are the same configuration; JSON values.
        data_sha256: of the rows that it learned from and was judged on.
    """

    kind: Kind
    label: str
    what: Mapping[str, Any]
    data_sha256: str
    sessions: Days
    returns: Floats


def tried(
    kind: Kind, label: str, what: Mapping[str, Any], parts: Sequence[tuple[Floats, TrainingSet]], data_sha256: str
) -> Tried:
    """One trial, from its predictions of rows that it had not seen.

    Args:
        kind: `search` for a set of parameters judged on folds, `training` for an ensemble on its held-out part.
        label: in words.
        what: parameters, member, seed: all that was chosen.
        parts: predictions with their rows, fold by fold, in the order of time; no session is in two of them.
        data_sha256: of all rows, see `TrainingSet.sha256`.
    """
    found = [session_returns(predicted, rows) for predicted, rows in parts]
    sessions, returns = (np.concatenate(of) for of in zip(*found, strict=True))
    return Tried(kind, label, what, data_sha256, sessions, returns)


def lost(found: SearchReport, data_sha256: str) -> list[Tried]:
    """Each trial of a search that didn't win, on the folds that it saw.

    Args:
        found: the search.
        data_sha256: of all rows, as of `tried`.
    """
    return [
        Tried(
            kind="search",
            label=f"{one.member} {json.dumps(dict(one.params), sort_keys=True)}",
            what={"member": one.member, "params": dict(one.params), "seed": found.seed},
            data_sha256=data_sha256,
            sessions=np.array([day for fold in one.folds for day in fold.sessions], dtype="datetime64[D]"),
            returns=np.array([value for fold in one.folds for value in fold.returns], dtype=np.float64),
        )
        for one in found.lost
    ]


def record_trials(ledger: TrialLedger, those: Sequence[Tried], *, code_version: str, at: datetime) -> None:
    """The trials are on record; repeating them counts as no attempt."""
    ledger.add(
        *(
            Trial(
                kind=one.kind, label=one.label, config_sha256=_sha256(one.what), code_version=code_version,
                data_sha256=one.data_sha256, sessions=one.sessions, returns=one.returns, at=at,
                overlap_sessions=OVERLAP_SESSIONS,
            )
            for one in those
        )
    )  # fmt: skip


def _sha256(what: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(what, sort_keys=True, default=str).encode()).hexdigest()
