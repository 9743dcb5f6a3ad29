"""Which version should decide: by paired differences of what was said of the same setups, session by session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from trading.arrays import Days, Floats
from trading.watching.marks import SessionMarks, column, positions
from trading.watching.sequential import Interval, TestRules, interval

Verdict = Literal["better", "worse", "cannot_be_told", "not_enough_data"]


@dataclass(frozen=True)
class PromotionRules:
    """What it takes, stated before anybody looks.

    Attributes:
        test: of the differences; its `alpha` bounds the chance that a version no better is ever promoted.
        least_sessions: compared; with fewer there is no verdict.
        smallest_gain: of the log loss a setup, that is worth a switch. A model that gives every setup 55 % where 50 %
            are right loses 0.005 of it.
        smallest_loss: of net return a session and candidate by which a champion must fall short of the rules to be
            called worth a demotion: five basis points.
        expected_sessions: in which a difference of 0.3 standard deviations a session is found half of the time.
        give_up_sessions: compared without a verdict; then it "cannot be told".
        most_silent: share of sessions in which one of both said nothing of a setup; with more there is no verdict.
        guard_sessions: that a challenger's account is watched before it may decide.
        guard_loss: of that account since then; a challenger with a larger one isn't promoted.
    """

    test: TestRules = field(default_factory=TestRules)
    least_sessions: int = 40
    smallest_gain: float = 0.002
    smallest_loss: float = 0.0005
    expected_sessions: int = 250
    give_up_sessions: int = 504
    most_silent: float = 0.1
    guard_sessions: int = 20
    guard_loss: float = 0.1


@dataclass(frozen=True)
class Judgement:
    """One version beside another, or beside the rules.

    Attributes:
        verdict: of the first one.
        log_loss: how much lower the first one's is, a setup; NaN beside the rules, who give no probability.
        net_return: how much more its calls earned, a candidate.
        silent: sessions in which one of both said nothing of a setup; they are not compared.
        why: in words.
    """

    verdict: Verdict
    log_loss: Interval
    net_return: Interval
    silent: int
    why: str


def beside(
    one: Sequence[SessionMarks], other: Sequence[SessionMarks], sessions: Days, rules: PromotionRules
) -> Judgement:
    """The verdict on `one` against `other`, from the sessions at which both were asked.

    The log loss decides. The net return must not speak against it: neither proven worse nor below zero.

    Args:
        one: its marks by session.
        other: likewise.
        sessions: of the exchange, ascending.
        rules: of the test.
    """
    mine, theirs, silent = _paired(one, other)
    at = positions(mine, sessions)
    log_loss = interval(at, column(theirs, "log_loss") - column(mine, "log_loss"), rules.test)
    net_return = interval(at, per_candidate(mine) - per_candidate(theirs), rules.test)
    missing = _missing(log_loss.sessions, silent, rules)
    if missing:
        return Judgement("not_enough_data", log_loss, net_return, silent, missing)
    verdict, why = _verdict(log_loss, rules.smallest_gain, "log loss a setup", rules)
    if verdict == "better" and (net_return.high < 0 or net_return.mean < 0):
        verdict, why = "cannot_be_told", f"{why}, but its calls earned less: {net_return.mean:+.3%} a candidate"
    return Judgement(verdict, log_loss, net_return, silent, why)


def beside_rules(marks: Sequence[SessionMarks], sessions: Days, rules: PromotionRules) -> Judgement:
    """The verdict on a version against the rules, by the net return of what each was for."""
    used = [one for one in marks if one.candidates]
    silent = sum(one.unanswered > 0 for one in used)
    spoke = [one for one in used if not one.unanswered]
    rules_return = column(spoke, "rules_return") / np.maximum(column(spoke, "candidates"), 1)
    net_return = interval(positions(spoke, sessions), per_candidate(spoke) - rules_return, rules.test)
    nothing = Interval(np.nan, np.nan, np.nan, 0, 0)
    missing = _missing(net_return.sessions, silent, rules)
    if missing:
        return Judgement("not_enough_data", nothing, net_return, silent, missing)
    verdict, why = _verdict(net_return, rules.smallest_loss, "net return a candidate", rules)
    return Judgement(verdict, nothing, net_return, silent, why)


def per_candidate(marks: Sequence[SessionMarks]) -> Floats:
    """The net return of the calls, spread over all candidates; NaN where there is no candidate."""
    candidates = column(marks, "candidates")
    return np.where(candidates > 0, column(marks, "calls_return") / np.maximum(candidates, 1), np.nan)


def _paired(
    one: Sequence[SessionMarks], other: Sequence[SessionMarks]
) -> tuple[list[SessionMarks], list[SessionMarks], int]:
    """The sessions at which both were asked of the same setups and answered all, and how many others there are."""
    theirs = {marks.session: marks for marks in other}
    both = [(marks, theirs[marks.session]) for marks in one if marks.session in theirs]
    spoke = [pair for pair in both if not pair[0].unanswered and not pair[1].unanswered]
    same = [pair for pair in spoke if pair[0].setups == pair[1].setups]
    return [pair[0] for pair in same], [pair[1] for pair in same], len(both) - len(same)


def _missing(compared: int, silent: int, rules: PromotionRules) -> str:
    if silent > rules.most_silent * max(compared + silent, 1):
        return f"not enough data yet: one of both was silent about setups in {silent} of {compared + silent} sessions"
    if compared < rules.least_sessions:
        return f"not enough data yet: {compared} of at least {rules.least_sessions} sessions"
    return ""


def _verdict(told: Interval, smallest: float, unit: str, rules: PromotionRules) -> tuple[Verdict, str]:
    known = f"{told.mean:+.4f} {unit} over {told.sessions} sessions"
    if np.isfinite(told.low) and told.low > 0 and told.mean >= smallest:
        return "better", f"better by {known}"
    if np.isfinite(told.high) and told.high < 0 and told.mean <= -smallest:
        return "worse", f"worse: {known}"
    if told.sessions >= rules.give_up_sessions:
        return "cannot_be_told", f"cannot be told: {known}, {rules.give_up_sessions} are the limit"
    return "cannot_be_told", f"cannot be told yet: {known}"


@dataclass(frozen=True)
class Standing:
    """What a promotion is decided from.

    Attributes:
        champion: None without one.
        challenger: None without one.
        shadows: the earliest first.
        was_champion: of the shadows, those that were champion before.
        usable: those whose audit passed.
        challenger_sessions: since it is one.
        challenger_return: of its account since then; NaN where nobody knows.
    """

    champion: str | None
    challenger: str | None
    shadows: tuple[str, ...]
    was_champion: frozenset[str] = frozenset()
    usable: frozenset[str] = frozenset()
    challenger_sessions: int = 0
    challenger_return: float = float("nan")


@dataclass(frozen=True)
class Proposal:
    """A change of role that the rule asks for."""

    ensemble_id: str
    role: Literal["champion", "challenger", "retired"]
    why: str


def proposed(
    standing: Standing, against: Mapping[str, Judgement], champion: Judgement | None, rules: PromotionRules
) -> Proposal | None:
    """The one change that is due; None when none is.

    A champion that is worse than the rules, or than the one before it, goes first. Then a challenger that is better
    takes over, or one that is worse goes. A shadow that is better than the champion becomes the challenger where there
    is none: it still has to show what its account does.

    Args:
        standing: who is what.
        against: of the challenger and the shadows, the verdict against the champion.
        champion: the champion's verdict against the rules.
        rules: of promotion.
    """
    if standing.champion is None:
        return None
    if champion is not None and champion.verdict == "worse":
        return Proposal(standing.champion, "retired", f"worse than the rules: {champion.why}")
    better = [name for name in against if against[name].verdict == "better" and name in standing.usable]
    back = next((name for name in standing.shadows if name in better and name in standing.was_champion), None)
    if back is not None:
        return Proposal(back, "champion", f"better than its successor: {against[back].why}")
    if standing.challenger is not None:
        return _of_challenger(standing.challenger, standing, against, rules)
    rising = next((name for name in standing.shadows if name in better), None)
    return None if rising is None else Proposal(rising, "challenger", against[rising].why)


def _of_challenger(
    name: str, standing: Standing, against: Mapping[str, Judgement], rules: PromotionRules
) -> Proposal | None:
    told = against.get(name)
    if told is None:
        return None
    if told.verdict == "better":
        return Proposal(name, "champion", told.why) if name in standing.usable and not guard(standing, rules) else None
    return Proposal(name, "retired", told.why) if _is_over(told, rules) else None


def guard(standing: Standing, rules: PromotionRules) -> str:
    """Why the challenger's account forbids a promotion, in words; empty when it doesn't."""
    if standing.challenger_sessions < rules.guard_sessions:
        return f"its account is {standing.challenger_sessions} of at least {rules.guard_sessions} sessions old"
    if np.isfinite(standing.challenger_return) and standing.challenger_return < -rules.guard_loss:
        return f"its account lost {-standing.challenger_return:.1%}, {rules.guard_loss:.0%} are the limit"
    return ""


def _is_over(told: Judgement, rules: PromotionRules) -> bool:
    gave_up = told.verdict == "cannot_be_told" and told.log_loss.sessions >= rules.give_up_sessions
    return told.verdict == "worse" or gave_up
