"""What holds for every account whatever the market does and its owner orders."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.engine_script import SYMBOLS, Moment, live, scripts
from trading.engine.account import COST, HELD_SHARES, Account
from trading.engine.engine import Engine
from trading.engine.fees import INTERACTIVE_BROKERS_FIXED
from trading.engine.fills import FillModel
from trading.engine.fold import fold, take
from trading.engine.instruments import Instruments
from trading.engine.rules import PAPER_RULES, AccountRules, EngineRules
from trading.errors import LedgerError
from trading.ledger.double_entry import Draft, body_of, draft_of

CASH_CENTS = 10_000_000
MARGIN = EngineRules(AccountRules("margin", debit_interest_bp_per_year=600), FillModel(fees=INTERACTIVE_BROKERS_FIXED))
RULES = st.sampled_from([PAPER_RULES, EngineRules(), MARGIN])


def lived(moments: list[Moment], rules: EngineRules) -> tuple[Account, list[Draft]]:
    """The account after the moments, and its journal."""
    engine = Engine(Account("rule", Instruments(SYMBOLS)), rules)
    engine.deposit(moments[0].step, CASH_CENTS)
    for moment in moments:
        live(engine, moment)
    return engine.account, engine.log.drafts()


@settings(max_examples=40, deadline=None)
@given(moments=st.one_of(scripts(), scripts(3, 4)), rules=RULES)
def test_the_journal_alone_restores_the_account_at_every_step(moments: list[Moment], rules: EngineRules) -> None:
    """After each moment a fold of the journal equals the live account, and goes on with the same bytes."""
    engine = Engine(Account("rule", Instruments(SYMBOLS)), rules)
    engine.deposit(moments[0].step, CASH_CENTS)
    for number, moment in enumerate(moments):
        restored = Engine(fold("rule", engine.log.drafts(), Instruments(SYMBOLS)), rules)
        assert restored.account.snapshot() == engine.account.snapshot(), f"before moment {number}"
        before = len(engine.log)
        live(engine, moment)
        live(restored, moment)
        assert restored.log.heads == engine.log.heads[before:], f"moment {number}"
    assert fold("rule", engine.log.drafts()).snapshot() == engine.account.snapshot()


@settings(max_examples=40, deadline=None)
@given(moments=scripts(4, 2), rules=RULES)
def test_the_text_of_every_entry_is_canonical(moments: list[Moment], rules: EngineRules) -> None:
    """Each body is what `json.dumps` with sorted keys and no spaces makes of it, integers only, debits = credits."""
    engine = Engine(Account("rule", Instruments(SYMBOLS)), rules)
    engine.deposit(moments[0].step, CASH_CENTS)
    for moment in moments:
        live(engine, moment)
    for seq, body in enumerate(engine.log.bodies(1), start=1):
        value = json.loads(body)
        assert body == json.dumps(value, sort_keys=True, separators=(",", ":"))
        assert body == body_of(seq, draft_of(body))
        assert sum(cents for _, cents, _ in value["postings"]) == 0


@settings(max_examples=40, deadline=None)
@given(moments=st.one_of(scripts(), scripts(3, 3)), rules=RULES)
def test_money_neither_appears_nor_vanishes(moments: list[Moment], rules: EngineRules) -> None:
    """The ledger's accounts are the account's cash, costs and shares; equity is cash and positions at each close."""
    account, journal = lived(moments, rules)
    money: Counter[str] = Counter()
    shares: Counter[str] = Counter()
    for draft in journal:
        for posting in draft.postings:
            money[posting.account] += posting.amount_cents
            shares[posting.account] += posting.shares
    assert money["rule:cash"] == account.cash_cents
    assert sum(money.values()) == 0
    for number, symbol in enumerate(account.instruments.symbols):
        held = account.matrix[:, number]
        position = f"rule:position:{symbol}"
        assert (money[position], shares[position]) == (held[COST], held[HELD_SHARES])
    for draft in journal:
        if draft.kind == "mark" and draft.payload["ends_session"]:
            assert account.equity_cents[draft.session] == draft.payload["equity_cents"]
    worth = sum(int(held) * int(last) for held, last in zip(account.shares, account.last_usd_e4, strict=True))
    assert account.positions_cents == pytest.approx(worth / 100, abs=0.5 * len(account.instruments))


@settings(max_examples=40, deadline=None)
@given(moments=st.one_of(scripts(), scripts(3, 3)), rules=RULES)
def test_profits_fees_and_dividends_explain_the_cash(moments: list[Moment], rules: EngineRules) -> None:
    """Cash = deposit + profits of closing fills + dividends - charges - cost and fees of what is open."""
    account, journal = lived(moments, rules)
    extra = sum(
        posting.amount_cents
        for draft in journal if draft.kind in {"dividend", "borrow", "interest"}
        for posting in draft.postings if posting.account == "rule:cash"
    )  # fmt: skip
    still_out = int(account.cost_cents.sum() + account.entry_fees_cents.sum())
    assert account.cash_cents == CASH_CENTS + sum(account.trades) + extra - still_out


@settings(max_examples=40, deadline=None)
@given(moments=st.one_of(scripts(), scripts(3, 3)))
def test_a_cash_account_owes_nothing(moments: list[Moment]) -> None:
    """Its cash is never negative and it is never short, whichever fills came first."""
    account, journal = lived(moments, EngineRules())
    assert all(d.payload["side"] in {"buy", "sell"} for d in journal if d.kind == "fill")
    assert all(d.payload["cash_cents"] >= 0 for d in journal if d.kind == "mark")
    assert account.cash_cents >= 0


@settings(max_examples=40, deadline=None)
@given(moments=scripts(5, 2), rules=RULES)
def test_fills_stay_in_their_bar_and_their_order(moments: list[Moment], rules: EngineRules) -> None:
    """The tape's price lies in a later bar that traded; never more shares than ordered, or than its share of volume."""
    _, journal = lived(moments, rules)
    tape = {moment.step.at.isoformat(): moment for moment in moments}
    placed: dict[str, str] = {}
    used: Counter[tuple[str, str]] = Counter()
    for draft in journal:
        told = draft.payload
        if draft.kind == "order":
            placed[told["order_id"]] = told["at"]
        if draft.kind != "fill" or told["reason"] == "settled":
            continue
        moment = tape[told["at"]]
        _, high, low, _, volume = moment.prices[told["symbol"]]
        sign = 1 if told["side"] in {"buy", "buy_to_cover"} else -1
        on_tape = told["price_usd_e4"] - sign * told["slippage_usd_e4"]
        assert low <= on_tape <= high
        assert told["symbol"] not in moment.halted
        assert told["slippage_usd_e4"] >= 0
        assert told["at"] > placed[told["entry_order_id"]]
        used[told["at"], told["symbol"]] += told["shares"]
        assert used[told["at"], told["symbol"]] <= volume * rules.fills.volume_share_bp // 10_000
        assert told["remaining_shares"] >= 0


