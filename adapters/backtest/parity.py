"""Parity: a session that the platform traded, replayed by the backtester, and each difference explained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from adapters.backtest.recorded import Recorded
from adapters.backtest.running import Dated, Terms, run_backtest
from adapters.paper import MemoryJournal, SessionDone
from adapters.postgres.pool import Pool, transaction
from trading.errors import ConfigurationError
from trading.ledger import Draft, Entry

What = Literal["missing", "extra", "price", "size", "other"]
PRICES = frozenset({"price_usd_e4", "closes_usd_e4", "limit_usd_e4", "stop_usd_e4", "reference_usd_e4"})
SIZES = frozenset({"shares", "ordered_shares", "remaining_shares"})
UNEXPLAINED = "unexplained"


@dataclass(frozen=True)
class Difference:
    """Where the record and the backtest disagree.

    Attributes:
        command_id: of the entry.
        what: `missing` on record, `extra` on record, another `price` or `size`, or `other` fields.
        on_record: the fields that differ; None where there is no entry. Likewise `backtest`.
        cause: in words; `unexplained` where neither data nor settings changed since.
    """

    command_id: str
    what: What
    on_record: dict[str, Any] | None
    backtest: dict[str, Any] | None
    cause: str


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
    models: Iterable[Dated], changed_since: Sequence[str],
) -> Parity:  # fmt: skip
    """The session traded again from the account's state before it, beside what is on record.

    Args:
        session: that was traded.
        entries: the journal on record.
        completed: sessions on record, with the number of stocks in play.
        recorded: data as they are known now, up to the session.
        terms: as set now.
        models: that decided then.
        changed_since: causes for differences; see `changes_since`.

    Raises:
        ConfigurationError: when the session was not traded.
    """
    if session not in completed:
        raise ConfigurationError(f"{session} was not traded, so there is nothing to compare. Choose another --date.")
    journal = MemoryJournal()
    journal.entries = [entry for entry in entries if entry.draft.session < session]
    journal.done = [SessionDone(day, f"session:{day}", count) for day, count in completed.items() if day < session]
    before = len(journal.entries)
    done = run_backtest(recorded, [session], terms, models, journal=journal)
    theirs = {entry.draft.command_id: entry.draft for entry in entries if entry.draft.session == session}
    ours = {entry.draft.command_id: entry.draft for entry in done.entries[before:]}
    cause = "; ".join(changed_since) or UNEXPLAINED
    found = [_difference(theirs.get(name), ours.get(name), cause) for name in sorted(theirs.keys() | ours.keys())]
    return Parity(
        session, len(theirs.keys() | ours.keys()), tuple(one for one in found if one is not None), tuple(changed_since)
    )


def _difference(on_record: Draft | None, backtest: Draft | None, cause: str) -> Difference | None:
    if on_record == backtest:
        return None
    if on_record is None or backtest is None:
        here = on_record or backtest
        if here is None:
            return None
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


def changes_since(pool: Pool, session: date) -> list[str]:
    """What came after the session was traded and can be the cause of a difference: bars or the VIX."""
    asked = (  # files of other tiers than the hot one were merged or moved, which changes no bar
        (
            "files of bars",
            (
                "SELECT count(*) FROM bar_files WHERE timeframe = '1d' AND tier = 'hot' AND first_session <= %s "
                "AND written_at > %s"
            ),
        ),
        ("closes of the VIX", "SELECT count(*) FROM vix_closes WHERE day < %s AND imported_at > %s"),
    )
    with transaction(pool) as cursor:
        cursor.execute("SELECT completed_at FROM replay_sessions WHERE session = %s", [session])
        row = cursor.fetchone()
        if row is None:
            return []
        found = []
        for name, query in asked:
            cursor.execute(query.encode(), [session, row[0]])
            (count,) = cursor.fetchone() or (0,)
            if count:
                found.append(f"late data: {count} {name} recorded after the session was traded")
    return found


def models_then(pool: Pool, session: date, load: Callable[[str], Dated]) -> list[Dated]:
    """The ensemble that gave the probabilities of the session's decisions; none where the rules decided."""
    with transaction(pool) as cursor:
        cursor.execute(
            "SELECT DISTINCT ensemble_id FROM decisions WHERE session = %s AND ensemble_id IS NOT NULL", [session]
        )
        return [load(str(name)) for (name,) in cursor.fetchall()]
