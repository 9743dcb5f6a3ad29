"""The chain of the ledger of trials, and what a trial keeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from trading.errors import BadDataError, LedgerError
from trading.trials.chain import Fact, chained, verify
from trading.trials.trial import Trial, trial_of

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def trial(returns: list[float], *, first: str = "2020-01-06", label: str = "one", overlap: int = 0) -> Trial:
    """A trial of neighbouring days."""
    days = np.datetime64(first) + np.arange(len(returns))
    return Trial("backtest", label, "c" * 64, "1", "d" * 64, days, np.array(returns), NOON, overlap)


def test_a_trial_comes_back_to_the_bit() -> None:
    """Sessions before 1970 and returns that no decimal has, through the bytes on record."""
    one = trial([0.1, -1 / 3, 2**-40], first="1969-12-30")
    back = trial_of(one.kind, one.told(), one.series)
    assert back.returns.tolist() == one.returns.tolist()
    assert back.sessions.tolist() == one.sessions.tolist()
    assert (back.told(), back.series_sha256) == (one.told(), one.series_sha256)


def test_the_sharpe_ratio_is_per_session() -> None:
    """Mean 0.01 over a sample deviation of 0.01 x sqrt(2); none where nothing varies."""
    assert trial([0.02, 0.0]).sharpe == pytest.approx(1 / 2**0.5)
    assert trial([0.01, 0.01]).sharpe is None
    assert trial([0.01]).sharpe is None


@pytest.mark.parametrize("returns", [[], [0.1, float("nan")], [float("inf")]])
def test_what_is_no_trial_is_refused(returns: list[float]) -> None:
    """No session, or a return that is no number."""
    with pytest.raises(BadDataError, match="not recorded"):
        trial(returns)


def test_sessions_must_ascend() -> None:
    """A session twice would count its return twice."""
    with pytest.raises(BadDataError, match="ascending"):
        replace(trial([0.1, 0.2]), sessions=np.array(["2020-01-06", "2020-01-06"], dtype="datetime64[D]"))


def test_every_change_of_a_chain_is_noticed() -> None:
    """A body, a series, a link, a kind, an entry that is gone: each names the first entry that is wrong."""
    one = trial([0.1, 0.2])
    entries = chained([Fact("backtest", one.told(), one.series), Fact("seal", {"why": "x"}), Fact("look", {})])
    assert verify(entries) == entries[-1].hash
    first, second, third = entries
    for wrong in (
        replace(first, series=trial([0.1, 0.3]).series),
        replace(first, body=first.body.replace("one", "two")),
        replace(first, kind="search"),
        replace(first, prev_hash="1" * 64),
    ):
        with pytest.raises(LedgerError, match="entry 1 of the trial ledger was altered"):
            verify([wrong, second, third])
    with pytest.raises(LedgerError, match="entry 2 of the trial ledger is missing"):
        verify([first, third])


def test_a_chain_goes_on_where_it_ended() -> None:
    """Appended in two steps it is the chain that one step makes."""
    facts = [Fact("seal", {"n": k}) for k in range(4)]
    begun = chained(facts[:2])
    assert begun + chained(facts[2:], last_seq=2, last_hash=begun[-1].hash) == chained(facts)
