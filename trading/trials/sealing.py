"""Sealed spans: sessions whose outcomes nothing learns from until one model was judged on them, once.

    sealed ── bar registered ── looked at (burnt) ── verdict

A look is on record before anything is looked at, so that one which is cut off counts. What holds is a fold of the facts
in the ledger; each function here says what may follow, and raises where it may not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NoReturn

from trading.errors import ConfigurationError
from trading.trials.chain import Entry, Fact

KINDS = ("seal", "bar", "look", "verdict")
UNCHANGED = "Nothing was changed."


@dataclass(frozen=True, order=True)
class Span:
    """Sessions from `first` to `last`, both included."""

    first: date
    last: date

    def meets(self, other: Span) -> bool:
        """Whether they have a day in common."""
        return self.first <= other.last and self.last >= other.first

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"


@dataclass(frozen=True)
class Bar:
    """What a model has to reach: `metric` of `at_least` on the span."""

    metric: str
    at_least: float
    model: str

    def __str__(self) -> str:
        return f"{self.metric} of at least {self.at_least:g} by {self.model}"


@dataclass(frozen=True)
class Verdict:
    """What the look found; `value` is None where the metric isn't defined, and the bar then missed."""

    value: float | None
    passed: bool
    setups: int
    sessions: int


@dataclass(frozen=True)
class Sealed:
    """A span that was sealed, and what became of it.

    Attributes:
        bar: the latest registered; the look was against it.
        looked_at: when the span was burnt; None while it is sealed.
        verdict: None while nobody looked, and for good where the look was cut off.
    """

    span: Span
    sealed_at: datetime
    why: str
    bar: Bar | None = None
    looked_at: datetime | None = None
    verdict: Verdict | None = None

    @property
    def burnt(self) -> bool:
        """It was looked at."""
        return self.looked_at is not None


def seals_of(entries: Sequence[Entry]) -> tuple[Sealed, ...]:
    """Every span that was sealed, in that order."""
    found: dict[Span, Sealed] = {}
    for entry in entries:
        if entry.kind not in KINDS:
            continue
        told = entry.told
        span, at = _span(told), datetime.fromisoformat(told["at"])
        if entry.kind == "seal":
            found[span] = Sealed(span, at, told["why"])
        elif entry.kind == "bar":
            found[span] = replace(found[span], bar=Bar(told["metric"], told["at_least"], told["model"]))
        elif entry.kind == "look":
            found[span] = replace(found[span], looked_at=at)
        else:
            verdict = Verdict(told["value"], told["passed"], told["setups"], told["judged_sessions"])
            found[span] = replace(found[span], verdict=verdict)
    return tuple(found.values())


def still_sealed(seals: Sequence[Sealed]) -> tuple[Span, ...]:
    """The spans that nothing may learn from."""
    return tuple(one.span for one in seals if not one.burnt)


def sealing(seals: Sequence[Sealed], span: Span, sessions: Sequence[date], *, why: str, at: datetime) -> Fact:
    """The span becomes sealed.

    Args:
        seals: on record.
        span: to be sealed.
        sessions: on record, ascending.
        why: in words.
        at: by the wall clock.

    Raises:
        ConfigurationError: when there is no session in it, it reaches past the last one on record, or a span that is
            or was sealed has a day of it.
    """
    if span.first > span.last:
        _refuse(f"{span.first} is later than {span.last}.")
    if not sessions or span.last > sessions[-1]:
        ends = f"the last session on record is {sessions[-1]}" if sessions else "no session is on record"
        _refuse(f"{span} reaches into the future: {ends}. Seal sessions that are on record.")
    if not any(span.first <= session <= span.last for session in sessions):
        _refuse(f"No session of {span} is on record, so there is nothing to seal.")
    for one in seals:
        if one.span.meets(span):
            was = f"was looked at on {one.looked_at:%Y-%m-%d}" if one.looked_at else "is sealed already"
            _refuse(f"{span} overlaps {one.span}, which {was}. A day is sealed once; choose others.")
    return Fact("seal", {**_told(span, at), "why": why})


