"""The ledger under repeats, reordering and crashes; `LEDGER_STEPS` says how many steps (default 20,000)."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.fakes.journal import CrashingJournal
from tests.fakes.ledger_machine import BOOKS, CASH_CENTS, RULES, LedgerMachine
from trading.cycle.paper_desk import PaperDesk
from trading.errors import LedgerError
from trading.ledger.double_entry import Draft, chain
from trading.ledger.journal import Journal, SessionDone

STEPS = int(os.environ.get("LEDGER_STEPS", "20000"))
STEPS_PER_EXAMPLE = 50


FEW = 10_000
"""Fewer steps are the same each time: how many of them crash would be left to chance."""


def bounded(examples: int, *phases: Phase) -> settings:
    """So many runs of fifty steps. What fails isn't shrunk, which took minutes; its seeds are printed."""
    return settings(
        max_examples=examples, stateful_step_count=STEPS_PER_EXAMPLE, deadline=None, phases=phases, database=None,
        report_multiple_bugs=False, suppress_health_check=list(HealthCheck), derandomize=STEPS < FEW, print_blob=True,
    )  # fmt: skip


@pytest.mark.timeout(max(900, STEPS // 10))
def test_no_crash_repeat_or_reordering_hurts_the_ledger() -> None:
    """After each step debits = credits, equity = cash + positions, the chain holds, no fill is lost or doubled."""

    class Machine(LedgerMachine):
        """Counts its own steps."""

    while Machine.steps < STEPS:
        examples = -(-(STEPS - Machine.steps) // STEPS_PER_EXAMPLE)
        run_state_machine_as_test(Machine, settings=bounded(examples, Phase.generate))  # type: ignore[no-untyped-call]
    assert Machine.crashes > STEPS // 20, "too few crashes to prove anything"


class ForgetfulDesk(PaperDesk):
    """Planted: after a write whose answer was lost it goes on with what it has in memory."""

    def _append(self, drafts: Sequence[Draft], done: SessionDone | None = None) -> None:
        self._loaded = True
        entries = chain(drafts, last_seq=self._seq, last_hash=self._hash)
        self._journal.append(entries, done)
        for draft in drafts:
            self._note(draft)
        if entries:
            self._seq, self._hash = entries[-1].seq, entries[-1].hash
        if done is not None:
            self._completed[done.session] = done.stocks_in_play


class Forgetful(LedgerMachine):
    """With that desk."""

    def new_desk(self, journal: Journal) -> PaperDesk:
        """The planted one."""
        return ForgetfulDesk(journal, BOOKS, CASH_CENTS, RULES)


class Torn(LedgerMachine):
    """Planted: the journal keeps what was written before a crash, as without a transaction."""

    def new_journal(self) -> Journal:
        """The planted one."""
        return CrashingJournal(atomic=False)


class Doubling(LedgerMachine):
    """Planted: the live account takes each deposit twice and the journal tells of it once."""

    def new_desk(self, journal: Journal) -> PaperDesk:
        """The planted one; the twin has it as well, so that only the books can find it."""
        desk = super().new_desk(journal)
        settle = desk.settle

        def doubled(*args: object) -> object:
            answer = settle(*args)  # type: ignore[arg-type]
            desk.account("rule").take_deposit(1)
            return answer

        desk.settle = doubled  # type: ignore[method-assign, assignment]
        return desk


@pytest.mark.parametrize("planted", [Forgetful, Torn, Doubling])
def test_a_planted_bug_is_found(planted: type[LedgerMachine]) -> None:
    """The machine fails on a desk that forgets, on a journal without transactions and on an account that drifts."""
    with pytest.raises((AssertionError, LedgerError)):
        run_state_machine_as_test(planted, settings=bounded(100, Phase.generate))  # type: ignore[no-untyped-call]
