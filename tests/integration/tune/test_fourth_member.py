"""A fourth member of the ensemble is one declaration: training, files, record, decisions and answers follow from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from adapters.models.scoring import EnsembleScorer
from adapters.postgres.decisions import DecisionStore
from adapters.postgres.model_events import LifecycleStore
from adapters.postgres.models import Entry, ModelStore
from adapters.postgres.pool import Pool
from adapters.postgres.queries import Queries
from adapters.postgres.trials import TrialLedger
from cli.run.progress import Printer
from serve.resources.signals import RuleView, Signal
from tests.fakes.planted import planted
from trading.bars.panel import as_date
from trading.decisions.book_view import BookView, Candidate
from trading.decisions.decide import decide
from trading.errors import ModelError
from trading.outcomes.barriers import OutcomeRules
from trading.risk.decision_rules import DecisionRules
from trading.risk.past import DrawdownState
from trading.views.members.grids import BOOSTERS
from trading.views.members.member import Member, Members, by_member
from trading.views.members.registry import MEMBERS
from tune.fits.distributed import Workers
from tune.pipeline import train_ensemble
from tune.registration import config_sha256, register

pytestmark = pytest.mark.platform

MOMENTUM = Member(
    name="momentum",
    title="momentum classifier",
    estimator="booster",
    predicts="success",
    features=("return_1", "return_5", "return_20", "relative_strength_20"),
    weight=0.25,
    says="XGBoost classifier on momentum alone: the same probability.",
    example=0.53,
    grid=BOOSTERS[:1],
)
FOUR = Members((*MEMBERS, MOMENTUM))
NAMES = ("pattern", "catalyst", "outcome", "momentum")
WEIGHTS = (0.32, 0.32, 0.16, 0.2)
NOON, DAY = datetime(2010, 1, 4, 12, tzinfo=UTC), date(2010, 1, 4)


def test_a_fourth_member_needs_nothing_but_its_declaration(
    local_ray: None, pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch  # noqa: ARG001
) -> None:  # fmt: skip
    """Searched, judged, fitted, registered, scored, weighed, decided by, answered and shown as the three are."""
    data = planted(1, sessions=60, per_session=60, skill=0.25)
    trained = train_ensemble(
        data, tmp_path / "models", tmp_path / "tune", seed=7, workers=Workers(), say=lambda _: None,
        members=FOUR,
    )  # fmt: skip
    assert tuple(trained.winners) == tuple(trained.accuracy.members) == NAMES

    first = as_date(data.known_session.max()) + timedelta(days=1)
    config = config_sha256(7, first, OutcomeRules(), Workers(), FOUR)
    row = register(
        ModelStore(pool),
        trained,
        tmp_path,
        config=config,
        known_before=first,
        code_version="0",
        at=NOON,
        entry=Entry("champion", "test", "the first"),
    )
    assert LifecycleStore(pool).life().at(first).champion == row.ensemble_id
    assert row.metrics["audit"]["passed"]
    assert ModelStore(pool).ensembles() == [row]
    trials = TrialLedger(pool).trials()
    tried = sum(winner.trials for winner in trained.winners.values())
    kinds = ["training", *["search"] * tried]
    assert [one.kind for one in trials] == kinds, "the ensemble, each winner and each that lost are trials"
    assert trials[0].sessions.tolist() == np.unique(data.session)[45:].tolist(), "the last quarter of sixty sessions"
    assert {one.overlap_sessions for one in trials} == {OutcomeRules().horizon_sessions}
    assert row.metrics["sealed"] == []
    told = Queries(pool).models()
    assert tuple(model.kind for model in told) == NAMES
    assert tuple(model.weight for model in told) == pytest.approx(WEIGHTS)

    rows = planted(2, sessions=10, per_session=60, skill=0.25).matrix[:50]
    views = EnsembleScorer(trained.folder).score(rows)
    assert (views.members, views.probabilities.shape) == (NAMES, (4, 50))
    np.testing.assert_allclose(views.strength, np.array(WEIGHTS) @ views.probabilities, atol=1e-12)

    candidate = Candidate(
        symbol="AA", score=0.5, close_usd=20.0, atr_usd=1.0, average_volume=1e6, patterns=("hammer",),
        rule_confidence=0.7, rule_reasons=("why",), probabilities=views.at(0),
        expected_return=float(views.expected_return[0]), strength=float(views.strength[0]), rank=float(views.rank[0]),
        disagreement=float(views.disagreement[0]), ensemble_id=row.ensemble_id,
    )  # fmt: skip
    book = BookView("hybrid", "hybrid", 10_000_000, frozenset(), DrawdownState(1.0, ""))
    decisions, _ = decide(DAY, book, [candidate], DecisionRules())
    DecisionStore(pool).record(decisions)
    (decision,) = Queries(pool).decisions(None, 5)
    assert decision.probabilities == dict(zip(NAMES, views.probabilities[:, 0].tolist(), strict=True))

    monkeypatch.setattr("serve.members.MEMBERS", FOUR)
    schema = Signal.model_json_schema(mode="serialization")
    assert schema["properties"]["p_momentum"]["description"] == MOMENTUM.says
    assert "p_momentum" in schema["required"]
    answer = Signal(
        symbol="AA", session=DAY, patterns=[], probabilities=decision.probabilities, expected_return=None,
        expected_low=None, expected_high=None, probability=None, disagreement_rank=None, model_rules=[],
        strength=decision.strength, rank=None, confidence=None, disagreement=None,
        rule=RuleView(confidence=None, view="none", why=""), decision="none", source="rule", reason="",
        ensemble_id=None,
    )  # fmt: skip
    assert answer.model_dump()["p_momentum"] == decision.probabilities["momentum"]
    assert by_member({"probabilities": decision.probabilities})["p_momentum"] == decision.probabilities["momentum"]

    with (tmp_path / "shown.txt").open("w", encoding="utf-8") as shown:
        Printer(Console(file=shown, width=120)).accuracy(trained.accuracy)
    assert "momentum" in (tmp_path / "shown.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "Momentum!"}, "small letters"),
        ({"estimator": "forest", "predicts": "net_return"}, "no forest predicts net_return"),
        ({"features": ("return_5", "moon_phase")}, "moon_phase"),
        ({"weight": 0.0}, "weight is 0.0"),
        ({"grid": ()}, "nothing to try"),
    ],
)
def test_a_member_that_can_not_be_is_refused_where_it_is_declared(changes: dict[str, object], words: str) -> None:
    """Not by a training that has run for an hour."""
    with pytest.raises(ModelError, match=words):
        replace(MOMENTUM, **changes)  # type: ignore[arg-type]


def test_members_that_make_no_ensemble_are_refused() -> None:
    """Two of one name, and nobody who expects a return."""
    half = replace(MOMENTUM, weight=0.5)
    for every, words in (
        ((half, half), "one name"), ((half,), "net return"),
    ):  # fmt: skip
        with pytest.raises(ModelError, match=words):
            Members(every)
