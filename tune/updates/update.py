"""A version of the ensemble from the one before it and a mini-batch: models, calibration and ranks, as files."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from adapters.models.scoring import CARD, Card, EnsembleScorer, ModelFile, Said, read_model, sha256_of
from trading.bars.panel import as_date
from trading.errors import ModelError
from trading.views.calibration import calibrate
from trading.views.ensemble import Views
from trading.views.setups import FEATURES
from tune.fits.model_files import QUANTILES, write_files
from tune.judgement.audit import Audit, calibrated
from tune.judgement.trials import Tried, tried
from tune.pipeline import reference_strengths
from tune.sets.training_set import TARGET_SCALE, TrainingSet
from tune.updates.batch import Batch
from tune.updates.boosters import Grown, Rows, seed_of, updated
from tune.updates.refresh import pooled_quantiles, pooled_std, refreshed

KEPT = "forest"
"""Scikit-learn's can't go on learning; it stays as it is."""


@dataclass(frozen=True)
class Updated:
    """An update on disk.

    Attributes:
        parent: the version that it was made from.
        grown: what each member that can learn on gained.
        rows: it learned from, of `sessions` sessions.
        data_sha256: of these rows.
        first_session: of these rows; `last_session` likewise.
        audit: what it checked of itself.
        tried: the version before on these rows, which it had not seen: for the ledger of trials.
        seconds: from the rows to the files.
    """

    card: Card
    folder: Path
    parent: str
    grown: Mapping[str, Grown]
    rows: int
    sessions: int
    data_sha256: str
    first_session: np.datetime64
    last_session: np.datetime64
    audit: Audit
    tried: Tried
    seconds: float = field(default=0.0, compare=False)


def make_update(models: Path, parent: str, batch: Batch, *, learned: int, seed: int) -> Updated:
    """The update is on disk beside its parent, which isn't touched; a repeat writes the same bytes.

    Args:
        models: folder of all ensembles.
        parent: the version to go on from.
        batch: that it hasn't learned from.
        learned: rows that its models have learned from so far.
        seed: of the draws.

    Raises:
        ModelError: when the parent can't be read, or nothing can be learned from the rows.
    """
    began_s, rows = time.monotonic(), batch.rows
    if learned <= 0:
        raise ModelError(
            f"The record doesn't say how many rows {parent} learned from. Nothing was updated; train anew."
        )
    scorer = EnsembleScorer(models / parent)
    views, digest = scorer.raw(rows.matrix), rows.sha256
    name = "update-" + hashlib.sha256(json.dumps([parent, digest, seed]).encode()).hexdigest()[:12]
    share = len(rows) / (learned + len(rows))
    grown = {
        file.member: updated(
            read_model(models / parent, file), file, _rows_of(file, rows, share),
            seed=seed_of(seed, parent, file.member),
        )
        for file in scorer.card.models if file.estimator != KEPT
    }  # fmt: skip
    card = _card(scorer, name, views, rows, grown)
    contents = {
        file.path: grown[file.member].content if file.member in grown else read_model(models / parent, file)
        for file in scorer.card.models
    }
    write_files(models / name, {**contents, CARD: card.to_json().encode()})
    what: dict[str, Any] = {"update": name, "parent": parent, "seed": seed}
    return Updated(
        card, models / name, parent, grown, len(rows), len(np.unique(rows.session)), digest, rows.session[0],
        rows.session[-1], _audit(card, batch),
        tried("training", f"update of {parent}", what, [(views.strength, rows)], digest),
        time.monotonic() - began_s,
    )  # fmt: skip


def _rows_of(file: ModelFile, rows: TrainingSet, share: float) -> Rows:
    columns = [FEATURES.index(name) for name in file.features]
    target = rows.success if file.predicts == "success" else rows.net_return / TARGET_SCALE
    return Rows(rows.matrix[:, columns], target, rows.weight, share)


def _card(scorer: EnsembleScorer, name: str, views: Views, rows: TrainingSet, grown: Mapping[str, Grown]) -> Card:
    before, said = scorer.card, scorer.said(rows.matrix)
    new = calibrate(
        views.strength, views.expected_return, views.disagreement,
        success=rows.success, net_return=rows.net_return, session=rows.session,
    )  # fmt: skip
    calibration = new if before.calibration is None else refreshed(before.calibration, new)
    share = new.setups / calibration.setups
    reference = np.sort(reference_strengths(views, rows))
    return replace(
        before,
        ensemble_id=name,
        models=[
            _file(file, one, rows, share, grown.get(file.member)) for file, one in zip(before.models, said, strict=True)
        ],
        strengths=pooled_quantiles(np.array(before.strengths), reference, share, QUANTILES).tolist(),
        calibration=calibration,
    )


def _file(file: ModelFile, said: Said, rows: TrainingSet, share: float, grown: Grown | None) -> ModelFile:
    std = file.residual_std
    return replace(
        file,
        sha256=file.sha256 if grown is None else sha256_of(grown.content),
        residual_std=None if std is None else pooled_std(std, rows.net_return - said.predicted, share),
    )


def _audit(card: Card, batch: Batch) -> Audit:
    rows = batch.rows
    early = rows.known_session.min()
    checks = {
        "unseen": f"an outcome was known on {early}, when the version before had learned from it"
        if as_date(early) < batch.since else "",
        "calibrated": calibrated(card),
    }  # fmt: skip
    return Audit(checks, as_date(rows.known_session.max())).known_before(batch.before)
