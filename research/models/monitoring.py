"""What model monitoring finds after a session, from what was known at its close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

import numpy as np

from adapters.postgres.bars_record import BarRecord
from adapters.postgres.models import ModelStore
from adapters.postgres.watch_inputs import WatchInputs
from adapters.postgres.watching import RULES, Watched, WatchStore
from adapters.record import Record
from research.models.changing import audit_of
from research.models.decision_share import Share
from research.models.feature_watch import Features, FeatureWatcher, figures_of
from trading.arrays import Days
from trading.bars.panel import as_date, as_day
from trading.risk.decision_rules import DecisionRules
from trading.views.feature_rows import FeatureRows
from trading.views.lifecycle import Lifecycle, Roles
from trading.watching.analytics import ANALYTICS, Figure, missing, of_version, ratio
from trading.watching.calibration import CalibrationRules, watch_calibration
from trading.watching.concepts import ConceptRules, watch_concept
from trading.watching.features import FeatureRules, watch_features, watch_unknown
from trading.watching.findings import Finding
from trading.watching.marks import SessionMarks, marks_of
from trading.watching.promotion import Judgement, PromotionRules, Proposal, Standing, beside, beside_rules, proposed
from trading.watching.stages import DOES, Hold, StageRules, after, fold

BY_HAND = frozenset({"inplay models", "http", "inplay train"})
"""Who makes a change for a person: what a person made champion or challenger, the rule leaves alone."""


@dataclass(frozen=True)
class WatchRules:
    """All thresholds of the monitoring, stated before anybody looks.

    Attributes:
        seed: of the shuffles.
    """

    calibration: CalibrationRules = field(default_factory=CalibrationRules)
    concept: ConceptRules = field(default_factory=ConceptRules)
    features: FeatureRules = field(default_factory=FeatureRules)
    stages: StageRules = field(default_factory=StageRules)
    promotion: PromotionRules = field(default_factory=PromotionRules)
    seed: int = 7


@dataclass(frozen=True)
class SessionWatch:
    """What is watched after a session; it reads the record and writes nothing.

    Attributes:
        record: that is read.
        decisions: limits and outcome rules as set.
        rules: of the monitoring.
    """

    record: Record
    decisions: DecisionRules
    rules: WatchRules = field(default_factory=WatchRules)

    @cached_property
    def _inputs(self) -> WatchInputs:
        return WatchInputs(self.record.pool)

    @cached_property
    def _store(self) -> WatchStore:
        return WatchStore(self.record.pool)

    @cached_property
    def _watcher(self) -> FeatureWatcher:
        return FeatureWatcher(self.record, self._store, self._inputs, self.rules.features)

    @cached_property
    def _sessions(self) -> Days:
        """Of the market, ascending."""
        return np.array(BarRecord(self.record.pool).sessions(), dtype="datetime64[D]")

    def pending(self, until: date) -> list[date]:
        """Complete sessions up to this one that were not watched, ascending."""
        done = set(self._store.watched())
        return [session for session in self._inputs.complete(until) if session not in done]

    def at(self, session: date) -> Watched:
        """What is found after a complete session, all earlier ones having been watched."""
        life = self.record.lifecycle.life()
        roles = life.at(session)
        fresh = self._fresh_marks(session)
        marks = {name: list(found) for name, found in self._store.marks(roles.every).items()}
        for one in fresh:
            if one.ensemble_id in marks:
                marks[one.ensemble_id].append(one)
        features = {name: self._watcher.of(session, name, roles) for name in roles.every}
        findings = {name: self._findings(marks[name], features[name]) for name in roles.every}
        judgements = self._judgements(roles, marks)
        return Watched(
            session=session,
            marks=fresh,
            references={name: one.reference for name, one in features.items() if one.reference and one.is_new},
            features={(session, name): one.today for name, one in features.items() if one.today is not None},
            findings=findings,
            turns=self._turns(findings, life, roles, marks),
            judgements=judgements,
            figures=self._figures(session, marks, features),
            proposal=self._proposal(session, life, roles, judgements),
        )

    def _mature(self, session: date) -> int:
        """The position of the latest session whose outcomes can all be known at the close of this one."""
        at = int(np.searchsorted(self._sessions, as_day(session)))
        return at - self.decisions.outcome.horizon_sessions - 1

    def _fresh_marks(self, session: date) -> list[SessionMarks]:
        """The marks of sessions whose outcomes are complete now, and were not at an earlier watch."""
        mature = self._mature(session)
        if mature < 0:
            return []
        marked = self._store.last_marked()
        found, features = [], dict[date, FeatureRows | None]()
        wait = self.decisions.outcome.horizon_sessions + 1
        for day, name in self._inputs.scored_sessions(marked, as_date(self._sessions[mature])):
            if day not in features:
                features = {day: self.record.feature_rows.of(day)}
            at = int(np.searchsorted(self._sessions, as_day(day)))
            known_by = as_date(self._sessions[at + wait])
            scored = self._inputs.scored(day, name, known_by, features[day], self.decisions.model_risk)
            found.append(marks_of(day, name, scored))
        return found

    def _findings(self, marks: Sequence[SessionMarks], features: Features) -> list[Finding]:
        rules = self.rules
        return [
            watch_calibration(marks, rules.calibration),
            watch_concept(marks, rules.concept),
            watch_features(features.reference, features.shares, rules.features, rules.seed),
            watch_unknown(features.reference, features.unknown, rules.features),
        ]

    def _turns(
        self, findings: Mapping[str, Sequence[Finding]], life: Lifecycle, roles: Roles,
        marks: Mapping[str, Sequence[SessionMarks]],
    ) -> dict[str, Hold]:  # fmt: skip
        now = {
            name: after(fold(self._store.findings(name), self.rules.stages), found, self.rules.stages)
            for name, found in findings.items()
        }
        turns = self._store.turns()
        in_force = {turn.ensemble_id: turn.stage for turn in turns}
        for name, hold in now.items():  # a record of an earlier version may stand where its rules led
            if not hold.turned and hold.stage != in_force.get(name, "full"):
                now[name] = replace(hold, turned=f"by the rules of stages as they are now: {DOES[hold.stage]}")
        share = Share(self._sessions, self.rules.promotion, self.decisions.model_risk)
        grows = None if self._by_hand(life, roles) else roles.champion
        for name, hold in now.items():
            of_it = [one for one in turns if one.ensemble_id == name]
            now[name] = share.after(hold, of_it, marks[name]) if name == grows else share.as_it_was(hold, of_it)
        return {name: hold for name, hold in now.items() if hold.turned}

    def _judgements(
        self, roles: Roles, marks: Mapping[str, Sequence[SessionMarks]]
    ) -> dict[tuple[str, str], Judgement]:
        champion = roles.champion
        if champion is None:
            return {}
        rules, sessions = self.rules.promotion, self._sessions
        others = {
            (name, champion): beside(marks[name], marks[champion], sessions, rules)
            for name in roles.every
            if name != champion
        }
        return {(champion, RULES): beside_rules(marks[champion], sessions, rules), **others}

    @staticmethod
    def _by_hand(life: Lifecycle, roles: Roles) -> bool:
        """Whether a person made the champion or the challenger what it is."""
        last = {event.ensemble_id: event for event in life.events}
        named = [name for name in (roles.champion, roles.challenger) if name is not None]
        return any(last[name].who in BY_HAND for name in named if name in last)

    def _proposal(
        self, session: date, life: Lifecycle, roles: Roles, judgements: Mapping[tuple[str, str], Judgement]
    ) -> Proposal | None:
        """The change of role that is due; none where a person made the champion or the challenger."""
        if roles.champion is None or self._by_hand(life, roles):
            return None
        last = {event.ensemble_id: event for event in life.events}
        usable = {row.ensemble_id for row in ModelStore(self.record.pool).ensembles() if not audit_of(row)}
        counted, gained = 0, float("nan")
        if roles.challenger is not None:
            since = last[roles.challenger].from_session
            counted, gained = self._inputs.account_return("challenger", since, session)
        standing = Standing(
            champion=roles.champion,
            challenger=roles.challenger,
            shadows=roles.shadows,
            was_champion=frozenset(name for name, _ in life.champions()),
            usable=frozenset(usable),
            challenger_sessions=counted,
            challenger_return=gained,
        )
        against = {name: told for (name, other), told in judgements.items() if other == roles.champion}
        return proposed(standing, against, judgements.get((roles.champion, RULES)), self.rules.promotion)

    def _figures(
        self, session: date, marks: Mapping[str, Sequence[SessionMarks]], features: Mapping[str, Features]
    ) -> dict[str, list[Figure]]:
        found = {"": self._of_platform(session, marks)}
        for name, of_version_ in marks.items():
            trends = self._inputs.trends([one.session for one in of_version_])
            found[name] = [*of_version(of_version_, trends), *figures_of(features[name], self.rules.features)]
        return found

    def _of_platform(self, session: date, marks: Mapping[str, Sequence[SessionMarks]]) -> list[Figure]:
        mature = self._mature(session)
        if mature < 0:
            return [missing("data_lag", 0)]
        window = self._sessions[max(0, mature - ANALYTICS["pattern_accuracy_30d"].window + 1) : mature + 1]
        sums = self._inputs.pattern_sums(as_date(window[0]), as_date(window[-1]), session)
        figures = []
        for pattern, days in sums.items():
            at = np.searchsorted(window, np.array([day for day, _, _ in days], dtype="datetime64[D]"))
            count, won = np.zeros(len(window)), np.zeros(len(window))
            count[at], won[at] = [each for _, each, _ in days], [each for _, _, each in days]
            figures.append(ratio("pattern_accuracy_30d", won, count, pattern))
        latest = max((one.session for found in marks.values() for one in found), default=None)
        if latest is None:
            return [*figures, missing("data_lag", 0)]
        lag = float(mature - int(np.searchsorted(self._sessions, as_day(latest))))
        return [*figures, Figure("data_lag", "", value=max(lag, 0.0), low=None, high=None, sessions=1)]
