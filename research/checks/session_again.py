"""A session that was traded, with all that a check of it needs, each read and made once for all checks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from adapters.record import Record
from research.backtest.recorded import Recorded, read_recorded
from research.backtest.running import Terms
from research.backtest.services import SegmentAnalysis
from research.checks.causes import Changes, changes_since
from research.checks.then import Then, recorded_then
from trading.cycle.segment_analysis import bars_needed
from trading.risk.decision_rules import limits_of


@dataclass(frozen=True, eq=False)
class SessionAgain:
    """The session on record, to be looked at again.

    Attributes:
        record: that is read.
        terms: as set now.
    """

    record: Record
    session: date
    terms: Terms

    @cached_property
    def recorded(self) -> Recorded:
        """The data as they are known now, up to the session.

        Raises:
            BadDataError: when there are no bars.
        """
        return read_recorded(self.record, self.session)

    @cached_property
    def changes(self) -> Changes:
        """What changed since it was traded."""
        return changes_since(self.record.pool, self.session, limits_of(self.terms.decisions))

    @cached_property
    def then(self) -> Then | None:
        """The data as they were when it was traded; None where none came late."""
        late = self.changes.completed_at if self.changes.late else None
        return recorded_then(self.record, self.recorded, late) if late else None

    @cached_property
    def analysis(self) -> SegmentAnalysis:
        """Of the data as they are known now."""
        return self.analysed(self.recorded)

    def analysed(self, recorded: Recorded) -> SegmentAnalysis:
        """Of other data."""
        return SegmentAnalysis(recorded, [self.session], bars_needed(self.terms.decisions))
