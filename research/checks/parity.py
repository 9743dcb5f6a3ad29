"""Parity: a session that the platform traded, replayed by the backtester, and each difference explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from research.backtest.recorded import Recorded
from research.backtest.running import Terms, run_backtest
from research.backtest.served import Models
from research.backtest.services import Evidence, SegmentAnalysis
from research.checks.causes import UNEXPLAINED, Changes
from research.checks.then import Then, told_apart
from trading.errors import ConfigurationError
from trading.ledger.double_entry import Draft, Entry
from trading.ledger.journal import MemoryJournal, SessionDone

What = Literal["missing", "extra", "price", "size", "other"]
PRICES = frozenset({"price_usd_e4", "closes_usd_e4", "limit_usd_e4", "stop_usd_e4", "reference_usd_e4"})
SIZES = frozenset({"shares", "ordered_shares", "remaining_shares"})


@dataclass(frozen=True)
class Difference:
    """Where the record and the backtest disagree.

    Attributes:
        command_id: of the entry.
        what: `missing` on record, `extra` on record, another `price` or `size`, or `other` fields.
        on_record: the fields that differ; None where there is no entry. Likewise `backtest`.
        cause: in words; `unexplained` where nothing that could be one changed since (`Changes.cause`).
    """

    command_id: str
    what: What
    on_record: dict[str, Any] | None
    backtest: dict[str, Any] | None
    cause: str

    @property
    def said(self) -> str:
        """In one line: what differs, on record and again, and why."""
        if self.on_record is None or self.backtest is None:
            return f"{self.what} on record: {self.command_id} ({self.cause})"
        fields = ", ".join(
            f"{name} {self.on_record[name]} on record, {self.backtest[name]} again" for name in self.on_record
        )
        return f"{self.what} of {self.command_id}: {fields} ({self.cause})"


@dataclass(frozen=True)
class Parity:
    """What the comparison of a session said.

    Attributes:
        entries: compared, of both sides together.
        differences: each with its cause.
        changed_since: what changed after the session was traded: late data, other settings.
    """

    session: date
    entries: int
    differences: tuple[Difference, ...]
    changed_since: tuple[str, ...]

    @property
    def unexplained(self) -> int:
        """Differences without a cause: the engine or the data path disagrees with itself."""
        return sum(one.cause == UNEXPLAINED for one in self.differences)


def parity_of(
    session: date, entries: Sequence[Entry], completed: Mapping[date, int], *, recorded: Recorded, terms: Terms,
    models: Models, changes: Changes, then: Then | None = None, evidence: Evidence | None = None,
    analysis: SegmentAnalysis | None = None,
) -> Parity:  # fmt: skip
    """The session traded again from the account's state before it, beside what is on record.

    Args:
        session: that was traded.
        entries: the journal on record.
        completed: sessions on record, with the number of stocks in play.
        recorded: data as they are known now, up to the session.
        terms: as set now.
        models: with the life that they had then.
        changes: causes for differences; see `changes_since`.
        evidence: what was known then of earlier signals.
        then: the data as they were when the session was traded, which late data are told by; see `recorded_then`.
        analysis: of the data as they are known now, where it is at hand.

    Raises:
        ConfigurationError: when the session was not traded.
    """
    must_be_traded(session, completed)
    theirs = {entry.draft.command_id: entry.draft for entry in entries if entry.draft.session == session}

    def again(data: Recorded, analysed: SegmentAnalysis | None = None) -> dict[str, Draft]:
        journal = MemoryJournal()
        journal.entries = [entry for entry in entries if entry.draft.session < session]
        journal.done = [SessionDone(day, f"session:{day}", count) for day, count in completed.items() if day < session]
        before = len(journal.entries)
        done = run_backtest(data, [session], terms, models, journal=journal, evidence=evidence, analysis=analysed)
        return {entry.draft.command_id: entry.draft for entry in done.entries[before:]}

    def differing(data: Recorded) -> frozenset[str]:
        as_then = again(data)
        return frozenset(each for each in theirs.keys() | as_then.keys() if theirs.get(each) != as_then.get(each))

    ours = again(recorded, analysis)
    if then is not None and ours != theirs:
        changes = told_apart(changes, then, recorded, differing)
    found = [_difference(theirs.get(name), ours.get(name), changes) for name in sorted(theirs.keys() | ours.keys())]
    return Parity(
        session, len(theirs.keys() | ours.keys()), tuple(one for one in found if one is not None), changes.said
    )


def must_be_traded(session: date, completed: Mapping[date, int]) -> None:
    """Returns for a session on record.

    Raises:
        ConfigurationError: for any other day.
    """
    if session not in completed:
        held = f"Sessions on record: {min(completed)} to {max(completed)}." if completed else "No session is on record."
        raise ConfigurationError(
            f"{session} was not traded, so there is nothing to compare. Nothing was changed. {held} Choose another "
            "--date."
        )


def _difference(on_record: Draft | None, backtest: Draft | None, changes: Changes) -> Difference | None:
    here = on_record or backtest
    if on_record == backtest or here is None:
        return None
    cause = changes.cause(here, on_record=on_record is not None)
    if on_record is None or backtest is None:
        side = _fields(here)
        if on_record is None:
            return Difference(here.command_id, "missing", None, side, cause)
        return Difference(here.command_id, "extra", side, None, cause)
    theirs, ours = _fields(on_record), _fields(backtest)
    odd = sorted(name for name in theirs.keys() | ours.keys() if theirs.get(name) != ours.get(name))
    what: What = "size" if SIZES & set(odd) else "price" if PRICES & set(odd) else "other"
    left, right = ({name: side.get(name) for name in odd} for side in (theirs, ours))
    return Difference(on_record.command_id, what, left, right, cause)


def _fields(draft: Draft) -> dict[str, Any]:
    postings = [[one.account, one.amount_cents, one.shares] for one in draft.postings]
    return {"kind": draft.kind, **draft.payload, "postings": postings}
