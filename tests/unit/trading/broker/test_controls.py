"""Arming, suspending and the refusals that follow from them."""

from datetime import UTC, datetime, timedelta

import pytest

from trading.broker.controls import Control, Controls, armed, fold
from trading.errors import ConfigurationError

AT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
ARMED = armed(1_000, timedelta(hours=8), "command", AT)


def said(action: str) -> Control:
    """A control without terms."""
    return Control(action, "command", f"because of {action}", AT)  # type: ignore[arg-type]


def refused(state: Controls, *, live: bool = True, cost_cents: int = 1_000_00, hours: int = 1) -> str:
    """Why a position may not be opened."""
    return state.opening_refused(live=live, cost_cents=cost_cents, at=AT + timedelta(hours=hours))


def test_paper_trades_without_arming_and_live_does_not() -> None:
    """Paper trades without arming and live does not."""
    assert refused(Controls(), live=False) == ""
    assert "not armed" in refused(Controls())


def test_armed_trading_stops_at_its_limit_and_at_its_end() -> None:
    """Armed trading stops at its limit and at its end."""
    assert refused(fold([ARMED])) == ""
    assert "limit" in refused(fold([ARMED]), cost_cents=1_000_01)
    assert "not armed" in refused(fold([ARMED]), hours=8)
    assert "not armed" in refused(fold([ARMED, said("disarm")]))


def test_suspension_holds_until_somebody_resumes_whatever_is_armed_after_it() -> None:
    """Suspension holds until somebody resumes whatever is armed after it."""
    assert "suspended" in refused(fold([said("suspend"), ARMED]))
    assert refused(fold([ARMED, said("suspend"), said("resume")])) == ""


@pytest.mark.parametrize("action", ["suspend", "kill", "check_failed", "unreconciled"])
@pytest.mark.parametrize("reason", ["", "  ", "\n"])
def test_what_stops_trading_stops_it_without_a_reason_as_well(action: str, reason: str) -> None:
    """An empty reason is told as such; it is no permission."""
    control = Control(action, "command", reason, AT)  # type: ignore[arg-type]
    assert "no reason was given" in refused(fold([ARMED, control]))


def test_a_kill_disarms_so_that_resuming_alone_does_not_trade_with_money() -> None:
    """A kill disarms so that resuming alone does not trade with money."""
    assert "not armed" in refused(fold([ARMED, said("kill"), said("resume")]))


def test_nothing_opens_while_the_account_is_not_reconciled() -> None:
    """Nothing opens while the account is not reconciled."""
    assert "not reconciled" in refused(fold([said("unreconciled")]), live=False)
    assert refused(fold([said("unreconciled"), said("reconciled")]), live=False) == ""


@pytest.mark.parametrize(("limit_usd", "hours"), [(0, 8), (-5, 8), (1_000, 0), (1_000, 24 * 8)])
def test_arming_needs_a_limit_and_an_end(limit_usd: int, hours: int) -> None:
    """Arming needs a limit and an end."""
    with pytest.raises(ConfigurationError, match="Nothing was armed"):
        armed(limit_usd, timedelta(hours=hours), "command", AT)


def test_a_failed_check_opens_nothing_until_one_passes_or_a_person_resumes() -> None:
    """Paper and live alike; a pass takes back what a check said, and nothing that a person or the broker said."""
    failed = said("check_failed")
    assert "a daily check failed: because of check_failed" in refused(fold([failed]), live=False)
    assert "a daily check failed" in refused(fold([ARMED, failed]))
    assert fold([failed, said("check_passed")]).blocked == ""
    assert fold([failed, said("resume")]).blocked == ""
    assert "suspended" in fold([said("kill"), failed, said("check_passed")]).blocked
    assert "not reconciled" in fold([said("unreconciled"), failed, said("resume")]).blocked
    assert "a daily check failed" in fold([failed, said("resume"), failed]).blocked
