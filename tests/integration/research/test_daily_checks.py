"""The daily checks of a replayed session: on record, clean for the shipped strategy, blocking where they fail."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr

from actors.checks import Checks
from actors.paper_trading import PaperTrading
from actors.wiring import Wiring
from adapters.calendar import sessions_between
from adapters.postgres.broker_record import ControlRecord
from adapters.postgres.daily_checks import DailyCheck, DailyChecks
from adapters.postgres.pool import Pool
from adapters.record import Record
from research.backtest.running import Terms
from research.checks.causes import TOGETHER, UNEXPLAINED, Changes, changes_since
from research.checks.daily import SAMPLED_SYMBOLS, daily_parity, sampled
from tests.fakes.eventually import eventually
from tests.integration.one_process import NOON, Platform, momentum_of
from trading.bars.panel import as_date
from trading.broker.controls import Control
from trading.broker.orders import OrderRequest
from trading.decisions.arms import ACCOUNTS
from trading.errors import LedgerError, ModelError
from trading.ledger.double_entry import Draft
from trading.risk.decision_rules import DecisionRules
from trading.views.ensemble import Views

SESSIONS = [as_date(day) for day in sessions_between(date(2010, 6, 1), date(2010, 6, 3))]
DAY = SESSIONS[-1]


class NoScorer:
    """Stands for models that were lost."""

    def score(self, matrix: object) -> Views:
        """Never asked."""
        raise AssertionError(matrix)


@pytest.fixture
def checks(empty_url: str, pool: Pool, home: Path) -> Checks:
    """The service over an empty record with tables."""
    assert pool is not None
    return Checks(Wiring(home, SecretStr(empty_url), 10_000_000))


def _failed(session: date) -> DailyCheck:
    return DailyCheck(session, "parity", "failed", 3, 1, "1 of 3 differ", ("price of x",), 0.5, NOON)


def test_a_replayed_session_passes_and_what_was_tampered_with_blocks(
    checks: Checks, pool: Pool, home: Path, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No difference for what was traded; an account that opened with other cash fails, blocks, and a pass unblocks."""
    assert checks.check() == []
    platform = Platform(home, empty_url, pool)
    platform.import_until(None)
    platform.replay(SESSIONS)
    monkeypatch.setattr("research.checks.daily.models_of", momentum_of)
    done = checks.check()
    assert [(one.kind, one.verdict, one.differences) for one in done] == [
        ("features", "passed", 0),
        ("lookahead", "passed", 0),
        ("parity", "passed", 0),
    ], done
    assert all(one.compared > 2 for one in done)
    assert checks.check() == done, "a session that was checked isn't checked again"
    assert DailyChecks(pool).latest() == done
    eventually(lambda: "passed" in checks.condition()[1], what="the service has read what was checked")
    assert checks.condition()[0] == "ok"

    smaller = replace(checks.wiring, decisions=_halved(checks.wiring))
    again = Checks(smaller)._checked(DAY)
    assert again[2].verdict == "failed"
    assert "size of order:" in " ".join(again[2].findings)
    checks._tell(DAY, again)
    assert "a daily check failed: parity of 2010-06-03" in ControlRecord(pool).state().opening_refused(
        live=False, cost_cents=0, at=NOON
    )
    checks._tell(DAY, done)
    assert ControlRecord(pool).state().blocked == ""


def _halved(wiring: Wiring) -> DecisionRules:
    sizing = wiring.decisions.sizing
    return replace(wiring.decisions, sizing=replace(sizing, max_weight=sizing.max_weight / 2))


def test_a_person_may_resume_after_a_failed_check_and_the_same_failure_does_not_block_again(
    checks: Checks, pool: Pool
) -> None:
    """A repeat of the check that a person has seen blocks nothing; the next session's failure does."""
    controls = ControlRecord(pool)
    checks._tell(DAY, [_failed(DAY)])
    assert controls.state().failed_check == "parity of 2010-06-03: 1 of 3 differ"
    controls.give(Control("resume", "command", "looked into it", NOON))
    checks._tell(DAY, [_failed(DAY)])
    assert controls.state().blocked == ""
    checks._tell(date(2010, 6, 4), [_failed(date(2010, 6, 4))])
    assert "2010-06-04" in controls.state().blocked


def test_trading_opens_nothing_after_a_failed_check(checks: Checks, pool: Pool) -> None:
    """The purchase is withheld with the check as the reason, for the session, which parity knows as the cause."""
    checks._tell(DAY, [_failed(DAY)])
    desk = PaperTrading(checks.wiring)
    purchase = OrderRequest("order:1", "AA", "buy", 1)
    with pytest.raises(LedgerError, match="came before its bar was settled"):
        desk.place(DAY, {"rule": [purchase]}, 0)  # the desk never saw the session; the withholding is what counts here
    withheld = ControlRecord(pool).withheld(DAY)
    assert withheld.startswith("1 orders of 2010-06-03 (AA) withheld: a daily check failed")
    assert ControlRecord(pool).withheld(date(2010, 6, 4)) == ""
    changes = replace(changes_since(pool, DAY), withheld=withheld)
    order = Draft("order:1", DAY, "order", {"symbol": "AA", "side": "buy"}, ())
    assert changes.cause(order, on_record=False) == withheld
    assert changes.cause(order, on_record=True) == UNEXPLAINED