def setting_bar(
    seals: Sequence[Sealed], span: Span | None, bar: Bar, *, known_before: date, spared: Sequence[str], at: datetime
) -> Fact:
    """The bar is registered for the span; before the look it may be replaced, and both stay on record.

    Args:
        seals: on record.
        span: that is meant; None for the only one that is still sealed.
        bar: to be reached.
        known_before: the model learned from no outcome known on this session or later.
        spared: spans, in words, that were cut out of what it learned from.
        at: by the wall clock.

    Raises:
        ConfigurationError: when there is no such span, it was looked at, or the model's training saw it.
    """
    sealed = _meant(seals, span)
    if sealed.burnt:
        _refuse(f"{_burnt(sealed)} A bar can't be changed after the look.")
    if not math.isfinite(bar.at_least):
        _refuse(f"A bar has to be a number, not {bar.at_least}.")
    if known_before > sealed.span.first and str(sealed.span) not in spared:
        _refuse(
            f"{bar.model} learned from outcomes up to {known_before}, and {sealed.span} wasn't sealed for its "
            "training: it saw what it would be judged on. Train a model now, which leaves the span out, and register "
            "that one."
        )
    return Fact("bar", {**_told(sealed.span, at), "metric": bar.metric, "at_least": bar.at_least, "model": bar.model})


def ready_to_look(seals: Sequence[Sealed], span: Span | None) -> Sealed:
    """The span that is meant, which may be looked at.

    Raises:
        ConfigurationError: when there is none, it has no bar, or it was looked at.
    """
    sealed = _meant(seals, span)
    if sealed.burnt:
        _refuse(f"{_burnt(sealed)} There is no second look.")
    if sealed.bar is None:
        _refuse(f"No bar is registered for {sealed.span}: nothing to judge by. `inplay evaluate bar` sets it.")
    return sealed


def looking(seals: Sequence[Sealed], expected: Sealed, *, at: datetime) -> Fact:
    """The span is burnt from now on, whatever becomes of the look.

    Raises:
        ConfigurationError: when somebody looked, or changed the bar, since `expected` was read.
    """
    sealed = ready_to_look(seals, expected.span)
    if sealed.bar != expected.bar:
        _refuse(f"The bar of {sealed.span} became {sealed.bar} meanwhile. Nobody looked; look again.")
    return Fact("look", _told(sealed.span, at))


def judging(span: Span, verdict: Verdict, *, at: datetime) -> Fact:
    """What the look found."""
    return Fact(
        "verdict",
        {
            **_told(span, at), "value": verdict.value, "passed": verdict.passed, "setups": verdict.setups,
            "judged_sessions": verdict.sessions,
        },
    )  # fmt: skip


def _meant(seals: Sequence[Sealed], span: Span | None) -> Sealed:
    if span is not None:
        found = [one for one in seals if one.span == span]
        if not found:
            there = ", ".join(str(one.span) for one in seals) or "none"
            _refuse(f"{span} was never sealed; sealed spans: {there}.")
        return found[0]
    unburnt = [one for one in seals if not one.burnt]
    if len(unburnt) > 1:
        _refuse(f"Several spans are sealed: {', '.join(str(one.span) for one in unburnt)}. Name one: --from, --to.")
    if not unburnt:
        before = f"{_burnt(seals[-1])} No other span is sealed." if seals else "No span is sealed."
        _refuse(f"{before} `inplay evaluate seal` seals one.")
    return unburnt[0]


def _burnt(sealed: Sealed) -> str:
    verdict = sealed.verdict
    if verdict is None:
        found = "that look has no verdict on record: it was cut off, and counts all the same"
    else:
        value = "not defined" if verdict.value is None else f"{verdict.value:.4f}"
        found = f"{value}, the bar was {'reached' if verdict.passed else 'missed'}"
    return f"{sealed.span} was looked at on {sealed.looked_at:%Y-%m-%d} ({sealed.bar}: {found}). It is burnt."


def _refuse(why: str) -> NoReturn:
    raise ConfigurationError(f"{why} {UNCHANGED}")


def _told(span: Span, at: datetime) -> dict[str, Any]:
    return {"first": span.first.isoformat(), "last": span.last.isoformat(), "at": at.isoformat()}


def _span(told: Mapping[str, Any]) -> Span:
    return Span(date.fromisoformat(told["first"]), date.fromisoformat(told["last"]))
