"""A state machine over desk, engine and journal: each command one to five times, crashes between any two writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.fakes.journal import CrashError, CrashingJournal
from tests.fakes.ledger_market import Market, changes_of
from tests.fakes.paper_script import FIRST
from trading.cycle.paper_desk import PaperDesk
from trading.decisions.arms import Arm
from trading.engine.account import COST, HELD_SHARES, Account
from trading.engine.fees import INTERACTIVE_BROKERS_FIXED
from trading.engine.fills import FillModel
from trading.engine.fold import take
from trading.engine.rules import AccountRules, EngineRules
from trading.errors import LedgerError, UnavailableError
from trading.ledger.audit import Audit
from trading.ledger.double_entry import Entry, draft_of
from trading.ledger.journal import Journal, MemoryJournal

BOOKS: dict[str, Arm] = {"rule": "rule", "hybrid": "hybrid"}
CASH_CENTS = 10_000_000
RULES = EngineRules(
    AccountRules("margin", "reduce", debit_interest_bp_per_year=600), FillModel(fees=INTERACTIVE_BROKERS_FIXED)
)
SEED = st.integers(0, 2**40)
TIMES = st.integers(1, 5)
CRASH = st.one_of(st.none(), st.integers(0, 3), st.integers(0, 3), st.integers(0, 25))
Command = Callable[[PaperDesk], object]


class LedgerMachine(RuleBasedStateMachine):
    """A desk that dies and is sent everything repeatedly, beside one that is sent everything once.

    Attributes:
        steps: taken by all machines of this class so far.
        crashes: likewise.
    """

    steps: ClassVar[int] = 0
    crashes: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.journal: Journal = self.new_journal()
        self.once = MemoryJournal()
        self.twin, self.desk = self.new_desk(self.once), self.new_desk(self.journal)
        self.market = Market()
        self.session, self.settled = FIRST - timedelta(days=1), False
        self.sent: list[Command] = []
        self.audit = Audit()
        self.folded = {name: Account(name) for name in BOOKS}

    def new_journal(self) -> Journal:
        """Where the desk under test writes."""
        return CrashingJournal()

    def new_desk(self, journal: Journal) -> PaperDesk:
        """A desk as after a start."""
        return PaperDesk(journal, BOOKS, CASH_CENTS, RULES)

    def arm(self, crash: int | None) -> None:
        """The write after so many more fails; None for none."""
        assert isinstance(self.journal, CrashingJournal)
        self.journal.writes_left = crash

    def send(self, command: Command, times: int, crash: int | None) -> None:
        """The command has worked at least once on the desk, and exactly once on the twin."""
        command(self.twin)
        self.arm(crash)
        worked = 0
        while worked < times:
            try:
                command(self.desk)
            except (CrashError, UnavailableError):
                type(self).crashes += 1
                # Odd: the process lives and only the connection broke, so the desk must know by itself to look again.
                self.desk = self.new_desk(self.journal) if (crash or 0) % 2 == 0 else self.desk
            else:
                worked += 1
        self.arm(None)
        self.sent.append(command)

    @precondition(lambda self: not self.settled)
    @rule(seed=SEED, times=TIMES, crash=CRASH)
    def settle(self, seed: int, times: int, crash: int | None) -> None:
        """The next session's bars arrive; the first brings the deposit."""
        session = self.session = self.session + timedelta(days=1)
        quotes, actions = self.market.next_session(seed)
        self.send(lambda desk: desk.settle(session, quotes, actions), times, crash)
        self.settled = True

    @precondition(lambda self: self.settled)
    @rule(seed=SEED, times=TIMES, crash=CRASH)
    def place(self, seed: int, times: int, crash: int | None) -> None:
        """Orders of all kinds."""
        session = self.session
        orders = {book: self.market.orders(seed, session, self.twin.account(book)) for book in BOOKS}
        self.send(lambda desk: desk.place(session, orders, 3), times, crash)
        self.settled = False

    @rule(seeds=st.lists(SEED, min_size=1, max_size=2), times=TIMES, crash=CRASH)
    def days(self, seeds: list[int], times: int, crash: int | None) -> None:
        """Some sessions in a row, each with its bars and its orders."""
        for seed in seeds:
            if self.settled:
                self.place(seed, times, crash)
            self.settle(seed + 1, times, crash)

    @precondition(lambda self: self.sent)
    @rule(seed=SEED, times=TIMES, crash=CRASH)
    def change(self, seed: int, times: int, crash: int | None) -> None:
        """Open orders are cancelled and replaced."""
        session, book = self.session, Random(seed).choice(tuple(BOOKS))
        account = self.twin.account(book)
        cancels, changes = changes_of(seed, [account.orders.ids[row] for row in account.orders.plain_rows().tolist()])
        self.send(lambda desk: desk.change(session, book, cancels, changes), times, crash)

    @precondition(lambda self: self.sent)
    @rule(seed=SEED)
    def come_late(self, seed: int) -> None:
        """Any earlier command comes once more: it changes nothing, or is refused as out of order."""
        before = self.desk.journal_hash
        try:
            Random(seed).choice(self.sent)(self.desk)
        except LedgerError:
            self.desk = self.new_desk(self.journal)
        assert self.desk.journal_hash == before

    @rule()
    def come_early(self) -> None:
        """What belongs after something that has not happened yet is refused and changes nothing."""
        before, later = self.desk.journal_hash, self.session + timedelta(days=1)
        early: Command = lambda desk: desk.place(later, {}, 0)  # noqa: E731
        if self.settled:
            quotes, _ = Market().next_session(1)
            early = lambda desk: desk.settle(later, quotes, [])  # noqa: E731
        try:
            early(self.desk)
        except LedgerError:
            assert self.desk.journal_hash == before
        else:
            raise AssertionError("a command came before its time and was taken")

    @rule()
    def restart(self) -> None:
        """The process is gone and comes again."""
        self.desk = self.new_desk(self.journal)

    @invariant()
    def the_ledger_is_whole(self) -> None:
        """Journal of the twin, books that add up, and a live state that is the fold of the journal."""
        type(self).steps += 1
        entries = self.written()
        assert entries == self.once.entries[self.audit.seq :]
        assert self.desk.sessions() == sorted(self.once.completed_sessions())
        for entry in entries:
            self.audit.take(entry)
            for account in self.folded.values():
                take(account, draft_of(entry.body))
        assert self.desk.journal_hash == self.audit.last_hash
        assert sum(self.audit.money_cents.values()) == 0
        for name, folded in self.folded.items():
            live = self.desk.account(name)
            assert live.snapshot() == folded.snapshot(), name
            assert live.cash_cents == self.audit.cash_cents(name)
            assert live.cash_cents + live.positions_cents == self.audit.equity_cents(name)
            self._check_positions(name, live)

    def _check_positions(self, name: str, live: Account) -> None:
        symbols = live.instruments.symbols
        held = {symbols[i]: live.matrix[[HELD_SHARES, COST], i].tolist() for i in live.held().tolist()}
        added_up = {s: [h.shares, h.cost_cents] for (book, s), h in self.audit.positions.items() if book == name}
        assert held == {symbol: row for symbol, row in added_up.items() if row[0]}

    def written(self) -> list[Entry]:
        """Entries since the last look."""
        assert isinstance(self.journal, MemoryJournal)
        return self.journal.entries[self.audit.seq :]
