"""A line of updates beside its root, by the marks that the model monitoring keeps of every version that was asked."""

from __future__ import annotations

from datetime import date

import numpy as np

from adapters.postgres.model_updates import JudgementRow
from adapters.postgres.watching import WatchStore
from adapters.record import Record
from trading.watching.promotion import PromotionRules, beside
from tune.updates.lines import Line

RULES = PromotionRules()
"""Those by which a shadow is promoted: stated beforehand, and looked at after every session at no price."""


def forward_test(record: Record, line: Line, session: date) -> JudgementRow:
    """How the line did beside its root at the sessions at which both were asked of the same setups.

    A mark of a session is that of the version which was asked then: it had learned from what was known before.

    Args:
        record: that is read.
        line: to be judged.
        session: the last that is complete.
    """
    marks = WatchStore(record.pool).marks([line.root, *line.versions])
    mine = {mark.session: mark for name in line.versions for mark in marks[name] if mark.session <= session}
    theirs = [mark for mark in marks[line.root] if mark.session <= session]
    sessions = np.array(record.bar_tables.sessions(), dtype="datetime64[D]")
    told = beside([mine[day] for day in sorted(mine)], theirs, sessions, RULES)
    known = told.log_loss
    return JudgementRow(
        session, line.name, line.latest, told.verdict, known.sessions, known.mean, known.low, known.high, told.why
    )
