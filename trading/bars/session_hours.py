"""When each session begins, opens, closes and ends. The calendar itself is outside; here are only its arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trading.arrays import Days, Ints, Stamps
from trading.errors import BadDataError

Phases = npt.NDArray[np.int8]

PREMARKET, REGULAR, AFTER_HOURS = -1, 0, 1


@dataclass(frozen=True)
class SessionHours:
    """Hours of consecutive sessions, ascending; each array of shape `(n_sessions,)`.

    Attributes:
        sessions: the session's date on the exchange, `datetime64[D]`.
        premarket_at: when premarket trading begins, UTC.
        open_at: when the regular session opens.
        close_at: when it closes; early on half-days.
        end_at: when after-hours trading ends.

    Raises:
        BadDataError: when the arrays differ in length, or the hours aren't in order.
    """

    sessions: Days
    premarket_at: Stamps
    open_at: Stamps
    close_at: Stamps
    end_at: Stamps

    def __post_init__(self) -> None:
        columns = (self.premarket_at, self.open_at, self.close_at, self.end_at)
        if {len(column) for column in columns} != {len(self.sessions)}:
            raise BadDataError(f"the hours have {[len(column) for column in columns]} values, the sessions {len(self)}")
        in_turn = np.stack(columns, axis=1).astype("datetime64[s]").ravel()
        if (in_turn[1:] < in_turn[:-1]).any():
            raise BadDataError("the hours of the sessions are not in order: premarket, open, close, end, next session")

    def __len__(self) -> int:
        return len(self.sessions)

    def positions(self, sessions: Days) -> Ints:
        """Where each of `sessions` stands in these hours.

        Raises:
            BadDataError: when one of them isn't there.
        """
        at = np.searchsorted(self.sessions, sessions)
        known = at < len(self)
        known[known] = self.sessions[at[known]] == sessions[known]
        if not known.all():
            raise BadDataError(f"the hours of session {sessions[~known][0]} are not known; pass a longer calendar")
        return at

    def locate(self, starts_at: Stamps, bar_s: int) -> tuple[Ints, Phases]:
        """Position of the session each bar belongs to, -1 outside all hours, and its phase.

        A bar belongs to the phase it starts in; it must end by the end of after-hours trading.

        Args:
            starts_at: when each bar starts, UTC.
            bar_s: length of a bar.
        """
        at = np.searchsorted(self.premarket_at, starts_at, side="right") - 1
        inside = at >= 0
        inside[inside] = starts_at[inside] + np.timedelta64(bar_s, "s") <= self.end_at[at[inside]]
        if not inside.any():
            return np.full(len(at), -1, dtype=np.int64), np.zeros(len(at), dtype=np.int8)
        late = starts_at >= self.close_at[at]
        early = starts_at < self.open_at[at]
        phase = np.where(early, PREMARKET, np.where(late, AFTER_HOURS, REGULAR)).astype(np.int8)
        return np.where(inside, at, -1), phase

    def bounds(self, at: Ints, phase: Phases) -> tuple[Stamps, Stamps]:
        """When the phase of the sessions at the positions `at` begins and ends."""
        begins = np.stack([self.premarket_at, self.open_at, self.close_at])
        ends = np.stack([self.open_at, self.close_at, self.end_at])
        return begins[phase + 1, at], ends[phase + 1, at]
