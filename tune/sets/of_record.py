"""The training set of a record: what a run, the training scheduler and `inplay train` learn from, made in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from adapters.machine.free_memory import give_back
from adapters.record import Record
from data.ended import ended_histories
from data.known_at import Known, known_at_close
from trading.bars.panel import as_date
from trading.cycle.stages import Market, Patterns, recognise
from trading.errors import ModelError
from trading.outcomes.barriers import OutcomeRules
from trading.scanner.rules import ScannerRules
from tune.judgement.regime_factors import RegimeWeights, learned_factors
from tune.sets.from_market import History, from_histories
from tune.sets.sealed import without_sealed
from tune.sets.training_set import TrainingSet


@dataclass(frozen=True)
class SetRules:
    """What a training set is made by.

    Attributes:
        outcome: how a setup's outcome is told.
        scanner: what counts as in play.
        before: every outcome was known before this session.
        regime_weights: whether the models' weights are learned by regime from what the record knew by then.
    """

    outcome: OutcomeRules
    scanner: ScannerRules
    before: date
    regime_weights: RegimeWeights = "fixed"


def set_of_market(record: Record, market: Market, patterns: Patterns, rules: SetRules) -> TrainingSet:
    """The setups of a history that was analysed already, without what is sealed.

    Args:
        record: that the history is of; its breaks and sealed spans are read.
        market: as known at the close of its last session.
        patterns: of it.
        rules: that it is made by.
    """
    known = known_at_close(record, as_date(market.panel.sessions.max()))
    return _unsealed(known, _made(known, lambda: (market, patterns), rules), rules)


def set_of_record(record: Record, rules: SetRules, *, sealed_too: bool = False) -> TrainingSet:
    """The same, analysed here from the bars on record; nothing of `rules.before` and later is read.

    Args:
        record: that is read.
        rules: that it is made by.
        sealed_too: with what is sealed: for the one look at it, and never to learn from.

    Raises:
        ModelError: when no session with bars is before it.
    """
    earlier = [session for session in record.bar_tables.sessions() if session < rules.before]
    if not earlier:
        raise ModelError(
            f"No bars before {rules.before} are on record, so there is nothing to learn from. Nothing was changed."
        )
    known = known_at_close(record, earlier[-1])
    made = _made(known, partial(_analysed, known), rules)
    return made if sealed_too else _unsealed(known, made, rules)


def _analysed(known: Known) -> History:
    market = known.market()
    return market, recognise(market, known.events, known.news_at(market.panel))


def _unsealed(known: Known, made: TrainingSet, rules: SetRules) -> TrainingSet:
    sealed = known.record.trials.sealed()
    data = without_sealed(made, sealed)
    if rules.regime_weights == "fixed":
        return data
    return replace(data, regime_factors=learned_factors(known.record, rules.before, sealed))


def _made(known: Known, now: Callable[[], History], rules: SetRules) -> TrainingSet:
    made = from_histories(now, ended_histories(known), rules.outcome, rules.scanner, rules.before)
    give_back()
    return made
