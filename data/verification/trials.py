"""The ledger of trials and seals: is its chain whole."""

from __future__ import annotations

from adapters.postgres.trials import TrialLedger
from data.verification.trouble import RESTORE, Trouble
from trading.errors import LedgerError


def check_trials(ledger: TrialLedger) -> tuple[int, list[Trouble]]:
    """Entries, and what is wrong."""
    try:
        count, _ = ledger.verify()
    except LedgerError as error:
        return 0, [Trouble("trials", "trial_ledger", str(error), RESTORE)]
    return count, []
