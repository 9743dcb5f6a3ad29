"""What limits saved or cost: open outcomes count nowhere, sessions are the unit, chance isn't a verdict."""

from __future__ import annotations

import numpy as np
import pytest

from trading.accounting.refused import Refused, limits_saved

DAYS = np.arange(np.datetime64("2010-01-01"), np.datetime64("2010-04-01"))


def refused(**returns: list[float]) -> Refused:
    """One candidate a day of each limit."""
    rows = [(DAYS[k], name, value) for name, values in returns.items() for k, value in enumerate(values)]
    session, limit, net = zip(*rows, strict=True)
    return Refused(np.array(session), np.array(limit), np.array(net))


def test_an_open_outcome_is_never_counted_as_zero() -> None:
    """Two losses of 4 % and two open ones saved 4 % a trade, not 2 %."""
    (figures,) = limits_saved(refused(held=[-0.04, np.nan, -0.04, np.nan]), DAYS)
    assert (figures.refused, figures.open, figures.saved.value) == (4, 2, pytest.approx(0.04))
    assert figures.verdict == "not enough data yet"
    assert figures.missing == "not enough data yet: 2 of at least 20 outcomes, 2 of at least 10 sessions"


def test_all_open_has_no_figure() -> None:
    """There is nothing to say of it."""
    (figures,) = limits_saved(refused(held=[np.nan] * 30), DAYS)
    assert (figures.open, figures.saved.value, figures.verdict) == (30, None, "not enough data yet")


def test_clear_cases_are_told_and_noise_is_not() -> None:
    """A limit that refuses losers saved, one that refuses winners cost; the noise of a third cannot be told."""
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 0.02, len(DAYS))
    told = limits_saved(refused(a=list(noise - 0.03), b=list(noise + 0.03), c=list(noise - noise.mean())), DAYS)
    verdicts = {row.limit: row.verdict for row in told}
    assert verdicts == {"a": "saved", "b": "cost", "c": "cannot be told"}
    saved = next(row.saved for row in told if row.limit == "a")
    assert saved.value == pytest.approx(0.03 - noise.mean())
    assert saved.low < 0.03 < saved.high


def test_one_bad_session_is_one_observation() -> None:
    """200 losers of one crash say as little as one: sessions are the unit, so nothing is concluded."""
    crash = Refused(np.repeat(DAYS[:1], 200), np.repeat("held", 200), np.full(200, -0.1))
    (figures,) = limits_saved(crash, DAYS)
    assert (figures.sessions, figures.verdict) == (1, "not enough data yet")


def test_random_limits_are_rarely_called_anything() -> None:
    """Of 400 sets of ten limits without any effect, outcomes overlapping five sessions, few hold a verdict at all."""
    rng = np.random.default_rng(2)
    wrong = 0
    for _ in range(400):
        steps = rng.normal(0, 0.02, (10, len(DAYS) + 4))
        overlapping = {f"l{k}": list(np.convolve(row, np.ones(5), "valid")) for k, row in enumerate(steps)}
        wrong += any(row.verdict in {"saved", "cost"} for row in limits_saved(refused(**overlapping), DAYS))
    assert wrong / 400 < 0.09, wrong  # 5 % and what 400 sets leave to chance; ten bare intervals would call 40 %
