"""The statistics of patterns within sessions: a planted edge is found, chance is not."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from trading.evidence.session_statistics import measure_in_sessions


def _log(
    rng: np.random.Generator, share_won: float, *, sessions: int = 40, each: int = 25, shock: float = 0.0
) -> pa.Table:
    """Trades that win in a share of cases, beside a comparison of four in ten; `shock` moves whole sessions."""
    n = sessions * each
    at = np.repeat(np.arange(sessions), each)
    chance = share_won + np.where(rng.normal(size=sessions)[at] > 0, shock, -shock)
    won = rng.uniform(size=n) < chance
    return pa.table(
        {
            "pattern_type": ["vwap_reclaim"] * n,
            "direction": pa.array([1] * n, pa.int16()),
            "bar_s": pa.array([60] * n, pa.int32()),
            "session": pa.array((np.datetime64("2020-01-01") + at).astype("datetime64[D]"), pa.date32()),
            "exit_kind": np.where(won, "target", "stop").tolist(),
            "net_return": np.where(won, 0.02, -0.01),
            "other_success": rng.binomial(12, 0.4, size=n) / 12,
        }
    )


def test_a_planted_edge_is_found() -> None:
    """Success of 55 % against 40 % without the pattern, a thousand trades in forty sessions: an edge."""
    (row,) = measure_in_sessions(_log(np.random.default_rng(1), 0.55))
    assert (row.verdict, row.recorded, row.entered, row.sessions) == ("edge shown", 1000, 1000, 40)
    assert row.difference.value == pytest.approx(0.15, abs=0.05)
    assert row.other_success == pytest.approx(0.4, abs=0.02)


def test_sessions_that_win_together_are_not_taken_for_an_edge() -> None:
    """Where whole sessions win or lose, tests at 5 % cry wolf in about 5 % of 200 markets, and not in half of them."""
    verdicts = [
        measure_in_sessions(_log(np.random.default_rng(seed), 0.4, shock=0.3))[0].verdict for seed in range(200)
    ]
    assert verdicts.count("no edge shown") >= 180


def test_few_sessions_are_not_tested() -> None:
    """Two hundred trades of eight sessions are shown and not tested."""
    (row,) = measure_in_sessions(_log(np.random.default_rng(2), 0.9, sessions=8))
    assert (row.verdict, row.q_value, row.entered) == ("too few", None, 200)


def test_trades_that_were_never_entered_count_as_recorded_only() -> None:
    """A pattern whose next bar allowed no entry neither wins nor loses."""
    log = _log(np.random.default_rng(3), 0.5, each=2)
    net = log["net_return"].to_numpy().copy()
    net[::2] = np.nan
    log = log.set_column(log.schema.get_field_index("net_return"), "net_return", pa.array(net))
    (row,) = measure_in_sessions(log)
    assert (row.recorded, row.entered) == (80, 40)


def test_an_empty_log_has_no_rows() -> None:
    """Nothing recorded, nothing said."""
    assert measure_in_sessions(_log(np.random.default_rng(0), 0.5).slice(0, 0)) == ()
