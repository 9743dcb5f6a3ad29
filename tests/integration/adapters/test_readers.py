"""What the HTTP interface reads is what was written."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest

from adapters.postgres.accounts import Accounts
from adapters.postgres.catalysts import CatalystStore
from adapters.postgres.decisions import DecisionStore, ScanStore
from adapters.postgres.health import HealthStore, ServiceState
from adapters.postgres.migrate import erase, migrate
from adapters.postgres.model_events import LifecycleStore
from adapters.postgres.models import EnsembleRow, Entry, MemberRow, ModelRow, ModelStore
from adapters.postgres.pool import Pool
from adapters.postgres.queries import Queries
from tests.integration.replayed import DAYS, NOON, append_three_sessions, journal_of
from trading.decisions.book_view import Candidate, Decision
from trading.engine.bookkeeper import deposit
from trading.errors import LedgerError, ModelError
from trading.ledger.double_entry import chain
from trading.risk.decision_rules import DecisionRules, rules_of
from trading.risk.model_risk import Verdict
from trading.scanner.at_close import InPlay

NAN = float("nan")
HASH = "ab" * 32
FIRST = Entry("champion", "test", "the first")


def _decision(strength: float, reason: str = "rule confidence 0.58 reaches 0.55") -> Decision:
    candidate = Candidate(
        symbol="AAPL", score=0.7, close_usd=20.0, atr_usd=0.5, average_volume=1e6, patterns=("engulfing", "hammer"),
        rule_confidence=0.58, rule_reasons=(), expected_return=NAN,
        probabilities={"pattern": 0.6, "catalyst": NAN, "outcome": 0.5},
        strength=strength, rank=NAN, disagreement=NAN,
    )  # fmt: skip
    verdict = Verdict(buy=True, source="rule", confidence=0.58, reason=reason)
    return Decision(DAYS[0], "rule", candidate, verdict, "buy", 100, reason)


def _model(kind: str, name: str, sha256: str = HASH) -> ModelRow:
    return ModelRow(
        name, kind, NOON, f"models/{name}", sha256, HASH, "0.1.0", {"trees": 300}, {"accuracy": 0.51}, ["rsi_14"],
        date(2009, 9, 1), date(2009, 12, 31),
    )  # fmt: skip


def _ensemble(name: str, later_h: int = 0) -> EnsembleRow:
    return EnsembleRow(
        name, NOON + timedelta(hours=later_h), _members(name), {"auc": 0.52}, HASH, DAYS[0]
    )  # fmt: skip


def _members(name: str) -> tuple[MemberRow, ...]:
    weights = {"pattern": 0.4, "catalyst": 0.4, "outcome": 0.2}
    return tuple(MemberRow(kind, f"{name}-{kind[0]}", weight) for kind, weight in weights.items())


def _models(name: str) -> list[ModelRow]:
    return [_model("pattern", f"{name}-p"), _model("catalyst", f"{name}-c"), _model("outcome", f"{name}-o")]


def test_accounts_follow_the_journal_while_it_grows(pool: Pool) -> None:
    """A reader that was there before the trades sees the same as one that comes after them."""
    early = Accounts(pool)
    assert early.accounts() == []
    append_three_sessions(journal_of(pool))
    late = Accounts(pool)
    assert early.accounts() == late.accounts()
    assert early.last_hash() == journal_of(pool).verify()
    (account,) = early.accounts()
    assert (account.session, account.start_cents, account.open_positions) == (DAYS[2], 10_000_000, 0)
    assert account.cash_cents == account.equity_cents
    total, (trade,) = early.trades("rule", 10)
    assert total == 1
    assert (trade.symbol, trade.shares, trade.exit_reason, trade.held_sessions) == ("AAPL", 200, "stop", 2)
    assert trade.profit_cents == account.equity_cents - account.start_cents
    assert trade.entry_reason == "a bullish engulfing on 3x volume"
    assert early.trades("ensemble", 10) == (0, [])


def test_an_open_position_has_its_price_and_reason(pool: Pool) -> None:
    """Between entry and exit the position is listed, with the account that holds it only."""
    append_three_sessions(journal_of(pool), sessions=2)
    accounts = Accounts(pool)
    (view,) = accounts.positions(None, 10)
    assert (view.book, view.position.symbol, view.position.shares) == ("rule", "AAPL", 100)
    assert (view.entry_price_usd_e4, view.reason) == (200_100, "a bullish engulfing on 3x volume")
    assert accounts.positions("ensemble", 10) == []
    assert accounts.positions(None, 0) == []


def test_a_journal_that_began_anew_is_read_anew(pool: Pool) -> None:
    """After a fresh start the reader doesn't mix the old journal into the new one."""
    append_three_sessions(journal_of(pool))
    accounts = Accounts(pool)
    assert accounts.accounts()[0].book == "rule"
    erase(pool)
    migrate(pool)
    journal_of(pool).append(chain([deposit("ensemble", DAYS[0], 500)]))
    (account,) = accounts.accounts()
    assert (account.book, account.cash_cents, account.session) == ("ensemble", 500, None)


