"""From alarms to actions: how far a version is held back, as a fold of what its watches said session by session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from trading.views.restraint import MOST_STEPS, STAGES, Stage
from trading.watching.findings import Finding, Kind
from trading.watching.promotion import Judgement

ACTIONS: Mapping[Kind, Stage] = MappingProxyType(
    {"calibration": "half", "concept": "half", "features": "half", "unknown": "rules"}
)
"""What each alarm does at once. One that stays goes on to the next stage: rules decide, then a training is due."""
LOOKS_ALONE: frozenset[Kind] = frozenset({"features"})
"""Alarms that see inputs and no outcome. Inputs that have moved don't say that models are wrong, so these alone go no
further than half size: the rules decide where an alarm on outcomes, or on missing inputs, agrees."""
DOES: Mapping[Stage, str] = MappingProxyType(
    {
        "full": "the version acts in full again",
        "half": "what models buy has half the size",
        "rules": "the rules decide",
        "retrain": "the rules decide and a training is due",
    }
)
"""In words."""


@dataclass(frozen=True)
class StageRules:
    """How stages follow alarms.

    Attributes:
        climb: sessions in a stage with an alarm in each, after which the next one follows.
        calm: sessions in a row without an alarm, after which one stage is taken back. Much longer than an alarm takes
            to be given, so that none comes and goes.
    """

    climb: int = 20
    calm: int = 10


@dataclass(frozen=True)
class Hold:
    """Where a version stands.

    Attributes:
        alarmed: sessions with an alarm since it came into the stage.
        quiet: sessions without one, in a row.
        turned: why the last session changed the stage; empty when it didn't.
        step: by how many steps the version's share of the decisions has grown: see `stepped`; the fold leaves it at 0.
    """

    stage: Stage = "full"
    alarmed: int = 0
    quiet: int = 0
    turned: str = ""
    step: int = 0


def after(hold: Hold, findings: Sequence[Finding], rules: StageRules) -> Hold:
    """Where it stands after one more session.

    A session that says nothing ("not enough data") neither raises nor calms. Beyond half size one whose only alarms
    are of `LOOKS_ALONE` is a calm one: it leads back to half size and no further.
    """
    alarms = [each for each in findings if each.state == "alarm"]
    alone = bool(alarms) and all(each.kind in LOOKS_ALONE for each in alarms)
    if alarms and not (alone and STAGES.index(hold.stage) > STAGES.index("half")):
        return _alarmed(hold, alarms, rules, STAGES.index("half") if alone else len(STAGES) - 1)
    if not alone and not any(each.state == "quiet" for each in findings):
        return replace(hold, turned="")
    quiet, at = hold.quiet + 1, STAGES.index(hold.stage)
    if quiet >= rules.calm and at > 0:
        lower = STAGES[at - 1]
        calm = "no alarm but of features" if alone else "no alarm"
        return Hold(lower, turned=f"{calm} for {rules.calm} sessions: {DOES[lower]}")
    return Hold(hold.stage, hold.alarmed, quiet)


def _alarmed(hold: Hold, alarms: Sequence[Finding], rules: StageRules, highest: int) -> Hold:
    """One more session with an alarm; `highest` is the stage that these may lead to."""
    at = STAGES.index(hold.stage)
    entry = max(STAGES.index(ACTIONS[each.kind]) for each in alarms)
    told = "; ".join(f"{each.kind}: {each.words}" for each in alarms)
    if entry > at:
        return Hold(STAGES[entry], alarmed=1, turned=f"{told}: {DOES[STAGES[entry]]}")
    alarmed = hold.alarmed + 1
    if alarmed > rules.climb and at < highest:
        higher = STAGES[at + 1]
        return Hold(higher, alarmed=1, turned=f"{told}, for {rules.climb} sessions: {DOES[higher]}")
    return Hold(hold.stage, alarmed)


def fold(days: Sequence[Sequence[Finding]], rules: StageRules) -> Hold:
    """Where a version stands after all sessions that it was watched at."""
    hold = Hold()
    for findings in days:
        hold = after(hold, findings, rules)
    return hold


def stepped(step: int, stage: Stage, evidence: Judgement) -> int:
    """The share of the decisions after a session: one step more, one less, or as it was.

    Args:
        step: as it was.
        stage: where alarms have brought the version; while it is held back its share stays.
        evidence: of the version against the rules, from the sessions after the one that its share last changed at, so
            that no session counts for two steps and none comes and goes.
    """
    if stage != "full":
        return step
    return {"better": min(step + 1, MOST_STEPS), "worse": max(step - 1, 0)}.get(evidence.verdict, step)
