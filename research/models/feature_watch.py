"""How a version's setups look at a session beside those that it learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from adapters.postgres.watch_inputs import WatchInputs
from adapters.postgres.watching import WatchStore
from adapters.record import Record
from trading.arrays import Floats
from trading.views.lifecycle import Roles
from trading.watching.analytics import Figure, missing, ratio
from trading.watching.features import (
    WATCHED,
    FeatureDay,
    FeatureRules,
    Reference,
    day_of,
    edges_of,
    reference_of,
    shift,
)


@dataclass(frozen=True)
class Features:
    """The watched features of a version since its reference.

    Attributes:
        reference: None where there are too few sessions for one.
        earlier: sessions watched before, ascending.
        today: None where there are no rows, or where the session is part of the reference.
        is_new: the reference is to be put on record.
    """

    reference: Reference | None
    earlier: Sequence[FeatureDay]
    today: FeatureDay | None
    is_new: bool

    @property
    def days(self) -> list[FeatureDay]:
        """All of them, this session included."""
        return [*self.earlier, *([self.today] if self.today is not None else [])]

    @property
    def shares(self) -> Floats:
        """Of each session in each bin."""
        return np.array([day.shares for day in self.days])

    @property
    def unknown(self) -> Floats:
        """Share of unknown values of each session."""
        return np.array([day.unknown for day in self.days], dtype=np.float64)


@dataclass(frozen=True)
class FeatureWatcher:
    """Makes them from the feature record.

    Attributes:
        record: that is read.
        store: of earlier watches.
        inputs: of signals.
        rules: of the watch.
    """

    record: Record
    store: WatchStore
    inputs: WatchInputs
    rules: FeatureRules

    def of(self, session: date, name: str, roles: Roles) -> Features:
        """Those of a version up to the session."""
        reference = self.store.reference(name)
        earlier = self.store.features(name) if reference else []
        is_new = reference is None
        if reference is None:
            reference = self._reference(session, name, roles)
        rows = self.record.feature_rows.of(session)
        in_it = is_new and reference is not None and not reference.learned
        if reference is None or rows is None or not len(rows) or in_it:
            return Features(reference, earlier, None, is_new and reference is not None)
        return Features(reference, earlier, day_of(rows.columns(tuple(WATCHED)), reference.edges), is_new)

    def _reference(self, session: date, name: str, roles: Roles) -> Reference | None:
        """Of the sessions on record that it may have learned from; where those are too few, of its first ones."""
        rows, learned_before = self.record.feature_rows, roles.known_before.get(name)
        before = [day for day in rows.sessions(None, session) if learned_before and day < learned_before]
        if len(before) >= self.rules.least_reference:
            return self._of(before[-self.rules.most_reference :], learned=True)
        first = self.inputs.first_scored(name)
        since = [] if first is None else rows.sessions(first, session)
        if len(since) < self.rules.least_reference:
            return None
        return self._of(since[: self.rules.least_reference], learned=False)

    def _of(self, days: Sequence[date], *, learned: bool) -> Reference:
        wanted, names = set(days), tuple(WATCHED)
        rows = [
            one.columns(names)
            for one in self.record.feature_rows.stream(days[0], days[-1])
            if one.session in wanted and len(one)
        ]
        edges = edges_of(np.concatenate(rows))
        return reference_of(np.array([day_of(each, edges).shares for each in rows]), edges, self.rules, learned=learned)


def figures_of(features: Features, rules: FeatureRules) -> list[Figure]:
    """`unknown_share` and `drift_score` of a version."""
    unknown, shares = features.unknown, features.shares
    share = ratio("unknown_share", unknown, np.ones(len(unknown)))
    if features.reference is None or len(shares) < rules.window:
        return [share, missing("drift_score", len(shares))]
    told = shift(features.reference, shares[-rules.window :], rules, rules.shuffles)
    return [share, Figure("drift_score", "", value=float(told.index.max()), low=None, high=None, sessions=rules.window)]