def test_orders_equity_and_progress(pool: Pool) -> None:
    """Orders come latest first with their fills, equity by session, progress with the last session."""
    append_three_sessions(journal_of(pool))
    queries = Queries(pool)
    orders = queries.orders("rule", 10)
    assert [(o.order_id[-4:], o.status, o.filled_session) for o in orders] == [
        ("stop", "filled", DAYS[2]),
        ("AAPL", "filled", DAYS[1]),
        ("HALT", "expired", None),
    ]
    assert orders[2].closed_reason == "it did not fill in its time"
    assert len(queries.orders(None, 1)) == 1
    assert queries.orders("ensemble", 10) == []
    assert [point.session for point in queries.equity_curve()] == DAYS[:3]
    progress = queries.progress()
    assert (progress.sessions, progress.last_session, progress.stocks_in_play) == (3, DAYS[2], 3)


def test_an_empty_record_answers_with_nothing(pool: Pool) -> None:
    """Before the first session every list is empty and every date is None."""
    queries = Queries(pool)
    assert queries.last_scan(5) == (None, [])
    assert (queries.orders(None, 5), queries.decisions(None, 5), queries.models(), queries.patterns(5)) == (
        [],
        [],
        [],
        [],
    )
    assert queries.pattern_sessions() == (None, None)
    assert queries.progress().sessions == 0
    assert queries.equity_curve() == []


def test_decisions_keep_unknown_as_unknown_and_are_never_rewritten(pool: Pool) -> None:
    """NaN is NULL; the same decision again is no news; another one for the same place is an error."""
    store = DecisionStore(pool)
    assert store.record([_decision(NAN)]) == 1
    assert store.record([_decision(NAN)]) == 0
    with pytest.raises(LedgerError, match="1 rows of decisions differ"):
        store.record([_decision(0.9)])
    (row,) = Queries(pool).decisions("rule", 5)
    assert (row.strength, row.patterns) == (None, ["engulfing", "hammer"])
    assert row.probabilities == {"pattern": 0.6, "catalyst": None, "outcome": 0.5}


def test_the_last_scan_is_the_one_that_is_shown(pool: Pool) -> None:
    """Of two scanned sessions the later one is answered, by rank, unknown parts as None."""
    store = ScanStore(pool)
    first = InPlay("MSFT", 0.5, {"move": 0.5}, 1, "up 2.1 %", 0)
    second = [InPlay("A", 0.4, {"move": NAN}, 2, "up 2 %", 1), InPlay("AAPL", 0.8, {"move": 0.8}, 1, "up 4 %", 2)]
    assert store.record(DAYS[0], [first]) == 1
    assert store.record(DAYS[1], second) == 2
    assert store.record(DAYS[1], second) == 0
    session, rows = Queries(pool).last_scan(5)
    assert session == DAYS[1]
    assert [(row.symbol, row.parts) for row in rows] == [("AAPL", {"move": 0.8}), ("A", {"move": None})]


