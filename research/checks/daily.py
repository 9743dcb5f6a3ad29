"""The daily checks of a session that was traded: parity, a sample of signals without later data, feature rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial

from adapters.models.scoring import EnsembleScorer
from adapters.postgres.daily_checks import CheckKind, DailyCheck, Verdict
from adapters.postgres.journal import JournalStore
from adapters.record import Record
from research.backtest.recorded import read_recorded
from research.backtest.running import Terms
from research.backtest.served import Models
from research.backtest.services import Evidence
from research.checks.features import FeatureCheck, check_features
from research.checks.lookahead import Looked, look_again
from research.checks.parity import Parity, must_be_traded, parity_of
from research.checks.session_again import SessionAgain
from trading.errors import BadDataError, ConfigurationError, LedgerError, ModelError
from trading.risk.model_risk import ModelRiskLimits
from trading.risk.model_trust import SignalEvidence

LOOKED_BACK_SESSIONS = 20
SAMPLED_SESSIONS = 2
SAMPLED_SYMBOLS = 40
MOST_FINDINGS = 20


def parity_on_record(
    record: Record, session: date, terms: Terms, *, clock: Callable[[], datetime], again: SessionAgain | None = None
) -> Parity:
    """The session on record, traded again from the accounts before it.

    Args:
        record: that is read.
        session: that was traded.
        terms: as set now.
        clock: for the journal's reader, which doesn't look at it.
        again: the same session, where another check reads of it too.

    Raises:
        BadDataError: when there are no bars.
        ConfigurationError: when the session was not traded.
        ModelError: when the ensemble that decided can't be read.
    """
    journal = JournalStore(record.pool, clock=clock)
    completed = journal.completed_sessions()
    must_be_traded(session, completed)  # before the calendar is asked, which knows no close of a Sunday
    again = again or SessionAgain(record, session, terms)
    return parity_of(
        session, journal.load(), completed, recorded=again.recorded, terms=terms, models=models_of(record),
        changes=again.changes, evidence=evidence_of(record, terms), then=again.then, analysis=again.analysis,
    )  # fmt: skip


def models_of(record: Record) -> Models:
    """Every ensemble on record, with the life it had."""
    return Models(record.lifecycle.life(), lambda name: EnsembleScorer(record.home / "models" / name))


def evidence_of(record: Record, terms: Terms) -> Evidence:
    """What became of signals on record."""
    return partial(_evidence, record, terms.decisions.model_risk)


def _evidence(
    record: Record, limits: ModelRiskLimits, session: date, since: date, versions: Sequence[str]
) -> Mapping[str, SignalEvidence]:
    return record.signals.evidence(session, since, versions, limits)


def daily_parity(
    record: Record, session: date, terms: Terms, *, clock: Callable[[], datetime], again: SessionAgain | None = None
) -> DailyCheck:
    """The session's parity; `not done` says why nothing could be compared, a journal that contradicts itself fails."""
    began = clock()
    try:
        found = parity_on_record(record, session, terms, clock=clock, again=again)
    except (BadDataError, ConfigurationError, ModelError) as error:
        return _not_done(session, "parity", error, began, clock())
    except LedgerError as error:
        ended = clock()
        words = f"the session can't be traded again from what is on record: {error}"
        return DailyCheck(session, "parity", "failed", 1, 1, words, (words,), (ended - began).total_seconds(), ended)
    differing = len(found.differences)
    verdict: Verdict = "failed" if found.unexplained else "explained" if differing else "passed"
    words = {
        "passed": f"all {found.entries} journal entries are the same again",
        "explained": f"{differing} of {found.entries} journal entries differ, each for a known cause",
        "failed": f"{found.unexplained} of {found.entries} journal entries differ without a cause",
    }[verdict]
    findings = sorted(found.differences, key=lambda one: one.cause != "unexplained")
    detail = words if verdict != "failed" else f"{words}, first {findings[0].said}"
    said = tuple(one.said for one in findings[:MOST_FINDINGS])
    ended = clock()
    return DailyCheck(
        session, "parity", verdict, found.entries, differing, detail, said, (ended - began).total_seconds(), ended
    )


def daily_lookahead(record: Record, session: date, terms: Terms, *, clock: Callable[[], datetime]) -> DailyCheck:
    """Two of the last twenty sessions, on forty symbols that change from day to day, computed without later data."""
    began = clock()
    window = [day for day in record.bar_tables.sessions() if day <= session][-LOOKED_BACK_SESSIONS:]
    today = record.bars.read(session, session).column("symbol").unique().to_pylist()
    symbols = sampled(sorted(map(str, today)), session)
    try:
        recorded = read_recorded(record, session, symbols=symbols)
        found = look_again(recorded, window, terms, count=SAMPLED_SESSIONS)
    except (BadDataError, ConfigurationError) as error:
        return _not_done(session, "lookahead", error, began, clock())
    return _looked(session, found, len(symbols), began, clock())


def _looked(session: date, found: Looked, symbols: int, began: datetime, ended: datetime) -> DailyCheck:
    compared = sum(found.checked.values())
    words = f"{compared:,} values of {symbols} symbols at {' and '.join(map(str, found.sessions))}"
    detail = f"{words}: none depends on later data"
    said = tuple(
        f"{one.session} {one.what}: {one.with_later_data} with later data, {one.without} without"
        for one in found.differences[:MOST_FINDINGS]
    )
    if found.count:
        detail = f"{found.count} of {words} depend on later data, first {said[0]}"
    verdict: Verdict = "failed" if found.count else "passed"
    took_s = (ended - began).total_seconds()
    return DailyCheck(session, "lookahead", verdict, compared, found.count, detail, said, took_s, ended)


def daily_features(again: SessionAgain, *, clock: Callable[[], datetime]) -> DailyCheck:
    """The session's feature rows computed again from bars; `not done` says why nothing could be compared."""
    began = clock()
    try:
        found = check_features(again)
    except BadDataError as error:
        return _not_done(again.session, "features", error, began, clock())
    return _of_features(again.session, found, began, clock())


def _of_features(session: date, found: FeatureCheck, began: datetime, ended: datetime) -> DailyCheck:
    verdict: Verdict = "failed" if found.unexplained else "explained" if found.count else "passed"
    said = tuple(one.said for one in found.differences[:MOST_FINDINGS])
    detail = {
        "passed": f"all {found.compared:,} values of feature rows are the same again",
        "explained": f"{found.count} of {found.compared:,} values of feature rows differ, each for a known cause",
        "failed": f"{found.unexplained} of {found.compared:,} values of feature rows differ without a cause",
    }[verdict]
    if verdict == "failed":
        detail = f"{detail}, first {said[0]}"
    took_s = (ended - began).total_seconds()
    return DailyCheck(session, "features", verdict, found.compared, found.count, detail, said, took_s, ended)


def sampled(symbols: Sequence[str], session: date) -> list[str]:
    """At most forty of the symbols, evenly over all, others each day until all were looked at."""
    step = -(-len(symbols) // SAMPLED_SYMBOLS)
    return list(symbols[session.toordinal() % step :: step]) if step else []


def _not_done(session: date, kind: CheckKind, error: Exception, began: datetime, ended: datetime) -> DailyCheck:
    took_s = (ended - began).total_seconds()
    return DailyCheck(session, kind, "not done", 0, 0, f"nothing was compared: {error}", (), took_s, ended)