@settings(max_examples=40, deadline=None)
@given(moments=scripts(), data=st.data())
def test_the_order_of_the_bars_in_a_batch_changes_nothing(moments: list[Moment], data: st.DataObject) -> None:
    """Neither the place of a symbol in the batch nor its number in the universe: the same journal, byte for byte."""
    turned = [
        Moment(**{**vars(moment), "prices": dict(data.draw(st.permutations(list(moment.prices.items()))))})
        for moment in moments
    ]
    assert lived(moments, MARGIN)[1] == lived(turned, MARGIN)[1]


@settings(max_examples=40, deadline=None)
@given(moments=scripts(6), at=st.integers(0, 10_000), again=st.booleans())
def test_an_entry_twice_or_out_of_order_is_refused(moments: list[Moment], at: int, again: bool) -> None:  # noqa: FBT001
    """A fill that comes twice, or before the one it follows, is an error, and not other money."""
    _, journal = lived(moments, PAPER_RULES)
    fills = [n for n, draft in enumerate(journal) if draft.kind == "fill" and draft.payload["reason"] != "settled"]
    if not fills:
        return
    place = fills[at % len(fills)]
    account = fold("rule", journal[: place + 1] if again else journal[: place - 1])
    if not again and journal[place - 1].payload.get("order_id") != journal[place].payload["order_id"]:
        return
    with pytest.raises(LedgerError):
        take(account, journal[place])