def test_a_new_champion_retires_the_old_one(pool: Pool) -> None:
    """There is one champion at any time, and registering again changes nothing."""
    store = ModelStore(pool)
    assert store.register(_models("one"), _ensemble("one"), FIRST) is True
    assert store.register(_models("two"), _ensemble("two", later_h=1), FIRST) is True
    assert store.register(_models("two"), _ensemble("two", later_h=1), FIRST) is False
    assert store.ensembles() == [_ensemble("one"), _ensemble("two", later_h=1)]
    assert LifecycleStore(pool).life().latest() == {"one": "retired", "two": "champion"}
    rows = Queries(pool).models()
    assert [(r.ensemble_id, r.role, r.kind, r.weight, r.version) for r in rows] == [
        ("two", "champion", "pattern", 0.4, 2), ("two", "champion", "catalyst", 0.4, 2),
        ("two", "champion", "outcome", 0.2, 2), ("one", "retired", "pattern", 0.4, 1),
        ("one", "retired", "catalyst", 0.4, 1), ("one", "retired", "outcome", 0.2, 1),
    ]  # fmt: skip
    assert store.models(["two-o", "one-p"]) == [_model("outcome", "two-o"), _model("pattern", "one-p")]


def test_a_model_with_another_file_is_refused(pool: Pool) -> None:
    """The id of a model on record never comes to mean another file."""
    store = ModelStore(pool)
    store.register(_models("one"), _ensemble("one"), FIRST)
    changed = [_model("pattern", "one-p", sha256="cd" * 32), *_models("one")[1:]]
    with pytest.raises(ModelError, match="one-p is on record with another file"):
        store.register(changed, _ensemble("one"), FIRST)
    with pytest.raises(ModelError, match="No model nobody"):
        store.models(["nobody"])


def test_an_ensemble_cannot_take_a_model_of_another_kind(pool: Pool) -> None:
    """A regressor in the place of the classifier is refused by the database."""
    models = [_model("pattern", "one-p"), _model("outcome", "one-c"), _model("outcome", "one-o")]
    with pytest.raises(Exception, match="nothing was written"):
        ModelStore(pool).register(models, _ensemble("one"), FIRST)
    assert ModelStore(pool).ensembles() == []


def test_an_event_is_listed_once_it_is_knowable(pool: Pool) -> None:
    """A report of 2010-02-02 is knowable from midnight in New York, 05:00 UTC, of the day after."""
    events = pa.table({"symbol": ["ACE"], "event_date": pa.array([date(2010, 2, 2)])})
    store = CatalystStore(pool)
    assert store.record_earnings(events, source="sample", at=NOON) == 1
    assert store.record_earnings(events, source="sample", at=NOON) == 0
    midnight = datetime(2010, 2, 3, 5, tzinfo=UTC)
    assert Queries(pool).catalysts(midnight - timedelta(seconds=1), 5) == []
    (event,) = Queries(pool).catalysts(midnight, 5)
    assert (event.symbol, event.knowable_at) == ("ACE", midnight)
    assert store.load(date(2010, 1, 1), date(2010, 12, 31)).column("symbol").to_pylist() == ["ACE"]


def test_the_last_word_of_a_service_stands(pool: Pool) -> None:
    """A late message does not overwrite a later one."""
    store = HealthStore(pool)
    now = ServiceState("scanner", "ok", "", NOON)
    store.record(now)
    store.record(ServiceState("scanner", "failed", "old news", NOON - timedelta(seconds=1)))
    assert store.load() == [now]


def test_what_restricts_an_account_counts_its_closed_trades(pool: Pool) -> None:
    """One stop with a loss pauses an account whose limit is one; with the usual limits nothing restricts it."""
    accounts = Accounts(pool)
    assert accounts.restrictions(DecisionRules()) == {}
    append_three_sessions(journal_of(pool))
    assert accounts.restrictions(DecisionRules()) == {"rule": ""}
    (said,) = accounts.restrictions(rules_of({"pause_streak": 1})).values()
    assert said.startswith("paused for 3 sessions: the last 1 closing fills lost, the latest on 2010-01-06")
    (said,) = accounts.restrictions(rules_of({"streak_reduce": 1})).values()
    assert said.startswith("halved: the last 1 closing fills lost")
