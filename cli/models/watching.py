"""What `inplay models watch` says in words."""

from __future__ import annotations

from collections.abc import Iterator

from cli.figures import percent
from research.models.watched import Monitored, VerdictTold, VersionWatched
from trading.plain_text import shown as plain
from trading.watching.analytics import Figure
from trading.watching.stages import DOES

STATES = {"quiet": "quiet", "alarm": "ALARM", "not_enough_data": "can't say yet"}
SHARES = frozenset({"pattern_accuracy_30d", "hit_rate", "unknown_share", "calibration_bias", "label_drift"})
"""Figures that are told in per cent."""
NOTHING = "nothing was watched yet; a run watches the models after each session"


def watch_lines(told: Monitored) -> Iterator[str]:
    """Everything after the latest session."""
    if told.session is None:
        yield NOTHING
        return
    yield f"after {told.session}:"
    for version in told.versions:
        yield from _version(version)
    if not told.versions:
        yield "  no ensemble was asked, so there was none to watch"
    yield "verdicts:" if told.verdicts else "no verdicts: there is no champion"
    yield from (_verdict(one) for one in told.verdicts)
    if told.proposal is not None:
        yield plain(f"the rule asks: {told.proposal.ensemble_id} becomes {told.proposal.role}: {told.proposal.why}")
    yield "of the platform:"
    yield from (_figure(one) for one in told.figures)
    yield "turns, the newest first:" if told.turns else "no version was ever held back"
    yield from (plain(f"  {turn.from_session}  {turn.ensemble_id}  {turn.stage:<7}  {turn.why}") for turn in told.turns)


def _version(version: VersionWatched) -> Iterator[str]:
    yield (
        f"{version.ensemble_id} ({version.role}): {DOES[version.stage]}"
        if version.stage != "full"
        else (f"{version.ensemble_id} ({version.role}): acts in full")
    )
    for found in version.findings:
        yield plain(f"  {found.kind:<12}{STATES[found.state]:<14}{found.words}")
    yield from (_figure(one) for one in version.figures)


def _verdict(one: VerdictTold) -> str:
    verdict = one.verdict.replace("_", " ")
    words = one.why if one.why.startswith(verdict) else f"{verdict}: {one.why}"
    return plain(f"  {one.ensemble_id} against {one.against}: {words}")


def _figure(one: Figure) -> str:
    name = f"{one.name} {one.part}".strip()
    if one.value is None:
        return f"  {name:<48}{one.missing}"
    value = _value(one.name, one.value)
    if one.low is None or one.high is None:
        return f"  {name:<48}{value}"
    return f"  {name:<48}{value} ({_value(one.name, one.low)} to {_value(one.name, one.high)})"


def _value(name: str, value: float) -> str:
    return percent(value) if name in SHARES else f"{value:.4g}"
