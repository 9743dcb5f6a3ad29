"""A training that learned what it couldn't know then is found out by its own audit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from adapters.models.scoring import Card, ModelFile
from tests.fakes.planted import planted
from trading.bars.panel import as_date
from trading.views.calibration import Calibration
from tune.judgement.audit import audit
from tune.sets.splits import EMBARGO_SESSIONS, Split, holdout
from tune.sets.training_set import TrainingSet

DATA = planted(3, sessions=40)
SPLIT = holdout(DATA, 0.25, EMBARGO_SESSIONS)
CALIBRATION = Calibration((-0.1, 0.2), (0.0, 0.3), (0.0, 0.0, 0.0), (0.0, 0.1), 100, 10)
LAST = as_date(DATA.known_session.max())
AFTER = LAST + timedelta(days=1)


def card(*features: str, calibration: Calibration | None = CALIBRATION) -> Card:
    """A card of one model."""
    file = ModelFile("pattern", "forest", "success", 1.0, "pattern.onnx", "0" * 64, list(features or DATA.features), {})
    return Card("ensemble-1", list(DATA.features), [file], [0.5], calibration=calibration)


def found(data: TrainingSet = DATA, split: Split = SPLIT, told: Card | None = None, before: date = AFTER) -> str:
    """What the audit says."""
    return audit(data, [(data, split)], told or card()).known_before(before).words


def test_a_training_that_kept_to_the_rules_passes() -> None:
    """Every check is on record with nothing found, and the session that it was known before."""
    told = audit(DATA, [(DATA, SPLIT)], card()).known_before(AFTER)
    assert told.passed
    assert told.to_dict() == {
        "passed": True,
        "checks": dict.fromkeys(("outcomes_known", "purged", "columns_known", "calibrated"), ""),
        "last_known": LAST.isoformat(),
        "leakage": {},
    }


@pytest.mark.parametrize("early", [0, 1, 30])
def test_an_outcome_of_the_first_session_that_is_traded_or_later_is_found(early: int) -> None:
    """The outcome of a bar is known at its close: on the session itself is too late."""
    assert f"became known on {LAST}" in found(before=LAST - timedelta(days=early))


def test_a_split_without_purging_is_found() -> None:
    """All rows before the test part, those included whose outcome reaches into it."""
    first = DATA.session[SPLIT.test].min()
    leaking = Split(np.flatnonzero(DATA.session < first), SPLIT.test)
    assert f"its test part begins on {first}" in found(split=leaking)
    assert "its test part begins" in found(split=Split(np.arange(len(DATA)), SPLIT.test))


def test_a_column_that_no_setup_knows_or_that_is_not_there_is_found() -> None:
    """A model that learned from it meets its first value unprepared."""
    name = DATA.features[3]
    matrix = DATA.matrix.copy()
    matrix[:, 3] = np.nan
    assert name in found(data=replace(DATA, matrix=matrix))
    assert found(data=replace(DATA, matrix=matrix), told=card(*DATA.features[:3])) == ""
    assert "moon_phase" in found(told=card("moon_phase"))


def test_figures_that_were_never_compared_with_outcomes_are_found() -> None:
    """No calibration, one with figures that are no numbers, one of no setups."""
    audited = audit(DATA, [(DATA, SPLIT)], card(calibration=None))
    assert "never compared" in audited.words
    assert "no numbers" in found(told=card(calibration=replace(CALIBRATION, net_return=(float("nan"), 0.3))))
    assert "saw no setup" in found(told=card(calibration=replace(CALIBRATION, setups=0)))