def test_causes_name_the_symbol_whose_data_came_late_before_those_of_others() -> None:
    """AA's own earnings explain AA; BB may differ through ranks; without a change nothing is explained."""
    changes = Changes(late={"bars": {"AA": "2 bars of AA corrected"}}, settings=("max_weight 0.1 then, 0.05 now",))
    fill = Draft("f", DAY, "fill", {"symbol": "AA"}, ())
    mark = Draft("m", DAY, "mark", {}, ())
    assert changes.cause(fill, on_record=True) == "late data: 2 bars of AA corrected; max_weight 0.1 then, 0.05 now"
    assert changes.cause(mark, on_record=True) == "max_weight 0.1 then, 0.05 now; late bars of other symbols: 1"
    assert Changes().cause(fill, on_record=True) == UNEXPLAINED


def test_late_data_explain_what_comes_out_as_on_record_without_them() -> None:
    """Of two entries that differ, the one that differs with the data of then as well has no cause."""
    late = Changes(late={"bars": {"AA": "2 bars of AA corrected", "": "1 files of bars recorded"}})
    own, other = Draft("a", DAY, "fill", {"symbol": "AA"}, ()), Draft("b", DAY, "fill", {"symbol": "BB"}, ())
    assert late.cause(own, on_record=True) == "late data: 2 bars of AA corrected"
    told = _tried(late, bars={"b"}, together={"b"})
    assert told.cause(own, on_record=True) == "late data: 2 bars of AA corrected"
    assert told.cause(other, on_record=True) == UNEXPLAINED
    assert _tried(late, bars={"a"}, together={"a"}).cause(own, on_record=True) == UNEXPLAINED
    through = _tried(late, bars=set(), together=set()).cause(other, on_record=True)
    assert through == "late bars of other symbols: 1; late data: 1 files of bars recorded"


def _tried(late: Changes, *, together: set[str], **by_kind: set[str]) -> Changes:
    still = {TOGETHER: frozenset(together)} | {kind: frozenset(names) for kind, names in by_kind.items()}
    return replace(late, still_differ=still)


def test_of_several_kinds_the_one_that_explains_is_named() -> None:
    """News alone explain one entry, both kinds together another, bars that can't be had are named without proof."""
    late = Changes(late={"news": {"": "1 articles"}, "VIX": {"": "1 closes"}}, settings=("other limits",))
    one, both, odd = (Draft(name, DAY, "fill", {"symbol": "AA"}, ()) for name in ("one", "both", "odd"))
    told = _tried(late, news={"both", "odd"}, VIX={"one", "both", "odd"}, together={"odd"})
    assert told.cause(one, on_record=True) == "late data: 1 articles"
    assert told.cause(both, on_record=True) == "late data: 1 articles; late data: 1 closes"
    assert told.cause(odd, on_record=True) == "other limits"
    merged = replace(told, late={"bars": {"": "1 files"}, **late.late})
    assert merged.cause(odd, on_record=True) == "other limits; late data: 1 files"


def test_the_sample_covers_all_symbols_in_time_and_never_more_than_asked() -> None:
    """524 symbols in steps of 14: fourteen days see each once; a few symbols are all looked at."""
    symbols = [f"S{number:03}" for number in range(524)]
    days = [date(2010, 6, day) for day in range(1, 15)]
    samples = [sampled(symbols, day) for day in days]
    assert all(len(sample) <= SAMPLED_SYMBOLS for sample in samples)
    assert sorted(name for sample in samples for name in sample) == symbols
    assert sampled(symbols[:7], days[0]) == symbols[:7]
    assert sampled([], days[0]) == []


@pytest.mark.parametrize(
    ("error", "verdict"),
    [(LedgerError("a fill came twice"), "failed"), (ModelError("the files are gone"), "not done")],
)
def test_a_contradiction_fails_and_what_cannot_be_compared_is_not_done(
    checks: Checks, pool: Pool, monkeypatch: pytest.MonkeyPatch, error: Exception, verdict: str
) -> None:
    """The one blocks, the other doesn't; both are on record in their own words and leave the service degraded."""

    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("research.checks.daily.parity_on_record", broken)
    terms = Terms(ACCOUNTS, 10_000_000)
    found = daily_parity(Record(pool, checks.wiring.home), DAY, terms, clock=lambda: NOON)
    assert (found.verdict, str(error) in found.detail) == (verdict, True)
    DailyChecks(pool).record(found)
    checks._tell(DAY, [found])
    assert bool(ControlRecord(pool).state().failed_check) == (verdict == "failed")
    eventually(lambda: checks.condition()[0] == "degraded", what="the service is degraded")
