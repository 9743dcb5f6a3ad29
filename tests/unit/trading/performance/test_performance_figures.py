"""Activity, groups and the report of an account, by hand."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from research.performance_report import report_html
from trading.errors import BadDataError
from trading.performance.attempts import Attempts
from trading.performance.figures import figures_of
from trading.performance.groups import catalyst_ratio_of, groups
from trading.performance.metric import point
from trading.performance.record import AccountRecord, Trades

DAYS = np.arange("2020-01-01", "2020-01-05", dtype="datetime64[D]")


def _trades(profits: list[float], catalyst: list[int], patterns: list[str], decided: list[int]) -> Trades:
    n = len(profits)
    day = DAYS[0] + np.array(decided, np.int64)
    return Trades(
        symbol=np.full(n, "A"),
        direction=np.ones(n, np.int8),
        decided=day,
        opened=day + 1,
        closed=day + 2,
        shares=np.ones(n, np.int64),
        cost_usd=np.full(n, 100.0),
        profit_usd=np.array(profits),
        exit_kind=np.full(n, "stop"),
        patterns=np.array(patterns, dtype=str),
        catalyst=np.array(catalyst, np.int8),
        trend=np.full(n, "bull"),
        volatility=np.full(n, "low"),
        driver=np.full(n, "unknown"),
        decided_by=np.full(n, "rule"),
    )


def _record() -> AccountRecord:
    return AccountRecord(
        name="<b>rule</b>",
        sessions=DAYS,
        equity_usd=np.array([1000.0, 1000.0, 1010.0, 990.0, 1000.0]),
        benchmark_name="SPY",
        benchmark_usd=np.array([1000.0, 1010.0, 1020.0, 1000.0, 1010.0]),
        long_usd=np.array([0.0, 505.0, 495.0, 0.0]),
        short_usd=np.zeros(4),
        traded_usd=np.array([0.0, 500.0, 0.0, 500.0]),
        costs_usd=np.array([0.0, 1.0, 0.0, 1.0]),
        trades=_trades([10.0, -20.0], [1, 0], ["hammer abcd", "hammer"], [0, 1]),
        open_trades=0,
        refused={"too little cash": 2},
        models={},
    )


def test_activity_by_hand() -> None:
    """Half invested on two of four sessions; a thousand traded in four sessions of a thousand is 63 times a year."""
    it = figures_of(_record(), seed=1, attempts=None).to_dict()["activity"]
    assert it["exposure"] == pytest.approx(0.25, abs=1e-6)
    assert (it["time_invested"], it["costs_usd"], it["mean_held_sessions"]) == (0.5, 2.0, 2.0)
    assert it["turnover_a_year"] == pytest.approx(63.0)
    assert it["costs_of_equity_a_year"] == pytest.approx(0.126)


def test_a_trade_counts_under_each_of_its_patterns() -> None:
    """Two hammers, one of them an abcd as well; success, returns and profit follow from the two trades."""
    found = {(one.by, one.label): one for one in groups(_record().trades)}
    hammer, abcd = found["pattern", "hammer"], found["pattern", "abcd"]
    assert (hammer.trades, hammer.success.value, hammer.profit_usd) == (2, 0.5, -10.0)
    assert hammer.mean_return == pytest.approx(-0.05)
    assert (abcd.trades, abcd.success.value, abcd.profit_factor) == (1, 1.0, None)
    assert found["catalyst", "without"].profit_usd == -20.0


def test_the_ratio_of_catalysts_is_measured_by_session() -> None:
    """Eight of ten against four of ten, in a hundred sessions: twice, with an interval around it."""
    n = 1000
    rng = np.random.default_rng(3)
    has = np.arange(n) % 2
    won = rng.uniform(size=n) < np.where(has == 1, 0.8, 0.4)
    trades = _trades(np.where(won, 1.0, -1.0).tolist(), has.tolist(), [""] * n, (np.arange(n) // 10).tolist())
    found = catalyst_ratio_of(trades, seed=1)
    assert found.ratio.value == pytest.approx(2.0, abs=0.2)
    assert found.ratio.low is not None
    assert found.ratio.high is not None
    assert found.ratio.low < 2.0 < found.ratio.high
    assert found.claim == "neither shown nor refuted"
    even = _trades(np.where(rng.uniform(size=n) < 0.5, 1.0, -1.0).tolist(), has.tolist(), [""] * n, [0] * n)
    one_session = catalyst_ratio_of(even, seed=1)
    assert one_session.claim == "not shown, and not refuted: too few sessions"


def test_without_both_sides_no_ratio_is_made_up() -> None:
    """Only trades without a catalyst, or none at all."""
    for trades in (_trades([1.0], [0], [""], [0]), _trades([], [], [], [])):
        assert catalyst_ratio_of(trades, seed=1).ratio.value is None


def test_lengths_that_do_not_fit_are_refused() -> None:
    """An equity curve of another length than the sessions is no record."""
    with pytest.raises(BadDataError, match="equity_usd"):
        replace(_record(), equity_usd=np.ones(3))


class _Tags(HTMLParser):
    """Counts tags, and refuses what would ask another host or run."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, int] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen[tag] = self.seen.get(tag, 0) + 1
        assert tag not in {"script", "img", "link", "iframe"}
        assert not any(name in {"src", "href"} or name.startswith("on") for name, _ in attrs)


def test_the_report_shows_the_figures_and_runs_nothing() -> None:
    """Two plots, the tables, names escaped, targets that are missed called so."""
    record = _record()
    html = report_html(record, figures_of(record, seed=1, attempts=Attempts(7)), ["No model decided."])
    tags = _Tags()
    tags.feed(html)
    assert tags.seen["svg"] == 2
    assert "<b>" not in html
    assert "&lt;b&gt;rule&lt;/b&gt;" in html
    assert "$-" not in html, "a loss is -$1.00"
    assert ">-0%<" not in html
    for words in ("No model decided.", "luck of 7 attempts", "NOT met", "too little cash", "pattern: abcd"):
        assert words in html


def test_an_account_that_did_nothing_has_a_report() -> None:
    """No sessions and no trades: nothing is defined, and nothing fails."""
    empty = replace(
        _record(), sessions=DAYS[:0], equity_usd=np.array([1000.0]), benchmark_usd=np.array([1000.0]),
        long_usd=np.zeros(0), short_usd=np.zeros(0), traded_usd=np.zeros(0), costs_usd=np.zeros(0),
        trades=_trades([], [], [], []),
    )  # fmt: skip
    figures = figures_of(empty, seed=1, attempts=None)
    assert point(figures.account["sharpe"]) is None
    assert "not defined" in report_html(empty, figures, [])
