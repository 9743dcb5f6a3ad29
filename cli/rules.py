"""`inplay rules tune`: whether other constants of the rules would have done better, on sessions they hadn't seen."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from typing import Annotated, Any

import typer

from actors.wiring import now
from adapters.record import NO_BARS, reading, writing
from adapters.settings import Settings, read_settings
from cli.output import print_json
from cli.train.job import cutoff
from trading.errors import ConfigurationError
from trading.risk.decision_rules import rules_of
from trading.scanner.rules import large_cap
from trading.views.rule_system import RULES, RuleConstants
from tune.judgement.trials import record_trials
from tune.rules.earned import Candidates, tried_constants
from tune.rules.folds import walked
from tune.rules.proposals import words
from tune.rules.verdict import RuleVerdict, judged_rules, tried_of
from tune.sets.of_record import SetRules, set_of_record
from tune.sets.training_set import TrainingSet

app = typer.Typer(help="The rule system: what it is worth beside other constants.", no_args_is_help=True)

TRIALS = 200


@app.callback()
def _group() -> None:
    """The rule system: what it is worth beside other constants."""


@app.command()
def tune(
    *,
    trials: Annotated[
        int, typer.Option("--trials", min=2, max=100_000, help="Constants to try, today's among them.")
    ] = TRIALS,
    minutes: Annotated[
        float | None, typer.Option("--time", min=0.01, metavar="MIN", help="Begin no trial after so long.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the constants that are proposed.")] = 7,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Search the rules' constants on purged folds and say whether anything is gained; nothing is changed.

    Every trial goes to the ledger of trials. Sealed spans aren't looked at. Settings are printed only when the gain is
    beyond noise.
    """
    if minutes is not None and not math.isfinite(minutes):
        raise ConfigurationError("--time is a number that ends. Nothing was tried.")
    settings = read_settings()
    data = _setups(settings)
    candidates = Candidates.of(data)
    print(f"{len(candidates.data):,} setups in play with a known outcome", file=sys.stderr, flush=True)
    done = tried_constants(candidates, seed=seed, most=trials, over=_clock(minutes))
    found = walked(candidates, done)
    with writing(settings, now=now(), make=False) as record:
        tried = tried_of(candidates, done, found, seed)
        record_trials(record.trials, tried, code_version=version("inplay"), at=now())
        verdict = judged_rules(candidates, done, found, record.trials.trials())
    left_out = {reason: count for reason, count in data.undecided.items() if reason.startswith("sealed")}
    if as_json:
        print_json(_facts(verdict, left_out, seed))
        return
    for line in _lines(verdict, left_out):
        print(line)


def _setups(settings: Settings) -> TrainingSet:
    """Every setup on record whose outcome is known, without what is sealed."""
    with reading(settings, now=now(), missing=NO_BARS) as record:
        return set_of_record(record, SetRules(rules_of(settings.risk).outcome, large_cap(), cutoff(record, None)))


def _clock(minutes: float | None) -> Callable[[], str]:
    began_s = time.monotonic()

    def over() -> str:
        if minutes is None or time.monotonic() - began_s < 60 * minutes:
            return ""
        return f"{minutes:g} min were over"

    return over


def _facts(verdict: RuleVerdict, left_out: dict[str, int], seed: int) -> dict[str, Any]:
    folds = [
        {"first": fold.first, "last": fold.last, "sessions": len(fold.difference),
         "difference": float(fold.difference.mean()), "chosen": asdict(fold.chosen)}
        for fold in verdict.folds
    ]  # fmt: skip
    return {
        **asdict(verdict), "attempts": verdict.attempts.to_dict(), "folds": folds, "today": asdict(RULES),
        "seed": seed, "left_out": left_out,
    }  # fmt: skip


def _lines(verdict: RuleVerdict, left_out: dict[str, int]) -> list[str]:
    span = f"{verdict.first} to {verdict.last}"
    told, pbo, attempts = verdict.difference, verdict.overfitting, verdict.attempts
    interval = f" ({_percent(told.low)} to {_percent(told.high)})" if told.low is not None else ""
    luck = "not defined" if verdict.above_luck is None else f"{verdict.above_luck:.1%}"
    times = f"{attempts.count:,} attempts on these sessions, {attempts.repeats:,} repeats count as none"
    chosen = "nothing to choose between" if pbo is None else f"{pbo.probability:.1%} among {pbo.attempts} sets"
    return [
        f"{verdict.trials:,} sets of constants ({verdict.ended}), chosen on the past of {len(verdict.folds)} folds",
        f"judged on {verdict.candidates:,} candidates of {verdict.sessions:,} later sessions, {span}",
        *(f"{count:,} setups left out: {reason}" for reason, count in left_out.items()),
        *(
            f"  {fold.first} to {fold.last}: {fold.difference.mean():+.3%} a candidate; {words(fold.chosen)}"
            for fold in verdict.folds
        ),
        f"out of fold above today's constants: {_percent(told.value)}{interval} a candidate and session",
        f"above the luck of all attempts (deflated): {luck}; {times}",
        f"probability of overfitting (PBO): {chosen}",
        verdict.why,
        *_settings(verdict.settings),
    ]


def _settings(constants: RuleConstants | None) -> list[str]:
    if constants is None:
        return ["nothing was changed, and there is nothing to set"]
    changed = ", ".join(f"{name}={value:g}" for name, value in asdict(constants).items())
    return [
        f"nothing was changed; to use them, set RULES in trading/views/rule_system.py: RuleConstants({changed})",
        "they are chosen on everything that is known, so nothing on record can judge them: watch them from here on",
    ]


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:+.3%}"  # noqa: RUF001
