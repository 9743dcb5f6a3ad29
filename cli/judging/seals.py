"""`inplay evaluate seal`, `bar` and `look`: a span that nothing learns from until one model was judged on it, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any

import numpy as np
import typer

from actors.wiring import now
from adapters.models.scoring import EnsembleScorer
from adapters.postgres.models import EnsembleRow
from adapters.record import Record, writing
from adapters.settings import Settings, read_settings
from cli.judging.trials import span_of
from cli.output import print_json
from research.attempts import tried_on
from trading.bars.panel import as_day
from trading.errors import ConfigurationError, UnknownModelError
from trading.risk.decision_rules import rules_of
from trading.scanner.rules import large_cap
from trading.trials.sealing import Bar, Sealed, Span, judging, looking, ready_to_look, sealing, setting_bar
from tune.judgement.bars import METRICS, judged, require_possible
from tune.sets.of_record import SetRules, set_of_record
from tune.sets.training_set import TrainingSet

DAY = ["%Y-%m-%d"]
From = Annotated[datetime | None, typer.Option("--from", formats=DAY, help="First session; not needed for one span.")]
To = Annotated[datetime | None, typer.Option("--to", formats=DAY, help="Last session; likewise.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def seal(
    *,
    first: Annotated[datetime, typer.Option("--from", formats=DAY, help="First session.")],
    last: Annotated[datetime, typer.Option("--to", formats=DAY, help="Last session.")],
    why: Annotated[str, typer.Option(help="What for.")] = "to be looked at once",
    as_json: Json = False,
) -> None:
    """Seal sessions: no training learns from their outcomes until one model was judged on them, once."""
    span = Span(first.date(), last.date())
    with writing(read_settings(), now=now(), make=False) as record:
        told = partial(sealing, span=span, sessions=record.bar_tables.sessions(), why=why, at=now())
        seals = record.trials.tell(told)
        before = _looks(record, span)
    _say(_of(seals, span), f"{span} is sealed; trainings leave its outcomes out. {before}", as_json=as_json)


def bar(
    *,
    metric: Annotated[str, typer.Option(help=", ".join(METRICS))],
    at_least: Annotated[float, typer.Option("--at-least", help="What the metric has to reach.")],
    model: Annotated[str, typer.Option(metavar="ID", help="Of the ensemble that is to be judged.")],
    first: From = None,
    last: To = None,
    as_json: Json = False,
) -> None:
    """Register what a model has to reach on a sealed span before anybody looks at it."""
    wanted = Bar(metric, at_least, model)
    require_possible(wanted)
    meant = _span(first, last)
    with writing(read_settings(), now=now(), make=False) as record:
        row = _ensemble(record, model)
        spared = [str(span) for span in row.metrics.get("sealed", ())]
        told = partial(setting_bar, span=meant, bar=wanted, known_before=row.known_before, spared=spared, at=now())
        seals = record.trials.tell(told)
    changed = _of(seals, meant) if meant else next(one for one in seals if not one.burnt)
    _say(changed, f"the bar of {changed.span}: {wanted}", as_json=as_json)


def look(*, first: From = None, last: To = None, as_json: Json = False) -> None:
    """Judge the registered model on the sealed span, once; the exit code is 1 when it misses the bar.

    The span is burnt from then on: there is no second look, also when this one is cut off.
    """
    settings = read_settings()
    with writing(settings, now=now(), make=False) as record:
        ready = ready_to_look(record.trials.seals(), _span(first, last))
        trial = _prepared(record, settings, ready)
        record.trials.tell(partial(looking, expected=ready, at=now()))  # it counts from here on
        verdict = judged(trial.bar, trial.scorer.score(trial.data.matrix).strength, trial.data)
        seals = record.trials.tell(lambda _: judging(ready.span, verdict, at=now()))
        before = _looks(record, ready.span)
    value = "not defined" if verdict.value is None else f"{verdict.value:.4f}"
    told = f"{trial.bar}: {value} on {verdict.setups:,} setups of {verdict.sessions} sessions of {ready.span}"
    _say(_of(seals, ready.span), f"{told}; {'reached' if verdict.passed else 'MISSED'}. {before}", as_json=as_json)
    if not verdict.passed:
        raise typer.Exit(1)


@dataclass(frozen=True)
class _Trial:
    """Everything that the look needs, made before anything is looked at."""

    bar: Bar
    scorer: EnsembleScorer
    data: TrainingSet


def _prepared(record: Record, settings: Settings, ready: Sealed) -> _Trial:
    """The model and the setups of the span.

    Raises:
        ModelError: when the model's files are gone or other ones.
        ConfigurationError: when no setup of the span has an outcome yet; the span is as it was.
    """
    if ready.bar is None:
        raise ConfigurationError(f"No bar is registered for {ready.span}. Nothing was changed.")
    row = _ensemble(record, ready.bar.model)
    scorer = EnsembleScorer(record.home / "models" / row.ensemble_id)
    data = _setups(record, settings, ready.span)
    if not len(data):
        raise ConfigurationError(
            f"No setup of {ready.span} has an outcome on record yet. Nobody looked; the span stays sealed."
        )
    return _Trial(ready.bar, scorer, data)


def _setups(record: Record, settings: Settings, span: Span) -> TrainingSet:
    """Those decided in the span whose outcome is known by now."""
    last = record.bar_tables.sessions()[-1]
    rules = SetRules(rules_of(settings.risk).outcome, large_cap(), last + timedelta(days=1))
    every = set_of_record(record, rules, sealed_too=True)
    inside = (every.session >= as_day(span.first)) & (every.session <= as_day(span.last))
    return every.take(np.flatnonzero(inside))


def _looks(record: Record, span: Span) -> str:
    """How many attempts were judged on sessions of the span, in words: a look that comes after some is no first one."""
    count = tried_on(record.trials.trials(), (), span.first, span.last).attempts
    return f"{len(count)} attempts on record were judged on sessions of it before."


def _ensemble(record: Record, name: str) -> EnsembleRow:
    row = record.models.ensemble(name)
    if row is None:
        raise UnknownModelError(f"No ensemble {name} is on record. Nothing was changed. See `inplay models list`.")
    return row


def _span(first: datetime | None, last: datetime | None) -> Span | None:
    both = span_of(first, last)
    return None if both is None else Span(both[0].date(), both[1].date())


def _of(seals: Sequence[Sealed], span: Span) -> Sealed:
    return next(one for one in seals if one.span == span)


def _say(sealed: Sealed, words: str, *, as_json: bool) -> None:
    if not as_json:
        print(words)
        return
    facts: dict[str, Any] = asdict(sealed)
    print_json({**facts, "state": "burnt" if sealed.burnt else "sealed", "words": words})
