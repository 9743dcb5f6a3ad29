"""The whole report on planted setups: out of fold, as a page and as JSON, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from cli.judging.models_page import model_page, report_lines
from cli.output import finite_json
from tests.fakes.ensembles import BOOSTER, FOREST
from tests.fakes.planted import planted
from trading.errors import ModelError
from trading.views.members.registry import MEMBERS
from tune.fits.estimators import fit_booster
from tune.fits.model_files import write_ensemble
from tune.judgement.report.model_report import ModelReport, model_report
from tune.judgement.report.out_of_fold import Recipe, out_of_fold, recipe_of
from tune.search.report import Winner
from tune.sets.training_set import TrainingSet, columns_of, target_of

DATA = planted(51, sessions=100, per_session=20, skill=0.25)
SMALL = {one.name: FOREST if one.estimator == "xgboost_forest" else BOOSTER for one in MEMBERS}
RECIPE = Recipe(MEMBERS, {name: Winner(params, 0.6, 0.02, 1) for name, params in SMALL.items()})
PATHS = {"member": "catalyst", "rows": 2_000, "auc": [0.5, 0.6], "log_loss": [0.7, 0.7], "unchecked": ""}


def reported(data: TrainingSet) -> ModelReport:
    """The report on the recipe."""
    return model_report(data, RECIPE, "ensemble-x", date(2009, 12, 1), sectors={"S001": "<b>Energy"}, seed=1)


@pytest.fixture(scope="module")
def report() -> ModelReport:
    """Of the planted setups."""
    return reported(DATA)


def test_no_setup_is_judged_by_what_it_taught() -> None:
    """All sessions but the first block, each once and in order; every outcome was known before its fold began."""
    said = out_of_fold(DATA, RECIPE, seed=1)
    assert (np.diff(said.test.session.astype(int)) >= 0).all()
    assert len(said.test) == 75 * 20
    for fold in said.folds:
        assert DATA.known_session[fold.split.train].max() < DATA.session[fold.split.test].min()
    assert np.isnan(said.calibrated[:500]).all()
    assert np.isfinite(said.calibrated[500:]).all()


def test_a_planted_signal_is_reported_as_skill(report: ModelReport) -> None:
    """The AUC's interval lies above one half, and the signal leads the importances."""
    auc = report.parts[0].figures.estimates["auc"]
    assert auc.low is not None
    assert auc.low > 0.6
    assert report.importance[0].features == ("return_5",)
    assert (report.better, report.worse) == (report.tested, 0)


def test_it_is_json_and_a_page_without_script_or_markup_of_the_data(report: ModelReport) -> None:
    """Values of JSON alone; a sector's name is text; too few setups are told."""
    facts = json.loads(json.dumps(finite_json(report.to_dict()), default=str, allow_nan=False))
    assert facts["parts"][0]["figures"]["setups"] == report.setups
    page = model_page(report, PATHS, "3 attempts.")
    assert "<script" not in page
    assert "<b>Energy" not in page
    assert "&lt;b&gt;Energy: not enough data yet: 75 of at least 100 setups" in page
    assert "5 paths" not in page
    assert "On 2 paths" in page
    assert any("NOT SHOWN" in line or "MET" in line for line in report_lines(report, {}, ""))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (DATA.take(np.arange(10)), "too few|no outcome was known"),
        (replace(DATA, success=np.ones(len(DATA))), "nothing to tell apart"),
        (replace(DATA, success=(DATA.session > DATA.session[900]).astype(float)), "nothing to tell apart"),
    ],
)
def test_what_cannot_be_judged_is_refused_in_a_sentence(data: TrainingSet, words: str) -> None:
    """Ten setups of a session, one class at all, one class before the first fold."""
    with pytest.raises(ModelError, match=words):
        reported(data)


def test_a_recipe_is_the_cards_and_not_todays_members(tmp_path: Path) -> None:
    """A card with fewer features and another weight: models see those, with ways bound as they were."""
    fitted = {}
    for one in MEMBERS:
        rows, target = DATA.matrix[:, columns_of(one, DATA)], target_of(one, DATA)
        fitted[one.name] = fit_booster(SMALL[one.name], one.objective, rows, target, seed=1)
    left_out = {"rsi_14": "unknown"}
    card = write_ensemble(
        tmp_path, "ensemble-x", fitted, RECIPE.winners, np.linspace(0, 1, 5), members=MEMBERS, left_out=left_out
    )
    made = recipe_of(card)
    assert [one.name for one in made.members] == list(MEMBERS.names)
    for one, file in zip(made.members, card.models, strict=True):
        assert list(one.features) == file.features
        assert "rsi_14" not in one.features
        assert made.winners[one.name].params == file.params
    assert len(out_of_fold(DATA, made, seed=1).test) == 1_500
